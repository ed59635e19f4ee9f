"""What came out of a finished run: the test value beside the promise, per class, mistakes, downloads, try it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pandas as pd
import streamlit as st

from advisor import api
from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.records import Dataset, Plan, RunReport, RunStatus
from advisor.core.workspace import RunFiles
from advisor.ui import answers, charts, how_trained, parts, try_it

QUESTION = "Did it keep its promise?"
SHOWN = 12


def draw(status: RunStatus) -> None:
    """The result of a run that is done."""
    folder = Path(status.directory)
    try:
        report, plan = RunReport.load(RunFiles(folder).report), Plan.load(RunFiles(folder).plan)
    except PeopleError as error:
        parts.heading(QUESTION, "The report of this run cannot be read.")
        parts.problem(str(error))
        return
    parts.heading(QUESTION, answer(status, report))
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt="Test value beside the promise")
    parts.note(f"On the test part {wording.measured(report.test)}, which nothing had looked at before.")
    for sentence in how_trained.told(report)[: how_trained.OPEN]:
        st.text(sentence)
    try_it.draw(status.run, plan)
    take_away(status, folder)
    if plan.kind == "qa":
        answers.draw(report)
    else:
        parts.section("Where it errs")
        matrix = charts.confusion(report)
        st.plotly_chart(matrix, config=charts.CONFIG, key="confusion", alt="Confusion matrix of the test")
        per_class(report)
        mistakes(report, plan)
    how_trained.draw(folder, report)
    model = "word counts" if how_trained.resolved(folder).get("architecture") == "words" else plan.backbone
    parts.note(
        f"{status.title} with {model} on {wording.short(plan.dataset_name, 60)}, seed {plan.seed}. "
        f"{wording.duration(report.seconds)} on {report.device} in {report.precision}. Run {status.run}."
    )


def answer(status: RunStatus, report: RunReport) -> str:
    """The report's first sentence: the test value against the promise, in the words of every face."""
    got = f"{wording.percent(report.test.value)} {report.metric} on {wording.count(report.test.n)} test items."
    return f"{status.title}. {report.sentences[0] if report.sentences else got}"


def per_class(report: RunReport) -> None:
    """Precision, recall and F1 of each class, the hardest first."""
    frame = pd.DataFrame(report.per_class)
    if frame.empty:
        return
    shares = [c for c in ("precision", "recall", "f1") if c in frame]
    # A class nobody was assigned to has no precision: None becomes an empty cell.
    frame[shares] = frame[shares].astype(float) * 100
    if "recall" in frame:
        frame = frame.sort_values("recall")
    names = {c: str(c).capitalize() for c in frame if c != "n"}
    form = {names[c]: st.column_config.NumberColumn(format="%.1f %%") for c in shares}
    st.dataframe(
        frame.rename(columns=names), hide_index=True, column_config=form, alt="Precision, recall and F1 of each class"
    )


def mistakes(report: RunReport, plan: Plan) -> None:
    """The surest wrong answers as pictures or texts."""
    if not report.mistakes:
        parts.note("No test item was answered wrongly.")
        return
    parts.section("Worst mistakes")
    shown = report.mistakes[:SHOWN]
    parts.note(f"The {len(shown)} surest wrong answers on the test part.")
    dataset = opened(plan)
    lines = [f"{m.label}, taken for {m.predicted} with {wording.percent(m.probability)}" for m in shown]
    if dataset is None:
        frame = pd.DataFrame({"item": [m.key for m in shown], "mistake": lines})
        st.dataframe(frame, hide_index=True, alt="Worst mistakes")
        return
    parts.items_grid(dataset, [m.row for m in shown], lines, key="mistakes")


def opened(plan: Plan) -> Dataset | None:
    """The dataset the run was trained on, or None when the workspace has it no longer."""
    try:
        dataset = api.reopen(plan.fingerprint[:16])
        return dataset if len(dataset.items) else None
    except (PeopleError, OSError):
        return None


def take_away(status: RunStatus, folder: Path) -> None:
    """Downloads and the line of Python that loads the model."""
    parts.section("Take it away")
    st.code(f'import advisor\nmodel = advisor.load("{status.run}")', language="python")
    with st.container(horizontal=True):
        st.download_button(
            "Model folder (zip)",
            data=lambda: zipped(folder),
            file_name=f"{status.run}.zip",
            mime="application/zip",
            key="download-model",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Report (JSON)",
            data=lambda: RunFiles(folder).report.read_bytes(),
            file_name=f"{status.run}-report.json",
            mime="application/json",
            key="download-report",
            icon=":material/description:",
            on_click="ignore",
        )


def zipped(folder: Path) -> bytes:
    """The run's folder as a zip, made when asked for: plan, report, metrics and model, without checkpoints."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.name not in ("heartbeat", "stop"):
                archive.write(path, f"{folder.name}/{path.name}")
    return stream.getvalue()
