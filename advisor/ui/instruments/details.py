"""What the rest was measured with: backbone, device, hash of the weights; and the transferability scores."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence
from advisor.evidence.scores import RANKING
from advisor.ui import parts
from advisor.ui.cards import Card, Topic
from probes.backbones.catalog import CATALOG

TOPIC = Topic("details", "Details", "What was it measured with?")


def card(dataset: Dataset, evidence: Evidence) -> Card:
    """Backbone and device; the transferability scores are folded."""
    sentence = f"{evidence.backbone} on {device(evidence)}; measuring took {wording.duration(evidence.took)}."
    scored = partial(scores, evidence) if evidence.scores else None
    return Card(TOPIC, sentence, partial(draw, dataset, evidence), scored)


def device(evidence: Evidence) -> str:
    """The device in words."""
    return "the processor" if evidence.device == "cpu" else evidence.device.upper()


def draw(dataset: Dataset, evidence: Evidence) -> None:
    """The facts."""
    items = wording.counted(evidence.n_train, "training item")
    parts.note(f"Input size {size(dataset, evidence)}; {items}. {evidence.device_reason}")
    parts.note(f"Weights SHA-256 {evidence.backbone_hash}")


def size(dataset: Dataset, evidence: Evidence) -> str:
    """What the backbone was fed, and why where that is less than usual."""
    unit = kind_row(dataset.kind).unit
    usual = next((entry.input_size for entry in CATALOG if entry.reference == evidence.backbone), evidence.input_size)
    fed = f"{evidence.input_size} {unit}"
    if unit != "px" or evidence.input_size >= usual:
        return fed
    return f"{fed} instead of {usual}, as most images are smaller than that: half the time or less, and nothing lost"


def scores(evidence: Evidence) -> None:
    """What transferability scores say, and what each misses."""
    parts.note("Transferability scores")
    parts.note(RANKING)
    frame = pd.DataFrame(
        {
            "Score": [score.title for score in evidence.scores],
            "Value": [f"{score.value:z.3f}" for score in evidence.scores],
            "What it says here": [score.meaning for score in evidence.scores],
            "Known weakness": [score.weakness for score in evidence.scores],
        }
    )
    # a table and no data frame: the cells are sentences, which only a table wraps
    st.table(frame, border="horizontal", hide_index=True, alt="Transferability scores, what each says and misses")
    seconds = sum(score.seconds for score in evidence.scores)
    parts.note(f"Higher is more promising in every row. {evidence.backbone}, {wording.duration(seconds)}.")
