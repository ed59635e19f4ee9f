"""The items of one list with what can be decided about them: by keys or buttons, one at a time or as a grid."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import pandas as pd
import streamlit as st
from PIL import Image

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Decision
from advisor.core.shown import visible
from advisor.data.versions import decisions
from advisor.data.versions.label_words import label_words
from advisor.ui import terms
from advisor.ui.fixing import passages, script
from advisor.ui.fixing.mounted import mounted
from advisor.ui.items.images import thumbnail
from probes.reading import NOT_FOUND

#: Items of one page of the gallery, neighbours beside each, and characters of a text.
PAGE = {"image": 24, "text": 12}
N_NEAR = 5
ITEM_PX, NEAR_PX = 320, 112
CHARACTERS, NEAR_CHARACTERS = 2000, 240
#: A PNG that is smaller is sent as it is.
SMALL_BYTES = 6000
BESIDE, PASSAGES = "Most like it", "In the documents"
FRAMED = "; marked: what it was listed for"
LOCKED = "This item is in the locked test part: changing it changes what test values are measured on."
_GALLERY = st.components.v2.component("advisor_fixing", html=script.HTML, css=script.CSS, js=script.JS)


def draw(
    dataset: Dataset,
    work: pd.DataFrame,
    near: Mapping[int, Sequence[int]],
    held: Mapping[int, Decision],
    mount: str,
    jump: bool = False,
) -> None:
    """The gallery; what it sends is kept before the page is drawn again. jump: it moves into view once it begins.

    work: rows of `advisor.evidence.worklist`, one page of them. near: the rows most like each row. mount: another one
    draws the gallery anew, with the decisions as they are then.
    """
    key, data = mounted("gallery", mount, lambda key: content(dataset, work, near, held, key, jump))

    def sent() -> None:
        keep(dataset, work, st.session_state[key].get("made") or [], f"seen-{key}")

    _GALLERY(data=data, key=key, default={"made": []}, on_made_change=sent)


def keep(dataset: Dataset, work: pd.DataFrame, made: Sequence[Mapping[str, Any]], seen: str) -> None:
    """Keep the decisions that the page sent and that are not kept yet.

    seen: where the session remembers the number of the last one.
    """
    fresh = unseen(work, made, int(st.session_state.get(seen, 0)))
    listed = {int(one["row"]): one for one in work.drop_duplicates("row").to_dict("records")}
    for one in fresh:
        decisions.take(dataset, [of_page(dataset, one, listed[int(one["row"])])])
    if fresh:
        st.session_state[seen] = max(int(one["n"]) for one in fresh)


def unseen(work: pd.DataFrame, made: Sequence[Mapping[str, Any]], last: int) -> list[Mapping[str, Any]]:
    """The decisions after the `last`, of items that the page was given: n (from 1), row, action, label (a class's
    number, or an answer).
    """
    rows = set(work["row"].tolist())
    return [one for one in made if int(one["n"]) > last and int(one["row"]) in rows]


def of_page(dataset: Dataset, one: Mapping[str, Any], listed: Mapping[Any, Any]) -> Decision:
    """A decision as the page sends it; listed: the row of the list. Raises DatasetError for one that it cannot send."""
    row, action, check = int(one["row"]), str(one["action"]), str(listed["check"])
    if not dataset.classes:
        answer = str(one["label"]) if action == "relabel" else ""
        document = str(listed["document"]) if answer == listed["suggested"] else ""
        return decisions.decided(dataset, row, action, answer, check, document)
    number = int(one["label"])
    label = dataset.classes[number] if 0 <= number < len(dataset.classes) else ""
    return decisions.decided(dataset, row, action, label, check)


def content(
    dataset: Dataset,
    work: pd.DataFrame,
    near: Mapping[int, Sequence[int]],
    held: Mapping[int, Decision],
    mount: str,
    jump: bool = False,
) -> dict[str, Any]:
    """What the script draws: the items with their pictures or texts, and the classes; of questions the answers."""
    labels = _Labels(dataset)
    items = []
    for one in work.to_dict("records"):
        row = int(one["row"])
        taken = held.get(row)
        items.append(
            {
                "row": row,
                "key": visible(wording.short(str(one["key"]), 120)),
                "part": terms.PART[dataset.items["part"].iloc[row]],
                "label": labels.of(row),
                "suggested": labels.named(str(one["suggested"])),
                "document": visible(wording.short(str(one["document"]), 60)),
                "action": str(one["action"]),
                "reason": visible(str(one["reason"])),
                "warn": LOCKED if one["part"] == "test" else "",
                "decision": None if taken is None else {"action": taken.action, "label": labels.named(taken.label)},
                "near": beside(dataset, one, near),
                **shown(dataset, row, ITEM_PX, CHARACTERS),
            }
        )
    return {
        "mount": mount, "items": items, "classes": [visible(name) for name in dataset.classes], "single": False,
        "beside": BESIDE if dataset.classes else PASSAGES, "framed": FRAMED, "name": "Items to decide about",
        "nothing": NOT_FOUND, "empty": "No item is on this list.", "jump": jump,
    }  # fmt: skip


class _Labels:
    """Labels as the script has them: the number of a class, -1 for none; of questions the answer, "" for none."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.number = {name: place for place, name in enumerate(dataset.classes)}

    def of(self, row: int) -> int | str:
        """The label of a row."""
        return int(self.dataset.labels[row]) if self.number else visible(label_words(self.dataset, row))

    def named(self, name: str) -> int | str:
        """A label by its name."""
        return self.number.get(name, -1) if self.number else visible(name)


def beside(dataset: Dataset, one: Mapping[Any, Any], near: Mapping[int, Sequence[int]]) -> list[dict[str, Any]]:
    """What is shown beside an item: that which it was listed for, then those most like it; of a question, passages."""
    row, other = int(one["row"]), int(one["other"])
    if not dataset.classes:
        return passages.beside(dataset, row, other, str(one["document"]))
    rows = [*([other] if other >= 0 else []), *(int(one) for one in near.get(row, ()) if int(one) != other)]
    return [
        {
            "label": visible(wording.short(dataset.classes[dataset.labels[one]], 40)),
            "other": one == other,
            **shown(dataset, one, NEAR_PX, NEAR_CHARACTERS),
        }
        for one in rows[:N_NEAR]
    ]


def shown(dataset: Dataset, row: int, side: int, characters: int) -> dict[str, str]:
    """An item as the script shows it: ``source`` of a picture, or ``text``."""
    item = dataset.items.iloc[row]
    if kind_row(dataset.kind).modality == "text":
        return {"text": visible(wording.short(str(item["text"]), characters))}
    png = thumbnail(str(item["path"]), dataset.pixel_range, side)
    return {"text": "This image cannot be shown."} if png is None else {"source": source(png)}


def source(png: bytes) -> str:
    """A picture as the value of an attribute; larger ones as WebP, a fifth of the size."""
    if len(png) <= SMALL_BYTES:
        return f"data:image/png;base64,{b64encode(png).decode()}"
    stream = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").save(stream, "WEBP", quality=82)
    return f"data:image/webp;base64,{b64encode(stream.getvalue()).decode()}"


def page_size(dataset: Dataset) -> int:
    """Items of one page."""
    return PAGE[kind_row(dataset.kind).modality]
