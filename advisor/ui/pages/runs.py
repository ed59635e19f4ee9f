"""What has been trained? Every run with its state, to open or to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import RunReport, RunStatus
from advisor.runs import climbs, ended, store, supervisor
from advisor.ui import parts, places, polling, terms

QUESTION = "What has been trained?"
PAGE = 15


def draw() -> None:
    """The page."""
    if waits := supervisor.look_after():
        parts.problem(waits, title="Runs are waiting.")
    runs = store.runs()
    if not runs:
        parts.heading(QUESTION, "Nothing yet. Choose a dataset, get advice, then press “Train this”.")
        st.page_link(places.page("data"), label="Choose a dataset", icon=":material/arrow_back:")
        return
    st.title(QUESTION, anchor=False)
    polling.every(5.0, table)


def in_all(runs: Sequence[RunStatus]) -> str:
    """How many runs there are, and how many in each state, a sentence."""
    n_of = Counter(status.state for status in runs)
    states = wording.listed(f"{n_of[state]:,} {word}" for state, word in terms.STATE.items() if n_of[state])
    return f"{wording.counted(len(runs), 'run')}: {states}."


def table() -> None:
    """How the runs stand, then each of them, the latest first, a page at a time."""
    runs = store.runs()
    parts.answer_line(in_all(runs))
    n_pages = -(-len(runs) // PAGE)
    number = st.pagination(n_pages, key="runs-page") if n_pages > 1 else 1
    for status in runs[(number - 1) * PAGE : number * PAGE]:
        row(status)


def row(status: RunStatus) -> None:
    """One run."""
    with st.container(border=True):
        what, state, buttons = st.columns([5, 3, 2.4], vertical_alignment="center")
        with what.container(gap="xsmall"):
            st.text(f"{status.title} on {wording.short(status.dataset_name, 50)}")
            parts.note(f"{status.run} · {status.created[:16].replace('T', ' ')}")
        with state.container(gap="xsmall"):
            st.badge(terms.STATE[status.state], color=terms.COLOR[status.state])  # type: ignore[arg-type]
            if status.state not in store.ENDED:
                st.progress(min(1.0, max(0.0, status.progress)))
            elif status.state == "done":
                parts.note(result(status))
            elif status.cause:
                parts.note(wording.short(status.cause, 90))
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            if status.state not in store.ENDED:
                if st.button("Stop", key=f"stop-{status.run}"):
                    climbs.request_stop(status.run)
                    st.rerun()
            elif status.state in store.ENDED:
                after(status)
            # A link and not a button: the table's next refresh could undo a page switched here.
            st.page_link(places.page("run"), label="Open", query_params={**places.address(), "run": status.run})


def after(status: RunStatus) -> None:
    """What can be done with a run that has ended: a failed one goes on, and any can be deleted, once confirmed."""
    if status.state == "failed" and st.button("Go on", key=f"resume-{status.run}", help="From what it has kept."):
        do(ended.resume, status.run)
    with st.popover("Delete", key=f"delete-{status.run}"):
        st.text(to_delete(status))
        if st.button("Delete for good", key=f"confirm-{status.run}", type="primary"):
            do(ended.delete, status.run)


def to_delete(status: RunStatus) -> str:
    """The question before a run is deleted, with what goes with it."""
    files = status.files
    has = {"its model": files.model.is_file(), "its report": files.report.is_file()}
    has["the stages that it has finished"] = status.state != "done" and ended.size_of(files.checkpoint) > 0
    what = wording.listed(name for name, there in has.items() if there)
    return f"Delete {status.run} with {what}?" if what else f"Delete {status.run}? It has no model and no report."


def do(action: Callable[[str], object], run: str) -> None:
    """Carry out an action on a run and draw the page again, or show why it cannot be done."""
    try:
        action(run)
    except PeopleError as error:
        parts.problem(str(error))
        return
    st.rerun()


def result(status: RunStatus) -> str:
    """The test value of a run that is done, with its interval, from its report."""
    path = status.files.report
    try:
        return tested(str(path), path.stat().st_mtime)
    except (PeopleError, OSError):
        return "Its report cannot be read."


@st.cache_data(max_entries=256, show_spinner=False)
def tested(path: str, changed: float) -> str:
    """The test value in the report at `path`, read again when the file has changed."""
    report = RunReport.load(Path(path))
    interval = wording.between(report.test.low, report.test.high)
    value, n = wording.percent(report.test.value), wording.count(report.test.n)
    return f"{value} {report.metric} ({interval}) on {n} test items"


if __name__ == "__main__":
    draw()
