"""A row of small pictures that can be chosen, by mouse or keyboard; the chosen one opens larger.

Streamlit's own images cannot be clicked, so this is a component of ours. What comes from a dataset reaches the page as
an attribute's value, never as HTML.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.core.shown import visible
from advisor.ui import parts
from advisor.ui.charts.data import PART_NAME
from advisor.ui.items.images import thumbnail

SMALL_PX, LARGE_PX = 112, 560
CSS = """
.strip {display: grid; grid-template-columns: repeat(auto-fill, minmax(76px, 1fr)); gap: 6px}
button {padding: 0; border: 0; background: none; cursor: zoom-in; border-radius: 6px; overflow: hidden; line-height: 0}
button:hover {filter: brightness(1.12)}
button:focus-visible {outline: 2px solid var(--st-primary-color); outline-offset: 2px}
img {width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 6px}
"""
JS = """
export default function ({data, parentElement, setTriggerValue}) {
  const strip = parentElement.querySelector(".strip")
  strip.replaceChildren(...data.pictures.map(picture => {
    const button = document.createElement("button"), image = document.createElement("img")
    button.type = "button"
    button.setAttribute("aria-label", picture.label)
    button.onclick = () => setTriggerValue("row", picture.row)
    image.src = picture.source
    image.alt = ""
    button.append(image)
    return button
  }))
}
"""
_STRIP = st.components.v2.component("advisor_strip", html='<div class="strip"></div>\n', css=CSS, js=JS)


@dataclass(frozen=True)
class Picture:
    """One picture: its row in the dataset, what it is called, and its PNG."""

    row: int
    label: str
    png: bytes


def pictures(dataset: Dataset, rows: Sequence[int]) -> list[Picture]:
    """The images of these rows, small; those that cannot be decoded are left out."""
    found = []
    for row in rows:
        item = dataset.items.iloc[int(row)]
        png = thumbnail(str(item["path"]), dataset.pixel_range, SMALL_PX)
        if png is not None:
            found.append(Picture(int(row), f"Enlarge {wording.short(visible(str(item['key'])), 90)}", png))
    return found


def draw(dataset: Dataset, rows: Sequence[int], key: str) -> None:
    """The strip; a chosen picture opens in a dialog."""
    shown = pictures(dataset, rows)
    if not shown:
        parts.note("These images cannot be shown.")
        return
    data = [
        {"row": one.row, "label": one.label, "source": f"data:image/png;base64,{b64encode(one.png).decode()}"}
        for one in shown
    ]
    chosen = _STRIP(data={"pictures": data}, key=key, on_row_change=lambda: None).row
    if chosen in {one.row for one in shown}:
        enlarge(dataset, int(chosen))


@st.dialog("A closer look")
def enlarge(dataset: Dataset, row: int) -> None:
    """One image as large as the dialog, with its class, its part and its key."""
    item = dataset.items.iloc[row]
    png = thumbnail(str(item["path"]), dataset.pixel_range, LARGE_PX)
    if png is not None:
        st.image(png, width="stretch", alt=wording.short(str(item["key"]), 120))
    st.text(" · ".join(filter(None, (label_of(dataset, row), PART_NAME[item["part"]]))))
    parts.note(str(item["key"]))


def label_of(dataset: Dataset, row: int) -> str:
    """The class of an item; "" where there are none."""
    return wording.short(dataset.label_words(row), 80) if dataset.classes else kind_row(dataset.kind).items
