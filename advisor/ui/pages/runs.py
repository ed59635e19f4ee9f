"""What has been tried? Every run with its state, to open, to stop, or to compare with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from advisor.core import wording
from advisor.core.records import RunStatus
from advisor.runs import aside, store, supervisor
from advisor.ui import comparing, parts, places, polling, run_list, terms

QUESTION = "What has been tried?"
PAGE = 15


def draw() -> None:
    """The page."""
    if compared := st.query_params.get("compare"):
        comparing.draw([run for run in compared.split(",") if run])
        return
    if waits := supervisor.look_after():
        parts.problem(waits, title="Runs are waiting.")
    runs = store.runs()
    if not runs:
        parts.heading(QUESTION, "Nothing yet. Choose a dataset, get advice, then press “Train this”.")
        st.page_link(places.page("data"), label="Choose a dataset", icon=":material/arrow_back:")
        run_list.deleted()
        return
    st.title(QUESTION, anchor=False)
    polling.every(5.0, table)


def in_all(runs: Sequence[RunStatus]) -> str:
    """How many runs there are, and how many in each state, a sentence."""
    n_of = Counter(status.state for status in runs)
    words = {state: word for state, word in terms.STATE.items() if n_of[state]}
    states = wording.listed(f"{n_of[state]:,} {word}" for state, word in words.items())
    if len(words) == 1:
        states = f"{'all ' * (len(runs) > 1)}{next(iter(words.values()))}"
    return f"{wording.counted(len(runs), 'run')}: {states}."


def table() -> None:
    """How the runs stand, then each of them, the latest first, a page at a time; deleted ones below."""
    runs = store.runs()
    parts.answer_line(in_all(runs))
    shown = run_list.chosen(runs)
    run_list.to_compare(runs)
    n_pages = -(-len(shown) // PAGE)
    number = min(st.pagination(n_pages, key="runs-page"), n_pages) if n_pages > 1 else 1
    for status in shown[(number - 1) * PAGE : number * PAGE]:
        run_list.row(status)
    if aside.runs():
        parts.section("Deleted")
        run_list.deleted()


if __name__ == "__main__":
    draw()
