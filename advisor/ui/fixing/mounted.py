"""What a gallery or a table shows, made once for as long as it is shown.

A gallery counts its decisions from 1 whenever it begins anew, so each beginning has a key of its own. The content stays
the same meanwhile: pictures are sent once, and an edit of a table begins no other table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def mounted(what: str, mount: str, make: Callable[[str], T]) -> tuple[str, T]:
    """The key and the content of what is shown now; `make` makes it, by its key, when `mount` is another than before.

    what: gallery or table, of which the page shows one each.
    """
    shown = st.session_state.get(f"fix-mounted-{what}")
    if shown is None or shown[0] != mount:
        number = int(st.session_state.get("fix-mounts", 0)) + 1
        st.session_state["fix-mounts"] = number
        key = f"{what}-{number}"
        shown = st.session_state[f"fix-mounted-{what}"] = (mount, key, make(key))
    key, content = shown[1:]
    return key, content


def forget(*which: str) -> None:
    """Let these begin anew when they are shown again."""
    for what in which:
        st.session_state.pop(f"fix-mounted-{what}", None)
