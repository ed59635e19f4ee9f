"""The items of a finding: small pictures or the beginnings of texts; their keys where they are no items any more."""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Finding
from advisor.ui import parts
from advisor.ui.browse import strip

IMAGES, TEXTS, CHARACTERS = 10, 3, 160


def draw(dataset: Dataset, number: int, finding: Finding) -> None:
    """Some items of the finding, which is the `number`-th on the page."""
    rows = rows_of(dataset, finding)
    if not rows:
        parts.keys(finding)
        return
    if kind_row(dataset.kind).modality == "image":
        most = IMAGES
        strip.draw(dataset, rows[:most], f"finding-{number}")
    else:
        most = TEXTS
        for row in rows[:most]:
            st.text(f"“{wording.short(str(dataset.items['text'].iloc[row]), CHARACTERS)}”")
    if finding.n_items > most:
        parts.note(f"and {wording.count(finding.n_items - most)} more")


def rows_of(dataset: Dataset, finding: Finding) -> list[int]:
    """The rows of the finding's items; empty where any is no item, such as a file that was set aside."""
    row_of = {str(key): row for row, key in enumerate(dataset.items["key"])}
    return [row_of[key] for key in finding.items] if set(finding.items) <= set(row_of) else []
