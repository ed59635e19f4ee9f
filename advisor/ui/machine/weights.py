"""The section of the models: which are installed, and one click that fetches another."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.ui import jobs, parts, waiting
from advisor.ui.machine import chores
from advisor.ui.server.settings import login_is_on
from probes.backbones.catalog import CATALOG, Entry

FOR = {"image": "images", "text": "texts", "language": "prompts"}


def catalog() -> list[tuple[Entry, bool]]:
    """Every model of the catalog, and whether its weights are here."""
    from probes.backbones.weights import available

    return [(entry, available(entry)[0]) for entry in CATALOG]


def draw(entries: list[tuple[Entry, bool]]) -> None:
    """The installed models as a table, and the others to fetch."""
    installed = [entry for entry, here in entries if here]
    missing = [entry for entry, here in entries if not here]
    parts.section("Models")
    table(installed, "The installed models with their sizes and licences")
    if missing and not login_is_on():
        fetching(missing)
    if missing:
        with st.expander(f"All {len(missing)} that can be fetched", icon=":material/table_rows:"):
            table(missing, "The models that can be fetched, with their sizes and licences")


def table(entries: list[Entry], alt: str) -> None:
    """Models with what they are for, their size, input and licence."""
    frame = pd.DataFrame(
        {
            "Model": [entry.title for entry in entries],
            "For": [FOR[entry.kind] for entry in entries],
            "MB": [entry.size_bytes / 1e6 for entry in entries],
            "Input at most": [f"{wording.count(entry.input_size)} {entry.unit}" for entry in entries],
            "Licence": [entry.licence for entry in entries],
            "Name": [entry.name for entry in entries],
        }
    )
    columns = {"MB": st.column_config.NumberColumn(format="%.0f")}
    st.dataframe(frame, hide_index=True, height="content", column_config=columns, alt=alt)


def fetching(missing: list[Entry]) -> None:
    """The fetch that is under way or failed, else a list to choose from and the button."""
    for entry in missing:
        if (job := jobs.pending(key(entry))) is not None:
            st.text(f"Fetching {described(entry)}")
            waiting.wait(job)
            if job.error and st.button("Choose another", key="another", icon=":material/arrow_back:"):
                jobs.forget(job.key)
                st.rerun()
            return
    # The list and the button stand in a row that breaks on a phone.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Fetch another model", missing, index=None, key="fetch", format_func=described,
            placeholder="choose a model", help="The weights are downloaded once and stay on this machine.",
        )  # fmt: skip
        pressed = st.button(
            "Fetch", key="fetch-it", icon=":material/download:", disabled=chosen is None, width="content"
        )
    if chosen is not None and chosen.terms:
        parts.note(f"Its publisher asks: {chosen.terms}")
    if pressed and chosen is not None:
        jobs.start(key(chosen), f"Fetching {chosen.title}", partial(chores.fetch, chosen.name))
        st.rerun()


def key(entry: Entry) -> str:
    """The key of the job that fetches a model."""
    return jobs.key_of("weights", entry.name)


def described(entry: Entry) -> str:
    """A model in a line: what it is for, its size and its licence."""
    size = wording.size(entry.size_bytes) if entry.size_bytes else "size unknown"
    return f"{entry.title}, for {FOR[entry.kind]}: {size}, {entry.licence}"
