"""One run: how far it is while it trains, and whether it kept its promise when it is done."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Plan, RunStatus
from advisor.core.workspace import RunFiles
from advisor.runs import follow, store, supervisor
from advisor.runs.time_left import TRUST_SHARE
from advisor.ui import charts, parts, places, result, terms

QUESTION = "How far is it?"
ACTIVE = ("queued", "running", "stopping")
LOG_LINES = 60


def draw() -> None:
    """The page."""
    run = places.remembered("run")
    if run is None:
        parts.heading(QUESTION, "No run is open.")
        st.page_link(places.page("runs"), label="See all runs", icon=":material/list:")
        return
    try:
        status = store.status(run)
        places.at_dataset(Plan.load(RunFiles(Path(status.directory)).plan).fingerprint[:16])
    except PeopleError as error:
        parts.heading(QUESTION, "This run cannot be shown.")
        parts.problem(str(error))
        st.page_link(places.page("runs"), label="See all runs", icon=":material/list:")
        return
    if status.state in ACTIVE:
        supervisor.ensure()  # after a restart of the machine nobody else would take the run up again
        parts.heading(QUESTION, f"{status.title} on {wording.short(status.dataset_name, 60)}.")
        live(run)
    elif status.state == "done":
        result.draw(status)
        log(status)
    else:
        ended(status)


@st.fragment(run_every=2.0)
def live(run: str) -> None:
    """Progress, curves, Stop and the log, drawn again every two seconds; closing the page changes nothing."""
    status = store.status(run)
    if status.state not in ACTIVE:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.progress(min(1.0, max(0.0, status.progress)))
            st.text(moment(status))
        if st.button("Stop", key="stop", icon=":material/stop:", disabled=status.state == "stopping", width="content"):
            store.request_stop(run)
            st.toast("Stopping after the present step.")
    curves(run)
    log(status)
    parts.note("The run goes on when this page is closed. Its address shows it again.")


def moment(status: RunStatus) -> str:
    """The stage, and the time left of the whole run; before that is known, the most that it may take.

    A run that is over its time says neither.
    """
    if status.state != "running" or not status.stage:
        return terms.STATE[status.state].capitalize()
    if status.eta_seconds is not None:
        return f"{status.stage}, {terms.left(status.eta_seconds)}"
    if status.progress > TRUST_SHARE:
        return status.stage
    budget = Plan.load(RunFiles(Path(status.directory)).plan).budget_seconds
    return f"{status.stage}, {wording.duration(budget)} in all at most"


def curves(run: str) -> None:
    """Loss and validation value so far."""
    metrics = follow.metrics(run)
    metric = Plan.load(RunFiles(store.directory(run)).plan).metric
    drawn = (
        ("loss", charts.curves(metrics), "Training and validation loss so far"),
        ("value", charts.progress(metrics, metric), "Validation value so far"),
    )
    figures = [one for one in drawn if one[1].data]
    if not figures:
        parts.note("Curves are drawn while a network trains; there is nothing to draw yet.")
        return
    for column, (name, figure, alt) in zip(st.columns(len(figures)), figures, strict=True):
        column.plotly_chart(figure, config=charts.CONFIG, key=f"curve-{name}", alt=alt)
    if "fit" in metrics:
        parts.note("Lines are training, points validation, of the same colour.")


def ended(status: RunStatus) -> None:
    """A run that was stopped or has failed: its cause, its curves and its log."""
    stopped = status.state == "stopped"
    what = f"{status.title} on {wording.short(status.dataset_name, 60)}"
    parts.heading("What happened?", f"{what} was stopped." if stopped else f"{what} has failed.")
    if status.cause:
        parts.problem(status.cause, "Stopped." if stopped else "The cause.")
    curves(status.run)
    log(status, opened=not stopped)
    st.page_link(places.page("advice"), label="Back to the advice", icon=":material/arrow_back:")


def log(status: RunStatus, opened: bool = False) -> None:
    """The last lines of the run's log."""
    path = RunFiles(Path(status.directory)).log
    if not path.is_file():
        return
    with st.expander("Log", icon=":material/notes:", expanded=opened):
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
        parts.note(status.directory)


if __name__ == "__main__":
    draw()
