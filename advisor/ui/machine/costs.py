"""The section of costs: the prices that a new question starts from."""

from __future__ import annotations

import streamlit as st

from advisor.ui import parts, prices

PREFIX = "usual"


def draw() -> None:
    """The fields; every change is kept at once."""
    parts.section("My costs")
    parts.note("A new question about a dataset starts with these prices; each can still have its own.")
    kept = prices.usual()
    with st.expander("Prices", icon=":material/payments:"):
        prices.fill(PREFIX, kept)
        given = prices.draw(PREFIX)
    if given != kept:
        prices.keep(given)
