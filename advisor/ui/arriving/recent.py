"""The datasets read before, how far each has come, and the way to its furthest step."""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset
from advisor.data.reading import known_datasets
from advisor.ui import parts, places, tasks, whereabouts

SHOWN = 8
#: What the button to a step says.
OPENS = {"profile": "Open", "evidence": "See the evidence", "advice": "See the advice", "run": "See the run"}


def draw() -> None:
    """The datasets of the workspace, the latest first."""
    known = known_datasets()
    if not known:
        return
    parts.section("Recent datasets")
    for dataset in known[:SHOWN]:
        row(dataset, whereabouts.standing(dataset))
    if len(known) > SHOWN:
        parts.note(f"{wording.count(len(known) - SHOWN)} older datasets are in the workspace.")


def row(dataset: Dataset, standing: whereabouts.Standing) -> None:
    """One dataset: what it is, what came of it, and the button to its furthest step."""
    mark = dataset.fingerprint[:16]
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        with st.container(gap="xxsmall", width="stretch"):
            st.text(tasks.describe(dataset))
            parts.note(standing.sentence)
        if st.button(OPENS[standing.furthest], key=f"open-{mark}"):
            places.go(standing.furthest, data=mark, **({"run": standing.run} if standing.run else {}))
