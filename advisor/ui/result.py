"""The result of a finished run: test value beside the forecast, the model to try and to download, its mistakes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.core.workspace import RunFiles
from advisor.ui import alts, charts, climbing, how_trained, leave, near, parts, places, tasks, when, whole_table
from advisor.ui.zips import zipped

QUESTION = "Did the forecast hold?"
#: What stands for a section that is drawn when the reader comes near.
HEIGHT_PX = 400


def draw(status: RunStatus) -> None:
    """The result of a run that is done."""
    folder = Path(status.directory)
    try:
        report, plan = RunReport.load(RunFiles(folder).report), Plan.load(RunFiles(folder).plan)
    except PeopleError as error:
        parts.heading(QUESTION, "The report of this run cannot be read.")
        parts.problem(str(error))
        return
    view = tasks.view_of(plan.kind)
    parts.heading(title(report), f"{status.title}. {view.answer_of(report)}")
    climbing.draw(status.run)
    if view.TRY_FIRST:
        view.try_model(status.run, plan)
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt=alts.versus(report))
    parts.note(f"{wording.measured(report.test)} on the locked test part.")
    for sentence in how_trained.open_sentences(report):
        st.text(sentence)
    following(plan)
    if not view.TRY_FIRST:
        view.try_model(status.run, plan)
    if kind_row(plan.kind).task == "classification":
        near.part("when", HEIGHT_PX, partial(when.draw, status))
    take_away(status, plan.kind)
    whole_table.draw(status, plan)
    near.part("errors", HEIGHT_PX, partial(view.errors, report, plan))
    how_trained.draw(folder, report)
    parts.note(
        f"{status.title} on {wording.short(plan.dataset_name, 60)}, planned with {plan.backbone}, seed {plan.seed}. "
        f"Took {wording.duration(report.seconds)} on {report.device} in {report.precision}. Run {status.run}."
    )


def title(report: RunReport) -> str:
    """What was reached, and whether that is outside of the forecast; of questions how often the passage is found.

    >>> from probes.measured import Measured
    >>> at = lambda value: Measured(value=value, low=value, high=value, n=9, seconds=1.0)
    >>> plain = {"run": "r", "rung": "frozen", "metric": "accuracy", "classes": (), "confusion": [], "per_class": []}
    >>> more = {"mistakes": (), "seconds": 1.0, "device": "cpu", "precision": "float32"}
    >>> title(RunReport(test=at(0.9), promised=None, **plain, **more))
    'Reached 90.0 % accuracy'
    """
    if report.recall_at_5 is not None and report.served != "prompting":
        return f"Finds the right passage for {wording.percent(report.recall_at_5.value)} of questions"
    reached, promised = f"Reached {wording.percent(report.test.value)} {report.metric}", report.promised
    if promised is None:
        return reached
    value = report.test.value
    outside = "below" if value < promised.low else "above" if value > promised.high else ""
    return f"{reached}, {outside} the forecast" if outside else reached


def following(plan: Plan) -> None:
    """What comes after a result: what it changes in the advice, and the other runs."""
    with st.container(horizontal=True):
        if st.button("See what this changes in the advice", key="to-advice", icon=":material/stairs:"):
            places.go("advice", data=plan.fingerprint[:16])
        if st.button("All runs", key="to-runs", icon=":material/list:"):
            places.go("runs")


def snippet(status: RunStatus, kind: str) -> str:
    """Python that loads the model and uses it."""
    use = {"image": 'predict(["new.jpg"])', "text": 'predict(["a new text"])'}.get(kind, 'answer(["a question"])')
    return f'import advisor\n\nmodel = advisor.load("{status.run}")\nmodel.{use}'


def take_away(status: RunStatus, kind: str) -> None:
    """The lines of Python that load the model, and downloads."""
    folder = Path(status.directory)
    parts.section("Use the model")
    st.code(snippet(status, kind), language="python")
    with st.container(horizontal=True):
        st.download_button(
            "Model folder (zip)",
            data=lambda: zipped(folder, folder.name, lambda path: downloaded(path, folder)),
            file_name=f"{status.run}.zip",
            mime="application/zip",
            key="download-model",
            icon=":material/download:",
            on_click="ignore",
        )
        if status.files.report.is_file():
            st.download_button(
                "Report (JSON)",
                data=lambda: status.files.report.read_bytes(),
                file_name=f"{status.run}-report.json",
                mime="application/json",
                key="download-report",
                icon=":material/description:",
                on_click="ignore",
            )
    leave.draw(status)


def downloaded(path: Path, folder: Path) -> bool:
    """Whether a path in a run's folder is downloaded: plan, report, metrics and model, without checkpoints."""
    return path.is_file() and path.parent == folder and path.name not in ("heartbeat", "stop", "tracking.json")
