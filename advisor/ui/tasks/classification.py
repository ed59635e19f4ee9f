"""Classification on the pages: classes, their probes and scores, the confusion matrix and the worst mistakes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport
from advisor.data.reading import open_dataset
from advisor.ui import charts, items, parts, try_it
from advisor.ui.charts import data
from advisor.ui.instruments import backbones, curve, domain, issues, layers, probes, prompt

CALIBRATES = True
N_MISTAKES = 12

answer = probes.answer
try_model = try_it.draw


def extent(dataset: Dataset) -> str:
    """The number of classes."""
    return wording.counted(len(dataset.classes), "class", "classes")


def summary(dataset: Dataset, profile: Profile) -> str:
    """Items, classes and their balance, whether there are findings, and the metric."""
    balanced = profile.metric == "accuracy"
    balance = "of about equal size" if balanced else f"the largest {profile.imbalance:.1f} times the smallest"
    return (
        f"{wording.short(dataset.name, 60)}: {kind_row(dataset.kind).counted(dataset.n_used)} in {extent(dataset)}, "
        f"{balance}; {parts.n_serious(profile.findings)}. The metric is {profile.metric}."
    )


def profile(dataset: Dataset, profile: Profile) -> None:
    """Items per class, how they are split, and the items' sizes."""
    parts.section("Items per class")
    alt = f"How many items for {extent(dataset)}, split into training, validation and test"
    st.plotly_chart(data.counts(profile), config=charts.CONFIG, key="counts", alt=alt)
    parts.note(f"{parts.split(dataset, 'Stratified split made here')} The test part stays locked until a report.")
    items.view_of(dataset.kind).sizes(profile)


def choose_backbone(key: str, present: str | None = None) -> str | None:
    """Nothing to choose on a page: the backbone follows from the items."""
    return present


def evidence(dataset: Dataset, evidence: Evidence) -> None:
    """Every instrument, then what was measured on."""
    probes.draw(dataset, evidence)
    for instrument in (backbones, prompt, curve, issues, layers, domain):
        instrument.draw(dataset, evidence)
    probes.scores(dataset, evidence)
    parts.section("Backbone and device")
    with st.grid(3, min_column_width=160):
        st.metric("Device", evidence.device.upper(), border=True, height="stretch")
        size = f"{evidence.input_size} {kind_row(dataset.kind).unit}"
        st.metric("Input size", size, border=True, height="stretch")
        st.metric("Training items", wording.count(evidence.n_train), border=True, height="stretch")
    st.text(evidence.backbone)
    st.text(evidence.device_reason)
    parts.note(f"Weights SHA-256 {evidence.backbone_hash}")


def errors(report: RunReport, plan: Plan) -> None:
    """The confusion matrix, the classes and the surest wrong answers."""
    parts.section("Where it is wrong")
    figure = charts.confusion(report)
    st.plotly_chart(figure, config=charts.CONFIG, key="confusion", alt="Confusion matrix of the test")
    per_class(report)
    mistakes(report, plan)


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
    columns = {names[c]: st.column_config.NumberColumn(format="%.1f %%") for c in shares}
    alt = "Precision, recall and F1 of each class"
    st.dataframe(parts.cells(frame.rename(columns=names)), hide_index=True, column_config=columns, alt=alt)


def mistakes(report: RunReport, plan: Plan) -> None:
    """The surest wrong answers, each with its item."""
    if not report.mistakes:
        parts.note("No test item was answered wrongly.")
        return
    parts.section("Worst mistakes")
    shown = report.mistakes[:N_MISTAKES]
    parts.note("Wrong answers on the test part, the most confident first.")
    captions = [f"{m.label}, predicted {m.predicted} ({wording.percent(m.probability)})" for m in shown]
    dataset = reopened(plan)
    if dataset is None:
        frame = pd.DataFrame({"Item": [m.key for m in shown], "Mistake": captions})
        st.dataframe(parts.cells(frame), hide_index=True, alt="Worst mistakes")
        return
    items.view_of(dataset.kind).grid(dataset, [m.row for m in shown], captions, key="mistakes")


def reopened(plan: Plan) -> Dataset | None:
    """The dataset the run was trained on, or None when the workspace has it no longer."""
    try:
        dataset = open_dataset(plan.fingerprint[:16])
        return dataset if len(dataset.items) else None
    except (PeopleError, OSError):
        return None
