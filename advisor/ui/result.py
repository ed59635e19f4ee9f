"""The result of a finished run: test value beside the forecast, the model to try and to download, its mistakes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import FRESH
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.core.workspace import RunFiles
from advisor.ui import climbing, how_trained, jobs, leave, near, parts, places, tasks, terms, when, whole_table
from advisor.ui.zips import zipped
from probes.backbones.catalog import CATALOG

QUESTION = "Did the forecast hold?"
#: The folds below the mistakes.
WHEN, USE = "When should it answer?", "Use the model: code, downloads, export"
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
    view.value(report)
    for sentence in how_trained.open_sentences(report):
        parts.text(sentence)
    following(plan)
    if not view.TRY_FIRST:
        view.try_model(status.run, plan)
    near.part("errors", HEIGHT_PX, partial(view.errors, report, plan))
    second(status, plan)
    how_trained.draw(folder, report)
    where = f"on the {terms.device(report.device)} in {report.precision}"
    parts.note(
        f"{status.title} on {wording.short(plan.dataset_name, 60)}, {started(plan)}seed {plan.seed}. Took "
        f"{wording.duration(report.seconds)} {where}. Run {status.run}."
    )


def started(plan: Plan) -> str:
    """The model that a run started from, as people call it, before the rest of a sentence; "" from scratch."""
    title = next((entry.title for entry in CATALOG if entry.name == plan.backbone), plan.backbone)
    return f"started from {title}, " if plan.rung != FRESH else ""


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
        return f"Finds the right passage for {wording.among(report.recall_at_5)} questions"
    reached, promised = f"Reached {wording.percent(report.test.value)} {report.metric}", report.promised
    if promised is None or (report.dropped and not report.gained_nothing):  # what the forecast was for was not tried
        return reached
    value = report.test.value
    outside = "below" if value < promised.low else "above" if value > promised.high else ""
    return f"{reached}, {outside} the forecast" if outside else reached


def second(status: RunStatus, plan: Plan) -> None:
    """What is needed once the result is understood, folded: each is drawn when it is opened."""
    if kind_row(plan.kind).task == "classification":
        open_while(WHEN, jobs.key_of("held-out", status.run))
        parts.fold(WHEN, "rule", partial(when.draw, status))
    many = f"Predict many {kind_row(plan.kind).items}"
    open_while(many, jobs.key_of("rows", status.run))
    parts.fold(many, "table_rows", partial(whole_table.draw, status, plan))
    open_while(USE, *(jobs.key_of("export", status.run, form) for form in leave.FORMS))
    parts.fold(USE, "code", partial(take_away, status, plan.kind))


def open_while(label: str, *keys: str) -> None:
    """Open a fold that was not touched yet while one of its jobs is under way."""
    if any(jobs.pending(key) is not None for key in keys):
        st.session_state.setdefault(parts.fold_key(label), True)


def following(plan: Plan) -> None:
    """What comes after a result: what it changes in the advice, and the other runs."""
    with st.container(horizontal=True):
        if st.button("See what this changes in the advice", key="to-advice", icon=":material/stairs:"):
            places.go("advice", data=plan.fingerprint[:16])
        if st.button("All runs", key="to-runs", icon=":material/list:"):
            places.go("runs")


def snippet(status: RunStatus, kind: str) -> str:
    """Python that loads the model and uses it."""
    row = kind_row(kind)
    texts = 'predict(["a new sentence"])' if row.task == "tagging" else 'predict(["a new text"])'
    labels = {"image": 'predict(["new.jpg"])', "text": texts}
    use = 'answer(["a question"])' if row.task == "answering" else labels[row.modality]
    return f'import advisor\n\nmodel = advisor.load("{status.run}")\nmodel.{use}'


def take_away(status: RunStatus, kind: str) -> None:
    """The lines of Python that load the model, and downloads."""
    folder = Path(status.directory)
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
