"""The section of the workspace: what takes how much room, and a way to clear each kind."""

from __future__ import annotations

import shutil
from functools import partial

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace
from advisor.ui import jobs, parts
from advisor.ui.machine import stored
from advisor.ui.machine.stored import Kind, Stored
from advisor.ui.server.settings import reads_paths


def draw() -> None:
    """The kinds by size, each with its Clear."""
    here = Workspace.here().folder
    found = stored.stored()
    parts.section("Workspace")
    total, free = sum(one.n_bytes for one in found), shutil.disk_usage(here).free
    st.text(f"{wording.size(total)} used, {wording.size(free)} free on its disk.")
    st.code(str(here), language=None, wrap_lines=True)
    if reads_paths():  # else it is somebody else's machine
        parts.note("To keep it elsewhere, end the app, set ADVISOR_HOME to another folder, and start it there:")
        st.code('ADVISOR_HOME="/path/to/folder" advisor app', language=None, wrap_lines=True)
        parts.note("What is here stays; move the folder itself to take its datasets and runs along.")
    if outcome := st.session_state.pop("cleared", None):
        st.text(outcome)
    for one in found:
        row(one)


def row(one: Stored) -> None:
    """A kind: what it is, its size, and Clear."""
    kind = one.kind
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"**{kind.title}** · {wording.size(one.n_bytes)}")
            parts.note(f"{kind.holds} {one.counted}." if one.counted else kind.holds)
        if kind.clear is not None:
            with st.popover("Clear", key=f"ask-{kind.name}", width="content"):
                confirm(one)


def confirm(one: Stored) -> None:
    """What is lost, and the button; runs, datasets and uploads want a tick as well."""
    kind = one.kind
    st.text(kind.lost)
    sure = not kind.twice or st.checkbox("I do not need them any more", key=f"sure-{kind.name}")
    st.button(
        f"Clear {kind.title.lower()}", key=f"clear-{kind.name}", icon=":material/delete:", type="primary",
        disabled=not sure, on_click=partial(clear, kind),
    )  # fmt: skip
    if not sure:
        parts.note("Tick the box first.")


def clear(kind: Kind) -> None:
    """Clear a kind and note what came of it."""
    if jobs.under_way():
        st.session_state["cleared"] = "Nothing was cleared: a measurement is under way. Wait for it, or cancel it."
        return
    here = Workspace.here().folder
    before = sum(stored.room(here / place) for place in kind.places)
    try:
        if kind.clear is not None:
            kind.clear()
    except PeopleError as error:
        st.session_state["cleared"] = str(error)
        return
    freed = before - sum(stored.room(here / place) for place in kind.places)
    st.session_state["cleared"] = f"{kind.title} cleared: {wording.size(max(0, freed))} freed."
    if kind.name == "datasets":
        st.session_state.pop("data", None)
        st.cache_resource.clear()
        st.cache_data.clear()
