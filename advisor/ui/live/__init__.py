"""A run while it works: what it does and why, one time left, its pace, its curves and its log."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from plotly.graph_objects import Figure

from advisor.core.errors import PeopleError
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, follow, store, supervisor
from advisor.ui import charts, parts, places
from advisor.ui.charts import training
from advisor.ui.live import words

LOG_LINES = 60
#: Facts of the pace, all known.
MOST_FACTS = 4
STOP = "The run ends within seconds. If there is a model yet, the best one is kept and can be used."


def now(status: RunStatus) -> None:
    """What happens now, how long it still takes, Stop, and the pace."""
    plan = Plan.load(status.files.plan)
    before = ahead(status)
    parts.answer_line(words.doing(status, before))
    if before is not None:
        query = {**places.address(), "run": before.run}
        st.page_link(places.page("run"), label="Open that run", icon=":material/play_circle:", query_params=query)
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap="xsmall"):
            st.progress(min(1.0, max(0.0, status.progress)))
            parts.text(words.moment(status, plan.budget_seconds))
            if status.interrupted:
                parts.note(status.interrupted)
        stopping = status.state == "stopping"
        if st.button("Stop", key="stop", icon=":material/stop:", disabled=stopping, width="content", help=STOP):
            climbs.request_stop(status.run)
            st.toast(words.STOPPING)
    facts = words.facts(status)
    if facts:
        with st.grid(MOST_FACTS, min_column_width=130, key="pace"):  # the first to be known does not fill the row
            for title, value in facts:
                st.metric(title, value, border=True, height="stretch")


def ahead(status: RunStatus) -> RunStatus | None:
    """The run that a queued one waits for; None for others, and where it has just ended."""
    try:
        run = supervisor.ahead(status.run) if status.state == "queued" else None
        return store.status(run) if run is not None else None
    except PeopleError:
        return None


def curves(run: str) -> None:
    """Validation value and loss so far."""
    path = RunFiles(store.directory(run)).metrics
    changed = path.stat().st_mtime_ns if path.exists() else 0
    figures = drawn(run, str(path), changed)
    for column, (name, figure, alt) in zip(st.columns(len(figures)) if figures else (), figures, strict=True):
        column.plotly_chart(figure, config=charts.CONFIG, key=f"curve-{name}", alt=alt)


@st.cache_resource(max_entries=32, show_spinner=False)
def drawn(run: str, path: str, changed: int) -> list[tuple[str, Figure, str]]:
    """The curves of a run that have points; drawn once for all open pages, and again when the file of its metrics at
    `path` has changed."""
    metrics, plan = follow.metrics(run), Plan.load(RunFiles(Path(path).parent).plan)
    loss, value = training.message(metrics, plan.metric)
    every = [
        ("value", training.progress(metrics, plan.metric, plan.promised), value),
        ("loss", training.curves(metrics), loss),
    ]
    return [row for row in every if row[1].data]


def log(status: RunStatus, opened: bool = False) -> None:
    """What the run has said, each line with its time; what its libraries printed below. opened: open from the start."""
    if opened:
        with st.expander("Log", icon=":material/notes:", expanded=True):
            lines_of(status)
    else:
        parts.fold("Log", "notes", lambda: lines_of(status))


def lines_of(status: RunStatus) -> None:
    """The log."""
    rows = [{str(name): value for name, value in row.items()} for row in follow.metrics(status.run).to_dict("records")]
    report = RunReport.saved(status.files.report) if status.state == "done" else None
    lines = words.log_lines(follow.events(status.run), rows, report.seconds if report is not None else None)
    st.code("\n".join(lines[-LOG_LINES:]) or words.SILENT, language=None, wrap_lines=True)
    printed = follow.log_tail(status.run, LOG_LINES)
    if printed.strip():
        parts.note("Printed by the training process:")
        st.code(printed, language=None, wrap_lines=True)
    parts.note(status.directory)
