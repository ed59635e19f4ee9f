"""Texts on the pages: as they are and never as Markdown, their lengths, and a field to type one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from advisor.core import wording
from advisor.core.records import Dataset
from advisor.ui import parts

N_SHOWN = 8
HAS_PREDICT = True
SHOWN_CHARACTERS = 400


def grid(dataset: Dataset, rows: Sequence[int], captions: Sequence[str], key: str) -> None:
    """Texts in frames, each with one plain line under it."""
    for row, caption in zip(rows, captions, strict=True):
        with st.container(border=True, gap="xsmall"):
            show(dataset, int(row))
            parts.note(caption)


def enter(run: str, dataset: Dataset | None) -> list[str]:
    """A typed text."""
    text: str = st.text_area("A text", key=f"try-text-{run}", placeholder="Type a sentence", height=90)
    return [text] if text.strip() else []


def draw(text: str) -> None:
    """Nothing: a typed text stands in its field."""


def show(dataset: Dataset, row: int) -> str:
    """One text of a dataset."""
    text = str(dataset.items["text"].iloc[row])
    st.text(wording.short(text, SHOWN_CHARACTERS))
    return text
