"""Classification on the pages: classes, their probes and scores, the confusion matrix and the worst mistakes."""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Profile
from advisor.ui import alts, charts, items, mistakes, parts, try_it
from advisor.ui.cards import Card
from advisor.ui.charts import data
from advisor.ui.instruments import backbones, curve, details, domain, issues, layers, probes, prompt

CALIBRATES = True

INSTRUMENTS = (probes, backbones, prompt, curve, issues, layers, domain)
TOPICS = tuple(instrument.TOPIC for instrument in INSTRUMENTS)

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


def profile(dataset: Dataset, profile: Profile) -> None:
    """Items per class, how they are split, and the items' sizes."""
    parts.section("Items per class")
    st.plotly_chart(data.counts(profile), config=charts.CONFIG, key="counts", alt=alts.counts(profile))
    parts.note(f"{parts.split(dataset, 'Stratified split made here')} The test part stays locked until a report.")
    items.view_of(dataset.kind).sizes(profile)


def choose_backbone(key: str, present: str | None = None) -> str | None:
    """Nothing to choose on a page: the backbone follows from the items."""
    return present


def evidence(dataset: Dataset, evidence: Evidence) -> list[Card]:
    """Every instrument that measured something, by use, then what was measured with."""
    found = [instrument.card(dataset, evidence) for instrument in INSTRUMENTS]
    return [*(card for card in found if card is not None), details.card(dataset, evidence)]
