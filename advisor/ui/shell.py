"""The frame of the dashboard: its name, the bar of pages, and the page that is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from advisor.ui import places

HERE = Path(__file__).parent
NAME = "Transfer Advisor"
WIDTH = 980


def main() -> None:
    """Draw the bar and run the open page."""
    # A picture of our own: for a Material icon in the tab Streamlit asks fonts.gstatic.com.
    st.set_page_config(page_title=NAME, page_icon=str(HERE / "icon.svg"), layout="wide")
    st.logo(HERE / "logo.svg", size="large")
    chosen = st.navigation([places.page(place.name) for place in places.PLACES], position="top")
    # A column of this width keeps lines readable on a wide screen and fills a narrow one.
    with st.container(horizontal_alignment="center"), st.container(width=WIDTH):
        chosen.run()
