from advisor.ui.places import main

main()
