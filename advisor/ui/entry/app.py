from advisor.ui.shell import main

main()
