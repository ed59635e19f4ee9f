"""Facts as a small table in plain HTML, which a screen reader reads and a phone wraps."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st

from advisor.core.shown import visible

ROW = (
    '<tr><th scope="row" style="text-align:left;font-weight:400;opacity:0.75;padding:0.15rem 1.2rem 0.15rem 0;'
    'vertical-align:top">{}</th><td style="overflow-wrap:anywhere;padding:0.15rem 0">{}</td></tr>'
)


def draw(facts: Mapping[str, str]) -> None:
    """Show facts, title by title."""
    st.html(table(facts))


def table(facts: Mapping[str, str]) -> str:
    """The facts as HTML, every word escaped.

    >>> "&lt;b&gt;" in table({"Name": "<b>"})
    True
    """
    rows = "".join(ROW.format(escape(visible(name)), escape(visible(value))) for name, value in facts.items())
    return f'<table style="border-collapse:collapse;font-size:0.95rem"><tbody>{rows}</tbody></table>'
