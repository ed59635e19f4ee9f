"""How much would more data help?"""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Evidence, LearningCurve
from advisor.evidence.curve import labels_needed
from advisor.ui import charts, parts
from advisor.ui.charts.learning_curve import curve


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The section; nothing where no curve was measured."""
    found = evidence.curve
    if found is None:
        return
    parts.section("How much would more data help?")
    parts.answer_line(answer(found, evidence.n_train))
    target = ask_target(dataset, found)
    picture = curve(found, evidence.metric, evidence.n_train, target)
    st.plotly_chart(picture, config=charts.CONFIG, key="curve", alt="The metric against the number of training items")
    st.text(labels_needed(found, target, evidence.n_train).sentence)
    parts.note(
        f"The frozen rung, trained on nested stratified shares of {wording.counted(max(found.sizes), 'item')}, each "
        f"held out from the items that score it; error = a + b / √n with a = {found.a:.3f}, b = {found.b:.2f}. "
        f"Dotted: ahead of the data, drawn to four times the items measured and no further. "
        f"Took {wording.duration(found.seconds)}."
    )


def answer(found: LearningCurve, n_now: int) -> str:
    """What four times the data, or what is still unseen of it, would bring."""
    here = min(found.band, key=lambda row: abs(row[0] - n_now))
    end = found.band[-1]
    gain = 100 * (end[1] - here[1])
    if end[0] < 0.8 * n_now:
        return (
            f"With {end[0]:,} training items {wording.percent(end[1])} is expected (80 % band "
            f"{wording.between(end[2], end[3])}). {n_now:,} are there, further than the curve may be believed: a "
            f"longer budget lets the probes look at more of them."
        )
    if end[0] <= 1.2 * n_now:
        return (
            f"On all {n_now:,} training items {wording.percent(here[1])} is expected "
            f"(80 % band {wording.between(here[2], here[3])})."
        )
    verdict = "more labels would help little" if gain < 1 else "more labels would help"
    return (
        f"At {end[0]:,} training items, {end[0] / n_now:.1f} times as many, {wording.percent(end[1])} is expected "
        f"(80 % band {wording.between(end[2], end[3])}), {gain:.1f} points more than with the {n_now:,} there are: "
        f"{verdict}."
    )


def ask_target(dataset: Dataset, found: LearningCurve) -> float:
    """The target to ask the curve about; at first half way between the last point and the curve's end."""
    start = 0.5 * (found.points[-1].value + found.band[-1][1])
    chosen = st.slider(
        "Target, %",
        0.0,
        100.0,
        round(200 * start) / 2,
        step=0.5,
        format="%.1f",
        key=f"curve-target-{dataset.fingerprint[:8]}",
    )
    return float(chosen) / 100
