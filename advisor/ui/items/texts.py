"""Texts on the pages: as they are and never as Markdown, their lengths, and a field to type one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset, Profile
from advisor.ui import alts, charts, parts
from advisor.ui.charts import data

N_SHOWN = 8
HAS_PREDICT = True
SHOWN_CHARACTERS = 400


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], key: str) -> None:
    """Texts in frames, each with one plain line under it."""
    for row, caption in zip(rows, captions, strict=True):
        with st.container(border=True, gap="xsmall"):
            show(dataset, int(row))
            parts.note(caption)


def sizes(profile: Profile) -> None:
    """How many words the texts have."""
    if not profile.sizes.get("n_words"):
        return
    parts.section("Length")
    alt = alts.sizes("Words in a text", profile.sizes["n_words"])
    st.plotly_chart(data.text_lengths(profile), config=charts.CONFIG, key="lengths", alt=alt)


def enter(run: str) -> str | None:
    """A typed text."""
    text: str = st.text_area("A text", key=f"try-text-{run}", placeholder="Type a sentence", height=90)
    return text if text.strip() else None


def show(dataset: Dataset, row: int) -> str:
    """One text of a dataset."""
    text = str(dataset.items["text"].iloc[row])
    st.text(wording.short(text, SHOWN_CHARACTERS))
    return text
