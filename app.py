"""The dashboard. Streamlit's server imports `app`, guarded; for every page it runs this file as a script."""

import streamlit as st

from advisor.ui.frame import main
from advisor.ui.server import middleware

if __name__ == "__main__":
    main()
else:
    app = st.App(__file__, middleware=middleware())
