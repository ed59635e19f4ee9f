"""Classification on the pages: classes, their probes and scores, the confusion matrix and the worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Profile, RunReport
from advisor.ui import alts, charts, mistakes, parts, try_it
from advisor.ui.browse import classes, sizes
from advisor.ui.cards import Card, Topic
from advisor.ui.charts import data
from advisor.ui.instruments import backbones, curve, details, domain, issues, layers, probes, prompt

CALIBRATES = True
TRY_FIRST = False

INSTRUMENTS = (probes, backbones, prompt, curve, issues, layers, domain)
TOPICS: tuple[Topic, ...] = tuple(instrument.TOPIC for instrument in INSTRUMENTS)

answer = probes.answer
try_model = try_it.draw
errors = mistakes.draw


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


def before_advice(evidence: Evidence) -> str:
    """Nothing: all that was measured is about a rung."""
    return ""


def reached(report: RunReport) -> str:
    """The test value."""
    return f"{wording.percent(report.test.value)} {report.metric}"


def answer_of(report: RunReport) -> str:
    """The test value against the forecast."""
    return (
        report.sentences[0] if report.sentences else f"{reached(report)} on {wording.count(report.test.n)} test items."
    )


def value(report: RunReport) -> None:
    """The test value beside the forecast."""
    st.plotly_chart(charts.versus(report), config=charts.CONFIG, key="versus", alt=alts.versus(report))
    parts.note(f"{wording.measured(report.test)} on the locked test part.")


def profile(dataset: Dataset, profile: Profile) -> None:
    """Items per class, how they are split, and the items' sizes."""
    parts.section("Items per class")
    figure, alt = data.counts(profile), alts.counts(profile)
    event = st.plotly_chart(
        figure, config=charts.CONFIG, key="counts", alt=alt, on_select="rerun", selection_mode="points"
    )
    parts.note(f"{parts.split(dataset, 'Stratified split made here')} The test part stays locked until a report.")
    classes.draw(dataset, chosen(profile, [point["point_index"] for point in event.selection.points]))
    sizes.draw(dataset, profile)


def chosen(profile: Profile, bars: Sequence[int]) -> str | None:
    """The class of the bar that was chosen; None where none was."""
    return data.drawn_order(profile)[bars[0]] if bars else None


def choose_backbone(key: str, present: str | None = None) -> str | None:
    """Nothing to choose on a page: the backbone follows from the items."""
    return present


def evidence(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Every instrument that measured something, by use, then what was measured with."""
    found = [instrument.card(dataset, evidence) for instrument in INSTRUMENTS]
    return [*(card for card in found if card is not None), details.card(dataset, evidence)]
