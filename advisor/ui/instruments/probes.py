"""What the probes measured: a picture, a row for each probe, and recall per class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import Metric, task_of_metric
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.ui import charts, parts
from advisor.ui.cards import Card, Topic
from probes.measured import Measured

TOPIC = Topic("probes", "Probes", "What do the probes reach?")
#: A value whose interval is wider than this, or which stands on fewer items, says little.
WIDE, FEW = 0.3, 24


def card(dataset: Dataset, evidence: Evidence) -> Card:
    """Every probe, its table, and recall per class."""
    return Card(TOPIC, steps(evidence), partial(draw, evidence), partial(how, dataset, evidence))


def draw(evidence: Evidence) -> None:
    """The picture."""
    if evidence.results:
        figure = charts.evidence(evidence)
        st.plotly_chart(figure, config=charts.CONFIG, key="dots", alt=answer(evidence))


def how(dataset: Dataset, evidence: Evidence) -> None:
    """The table, the notes, and recall per class."""
    table(evidence, evidence.notes)
    per_class(dataset, evidence)


@dataclass(frozen=True)
class Words:
    """What the probes of a task are spoken of with: what is guessed without looking, its labels, and their measure."""

    floor: str
    noun: str
    measure: str


CLASSES, LABELS = Words("guessing the largest class", "class", "Recall"), Words("giving every label", "label", "F1")
WORDS: dict[Metric, Words] = {
    metric: LABELS if task_of_metric(metric) == "multilabel" else CLASSES for metric in get_args(Metric)
}


def steps(evidence: Evidence) -> str:
    """What labels add to the class names alone; that it is too early to tell where too little was measured."""
    names = evidence.result("zero-shot")
    best = evidence.best
    if best is None:
        return "No probe gave a number on this dataset; the notes say why."
    if unsure(best.measured):
        items = wording.counted(best.measured.n, "item leaves", "items leave")
        return (
            f"It is too early to tell: {items} {wording.between(best.measured.low, best.measured.high)} possible. More "
            f"labels or a longer budget would narrow it."
        )
    if names is None or best is names:
        return f"{best.title}: {wording.percent(best.measured.value)} {evidence.metric}."
    gain = wording.points(best.measured.value, names.measured.value)
    start = f"The {WORDS[evidence.metric].noun} names alone reach {wording.percent(names.measured.value)}; labels add"
    return f"{start} {gain:.1f} points (best: {best.title})." if gain >= 1 else f"{start} next to nothing."


def unsure(number: Measured) -> bool:
    """Whether a value says little."""
    return number.n < FEW or number.high - number.low > WIDE


def answer(evidence: Evidence) -> str:
    """The best probe and by how much it beats the majority class."""
    best = evidence.best
    if best is None:
        return "The probes gave no number on this dataset; the notes below say why."
    floor = evidence.result("majority")
    against = f", against {wording.percent(floor.measured.value)} for {WORDS[evidence.metric].floor}" if floor else ""
    interval = wording.between(best.measured.low, best.measured.high)
    return (
        f"Best probe: {best.title}, {wording.percent(best.measured.value)} {evidence.metric} "
        f"({interval}, {wording.counted(best.measured.n, 'item')}){against}."
    )


def table(evidence: Evidence, notes: Sequence[str]) -> None:
    """One row for each probe, and the notes on them."""
    rows = [
        {
            "Probe": r.title,
            "Value": wording.percent(r.measured.value),
            "90 % interval": wording.between(r.measured.low, r.measured.high),
            "n": wording.count(r.measured.n),
            "Time": wording.duration(r.measured.seconds),
            "Known by": r.measured.provenance,
            "Backbone": r.backbone or str(r.settings.get("language_model", "none")),
            "Note": method(r),
        }
        for r in sorted(evidence.results, key=lambda r: -r.measured.value)
    ]
    frame = pd.DataFrame(rows)
    if not any(row["Note"] for row in rows):
        frame = frame.drop(columns="Note", errors="ignore")
    widths = {"Value": 80, "n": 60, "Time": 80, "Known by": 110}
    narrow = {name: st.column_config.TextColumn(width=px) for name, px in widths.items()}
    parts.table(frame, hide_index=True, column_config=narrow, alt="Every probe with its value, interval, n and time")
    parts.note(
        f"Measured on the {wording.count(evidence.n_train)} training items only; the "
        f"{wording.count(evidence.n_test)} test items were not read. Took {wording.duration(evidence.took)} in all."
    )
    for note in notes:
        parts.note(note)


def method(result: ProbeResult) -> str:
    """How the probe works, in a few words."""
    k, exact = result.settings.get("k"), result.settings.get("exact_match")
    if isinstance(exact, float):
        return f"exact match {wording.percent(exact)}"
    return result.measured.note or str(result.settings.get("method", "")) or (neighbours(k) if k else "")


def neighbours(k: int) -> str:
    """Who decides among k neighbours."""
    return "the nearest decides" if k == 1 else f"{k} neighbours vote"


def per_class(dataset: Dataset, evidence: Evidence) -> None:
    """Recall of each class under the probes that give it, the hardest class first."""
    columns = {r.title: r.per_class for r in evidence.results if r.per_class}
    if not columns:
        return
    words = WORDS[evidence.metric]
    parts.note(f"{words.measure} of each {words.noun}, the hardest first:")
    frame = pd.DataFrame({words.noun.capitalize(): list(dataset.classes)})
    for title, shares in columns.items():
        frame[title] = [_hundredfold(shares.get(name)) for name in dataset.classes]
    linear = evidence.result("linear")
    hardest = linear.title if linear is not None and linear.title in frame else frame.columns[-1]
    frame = frame.sort_values(hardest, na_position="last")
    shown = {t: st.column_config.NumberColumn(format="%.1f %%") for t in columns}
    parts.table(frame, hide_index=True, column_config=shown, alt="Recall per class")


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share
