"""One run: its progress while it trains, and whether the forecast held once it is done."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from plotly.graph_objects import Figure

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Plan, RunStatus
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, follow, store, supervisor
from advisor.runs.time_left import TRUST_SHARE
from advisor.ui import charts, climbing, parts, places, polling, result, terms

QUESTION = "Training progress"
ACTIVE = ("queued", "running", "stopping")
LOG_LINES = 60
#: Seconds between two looks at a run's state, and at its curves and log, while few pages are open.
LOOK_SECONDS, CURVE_SECONDS = 2.0, 5.0


def draw() -> None:
    """The page."""
    run = places.remembered("run")
    if run is None:
        parts.heading(QUESTION, "No run is open.")
        st.page_link(places.page("runs"), label="See all runs", icon=":material/list:")
        return
    try:
        status = store.status(run)
        places.at_dataset(Plan.load(status.files.plan).fingerprint[:16])
    except PeopleError as error:
        parts.heading(QUESTION, "This run cannot be shown.")
        parts.problem(str(error))
        st.page_link(places.page("runs"), label="See all runs", icon=":material/list:")
        return
    if status.state in ACTIVE:
        waits = supervisor.look_after()  # after a restart of the machine nobody else would resume the run
        parts.heading(QUESTION, f"{status.title} on {wording.short(status.dataset_name, 60)}.")
        if waits:
            parts.problem(waits, title="The run is waiting.")
        polling.every(LOOK_SECONDS, lambda: live(run))
        climbing.draw(run)
        polling.every(CURVE_SECONDS, lambda: so_far(run))
    elif status.state == "done":
        result.draw(status)
        log(status)
    else:
        ended(status)


def live(run: str) -> None:
    """Progress and Stop; when the run ends, the whole page is drawn again."""
    status = store.status(run)
    if status.state not in ACTIVE:
        over(run)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.progress(min(1.0, max(0.0, status.progress)))
            st.text(moment(status))
            if status.interrupted:
                parts.note(status.interrupted)
        if st.button("Stop", key="stop", icon=":material/stop:", disabled=status.state == "stopping", width="content"):
            climbs.request_stop(run)
            st.toast("Stopping after this step.")


def over(run: str) -> None:
    """Draw the whole page again for a run that has ended, or go on to the next run of its climb once that is known."""
    following = climbing.next_run(run)
    if following == "":
        parts.note("The next step of the climb follows.")
        return
    if following:
        st.session_state["run"] = st.query_params["run"] = following
    st.rerun()


def so_far(run: str) -> None:
    """Curves and log up to now; closing the page changes nothing."""
    curves(run)
    log(store.status(run))
    parts.note("The run continues when this page is closed; its address opens it again.")


def moment(status: RunStatus) -> str:
    """The stage and the time left of the whole run; before that is known, its time limit.

    A run that is over its estimate says neither.
    """
    if status.state != "running" or not status.stage:
        return terms.STATE[status.state].capitalize()
    if status.eta_seconds is not None:
        return f"{status.stage}, {terms.left(status.eta_seconds)}"
    if status.progress > TRUST_SHARE:
        return status.stage
    budget = Plan.load(status.files.plan).budget_seconds
    return f"{status.stage}, at most {wording.duration(budget)} in all"


def curves(run: str) -> None:
    """Loss and validation value so far."""
    path = RunFiles(store.directory(run)).metrics
    changed = path.stat().st_mtime_ns if path.exists() else 0
    figures, is_fitted = drawn(run, str(path), changed)
    if not figures:
        parts.note("Curves appear once a network trains.")
        return
    for column, (name, figure, alt) in zip(st.columns(len(figures)), figures, strict=True):
        column.plotly_chart(figure, config=charts.CONFIG, key=f"curve-{name}", alt=alt)
    if is_fitted:
        parts.note("Lines: training. Points of the same colour: validation.")


@st.cache_resource(max_entries=32, show_spinner=False)
def drawn(run: str, path: str, changed: int) -> tuple[list[tuple[str, Figure, str]], bool]:
    """The curves of a run that have points, and whether they are of several fits; drawn once for all open pages, and
    again when the file of its metrics at `path` has changed."""
    metrics = follow.metrics(run)
    metric = Plan.load(RunFiles(Path(path).parent).plan).metric
    every = [
        ("loss", charts.curves(metrics), "Training and validation loss so far"),
        ("value", charts.progress(metrics, metric), "Validation value so far"),
    ]
    return [row for row in every if row[1].data], "fit" in metrics


def ended(status: RunStatus) -> None:
    """A run that was stopped or has failed: its cause, its curves and its log."""
    stopped = status.state == "stopped"
    what = f"{status.title} on {wording.short(status.dataset_name, 60)}"
    parts.heading("What happened?", f"{what} was stopped." if stopped else f"{what} failed.")
    if status.cause:
        parts.problem(status.cause, "Stopped." if stopped else "Cause")
    climbing.draw(status.run)
    curves(status.run)
    log(status, opened=not stopped)
    st.page_link(places.page("advice"), label="Back to the advice", icon=":material/arrow_back:")


def log(status: RunStatus, opened: bool = False) -> None:
    """The last lines of the run's log."""
    path = status.files.log
    if not path.is_file():
        return
    with st.expander("Log", icon=":material/notes:", expanded=opened):
        lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
        st.code("\n".join(lines) or "The log is empty.", language=None, wrap_lines=True)
        parts.note(status.directory)


if __name__ == "__main__":
    draw()
