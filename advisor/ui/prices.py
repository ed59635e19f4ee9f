"""The fields of prices, and the prices that a new question starts from, which the Machine page keeps."""

from __future__ import annotations

from typing import Any

import streamlit as st

from advisor.core.records import Prices
from advisor.core.records.wishes import Wish, wishes_of
from advisor.core.workspace import Workspace


def usual() -> Prices:
    """The prices that a new question starts from; none unless the user keeps some."""
    return Prices.saved(Workspace.here().prices) or Prices()


def keep(prices: Prices) -> None:
    """Let new questions start from these prices."""
    path = Workspace.here().prices
    if prices == Prices():
        path.unlink(missing_ok=True)
    else:
        prices.save(path)


def fill(prefix: str, prices: Prices, anew: bool = False) -> None:
    """Put prices into the fields of a place that begin to show them, or into all of them.

    Through the session and not as defaults: Streamlit puts a default back whenever its field is emptied.
    """
    for wish in wishes_of(Prices):
        if anew or f"{prefix}-{wish.name}" not in st.session_state:
            st.session_state[f"{prefix}-{wish.name}"] = getattr(prices, wish.name)


def draw(prefix: str) -> Prices:
    """What things cost; a field left empty is not spoken of. prefix: that of the fields' keys, one for each place."""
    given: dict[str, Any] = {}
    with st.grid(3, min_column_width=170, gap="small", vertical_alignment="bottom"):
        for wish in wishes_of(Prices):
            given[wish.name] = field(wish, wish.words.title, "not given", f"{prefix}-{wish.name}")
    return Prices(**{name: value for name, value in given.items() if value not in (None, "")})


def field(wish: Wish, title: str, empty: str, key: str) -> Any:
    """The field of a text or of a number."""
    words = wish.words
    if wish.type is str:
        return st.text_input(title, help=words.help, key=key, placeholder=empty, max_chars=8).strip()
    return st.number_input(
        title, min_value=wish.type(wish.least), value=None, step=wish.type(words.step), help=words.help, key=key,
        placeholder=empty, format="%.2f" if wish.type is float else None,
    )  # fmt: skip
