"""The items of a finding, a page at a time: small pictures or the beginnings of texts, each with its class; their keys
where they are no items any more.
"""

from __future__ import annotations

import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Finding
from advisor.ui import items, parts
from advisor.ui.browse import strip

IMAGES, TEXTS, CHARACTERS = 10, 3, 160
#: Findings about the classes of items: beside each picture stands its own.
ABOUT_CLASSES = ("conflicting labels", "labels of near copies")


def draw(dataset: Dataset, number: int, finding: Finding) -> None:
    """The items of the finding, which is the `number`-th on the page."""
    rows = rows_of(dataset, finding)
    if not rows:
        parts.keys(finding)
        return
    images = kind_row(dataset.kind).modality == "image"
    most = IMAGES if images else TEXTS
    page = parts.page_of(len(rows), most, f"finding-{number}-page")
    shown = rows[page]
    if not images:
        for row in shown:
            st.text(quoted(dataset, row))
    elif finding.check in ABOUT_CLASSES and dataset.classes:
        names = [dataset.label_words(row) for row in shown]
        items.view_of(dataset.kind).grid(dataset, shown, names, key=f"finding-{number}")
    else:
        strip.draw(dataset, shown, f"finding-{number}")
    if finding.n_items > len(rows):
        parts.note(f"The first {wording.count(len(rows))} of {wording.count(finding.n_items)}.")


def quoted(dataset: Dataset, row: int) -> str:
    """The beginning of a text and its class, where there are classes."""
    text = f"“{wording.short(str(dataset.items['text'].iloc[row]), CHARACTERS)}”"
    return f"{text} · {wording.short(dataset.label_words(row), 80)}" if dataset.classes else text


def rows_of(dataset: Dataset, finding: Finding) -> list[int]:
    """The rows of the finding's items; empty where any is no item, such as a file that was set aside."""
    row_of = {str(key): row for row, key in enumerate(dataset.items["key"])}
    return [row_of[key] for key in finding.items] if set(finding.items) <= set(row_of) else []
