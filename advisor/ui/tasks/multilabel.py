"""Several labels on the pages: labels and how they go together, their probes, and how well each label is found."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Plan, Profile, RunReport
from advisor.data.profile.multilabel import cooccurrence
from advisor.ui import alts, charts, items, parts, try_it
from advisor.ui.browse import classes, sizes
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import data
from advisor.ui.charts import label_sets as figures
from advisor.ui.instruments import curve, details, domain, issues, layers, probes
from advisor.ui.tasks import classification
from advisor.ui.try_it import reopened

CALIBRATES = True
TRY_FIRST = False
N_MISTAKES = 12

INSTRUMENTS = (probes, curve, issues, layers, domain)
TOPICS: tuple[Topic, ...] = tuple(instrument.TOPIC for instrument in INSTRUMENTS)

answer = probes.answer
try_model = try_it.draw
choose_backbone = classification.choose_backbone
reached = classification.reached
answer_of = classification.answer_of


def extent(dataset: Dataset) -> str:
    """The number of labels."""
    return wording.counted(len(dataset.classes), "label")


def summary(dataset: Dataset, profile: Profile) -> str:
    """Items, labels, how many an item has, whether there are findings, and the metric."""
    return (
        f"{wording.short(dataset.name, 60)}: {kind_row(dataset.kind).counted(dataset.n_used)} with any of "
        f"{extent(dataset)}, {dataset.targets.sum(axis=1).mean():.1f} each; {parts.n_serious(profile.findings)}. The "
        f"metric is {profile.metric}."
    )


def before_advice(evidence: Evidence) -> str:
    """Nothing: all that was measured is about a rung."""
    return ""


def value(report: RunReport) -> None:
    """The test value beside the forecast, then each label with its interval."""
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt=alts.versus(report))
    parts.note(f"{wording.measured(report.test)} on the locked test part. Macro F1 is the mean of the labels' F1.")
    parts.section("Label by label")
    st.plotly_chart(figures.label_f1(report.per_class), config=charts.CONFIG, key="label-f1", alt=figures.said(report))
    parts.fold("All numbers of each label", "table_chart", partial(per_label, report))


def per_label(report: RunReport) -> None:
    """Precision, recall, F1 with its interval, average precision, threshold and test items of each label."""
    rows = [
        {
            "Label": row["class"],
            "F1": _percent(row["f1"]),
            "90 % interval": "" if row["f1"] is None else wording.between(row["f1_low"], row["f1_high"]),
            "Precision": _percent(row["precision"]),
            "Recall": _percent(row["recall"]),
            "Average precision": _percent(row["average_precision"]),
            "Given from": _percent(row["threshold"]),
            "Test items": row["n"],
        }
        for row in report.per_class
    ]
    parts.table(pd.DataFrame(rows), hide_index=True, alt="How well each label is found")
    parts.note(
        "A label is given from its own threshold on, chosen on held-out items for the best F1. Average precision is "
        "what precision is on average over all thresholds."
    )


def profile(dataset: Dataset, profile: Profile) -> None:
    """Items per label, which labels go together, and the items' sizes."""
    parts.section("Items per label")
    figure, alt = data.counts(profile), alts.counts(profile)
    event = st.plotly_chart(
        figure, config=charts.CONFIG, key="counts", alt=alt, on_select="rerun", selection_mode="points"
    )
    split = parts.split(dataset, "Split made here, alike in every label")
    parts.note(f"{split} The test part stays locked until a report. An item counts for each of its labels.")
    chosen = classification.chosen(profile, [point["point_index"] for point in event.selection.points])
    parts.section("Labels that go together")
    both = cooccurrence(dataset)
    st.plotly_chart(
        figures.together(dataset.classes, both), config=charts.CONFIG, key="together",
        alt=figures.said_together(dataset.classes, both),
    )  # fmt: skip
    classes.draw(dataset, chosen)
    sizes.draw(dataset, profile)


def evidence(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Every instrument that measured something, by use, then what was measured with."""
    found = [instrument.card(dataset, evidence) for instrument in INSTRUMENTS]
    return [*(card for card in found if card is not None), details.card(dataset, evidence)]


def errors(report: RunReport, plan: Plan) -> None:
    """The items with the surest wrong labels."""
    if not report.mistakes:
        parts.note("Every test item got exactly its labels.")
        return
    dataset = reopened(plan)
    parts.section("Worst mistakes")
    shown = report.mistakes[:N_MISTAKES]
    parts.note("Test items with a wrong or a missing label, those first of which the model is surest.")
    captions = [f"{m.label}; predicted {m.predicted}" for m in shown]
    if dataset is None:
        frame = pd.DataFrame({"Item": [m.key for m in shown], "Labels": captions})
        parts.table(frame, hide_index=True, alt="Worst mistakes")
        return
    items.view_of(dataset.kind).grid(dataset, [m.row for m in shown], captions, key="mistakes")


def _percent(share: float | None) -> str:
    return "" if share is None else wording.percent(share)
