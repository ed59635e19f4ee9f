"""The items of a list as a table whose decisions can be edited."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from advisor.core import wording
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Decision
from advisor.data.versions import decisions
from advisor.ui import parts
from advisor.ui.fixing import gallery
from advisor.ui.fixing.mounted import mounted
from advisor.ui.items.images import thumbnail

MOST = 500
SIDE_PX = 64
CHARACTERS = 300
UNDECIDED = ""
CHOICES = (UNDECIDED, "keep", "relabel", "drop")


def draw(dataset: Dataset, work: pd.DataFrame, held: Mapping[int, Decision], mount: str) -> None:
    """The table; what is edited is kept before the page is drawn again."""
    every = work.drop_duplicates("row")
    rows = every.head(MOST).reset_index(drop=True)
    key, before = mounted("table", mount, lambda key: table(dataset, rows, held))
    parts.guard(before)
    picture = kind_row(dataset.kind).modality == "image"
    item = st.column_config.ImageColumn("Item", width="small") if picture else st.column_config.TextColumn("Item")

    def changed() -> None:
        keep(dataset, rows, before, st.session_state[key]["edited_rows"])

    st.data_editor(
        before, key=key, hide_index=True, disabled=["Item", "Key", "Label", "Suggested", "Why"], on_change=changed,
        placeholder=" ", alt="The items of the list with their decisions",
        column_config={
            "Item": item,
            "Decision": st.column_config.SelectboxColumn(options=list(CHOICES)),
            "New label": st.column_config.SelectboxColumn(options=["", *dataset.classes])
            if dataset.classes
            else st.column_config.TextColumn("New answer"),
            "Why": st.column_config.TextColumn(width="medium"),
            "Label": st.column_config.TextColumn(kind_row(dataset.kind).label.capitalize()),
        },
    )  # fmt: skip
    if len(every) > MOST:
        parts.note(f"The first {MOST}; the command writes them all: advisor fix --csv FILE.")


def keep(
    dataset: Dataset, work: pd.DataFrame, before: pd.DataFrame, cells: Mapping[int, Mapping[str, str | None]]
) -> None:
    """Keep the decisions of edited cells (by row of the table and column) that are not kept yet."""
    after = before.copy()
    for place, own in cells.items():
        for name, value in own.items():
            after.loc[int(place), name] = value or ""
    standing = decisions.standing(dataset).by_row
    fresh = edited(dataset, work, before, after)
    decisions.take(dataset, [one for row, one in fresh if not _same(one, standing.get(row))])


def table(dataset: Dataset, work: pd.DataFrame, held: Mapping[int, Decision]) -> pd.DataFrame:
    """One row per item: item, key, label, suggested, why, decision, new label."""
    taken = [held.get(int(row)) for row in work["row"]]
    shown = pd.DataFrame(
        {
            "Item": [_item(dataset, int(row)) for row in work["row"]],
            "Label": work["label"].tolist(),
            "Suggested": work["suggested"].tolist(),
            "Why": work["reason"].tolist(),
            "Key": work["key"].tolist(),
        }
    )
    choices = pd.DataFrame(
        {
            "Decision": [one.action if one else UNDECIDED for one in taken],
            "New label": [one.label if one else "" for one in taken],
        }
    )
    return pd.concat([choices, shown], axis=1)


def edited(
    dataset: Dataset, work: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame
) -> list[tuple[int, Decision]]:
    """The decisions of the rows that were edited. A new label alone means to relabel; without one nothing is."""
    found = []
    changed = (before[["Decision", "New label"]].fillna("") != after[["Decision", "New label"]].fillna("")).any(axis=1)
    for place in changed[changed].index:
        action, label = (str(after[name].iloc[place] or "") for name in ("Decision", "New label"))
        if label and action in (UNDECIDED, "relabel"):
            action = "relabel"
        elif action == "relabel":
            label = str(work["suggested"].iloc[place])
            if not label or (dataset.classes and label not in dataset.classes):
                continue
        row, check = int(work["row"].iloc[place]), str(work["check"].iloc[place])
        document = str(work["document"].iloc[place]) if label == work["suggested"].iloc[place] else ""
        found.append((row, decisions.decided(dataset, row, action or "undecided", label, check, document)))
    return found


def _same(one: Decision, other: Decision | None) -> bool:
    """Whether a decision is the one that stands already."""
    if other is None:
        return one.action == "undecided"
    return (one.action, one.label) == (other.action, other.label)


def _item(dataset: Dataset, row: int) -> str:
    item = dataset.items.iloc[row]
    if kind_row(dataset.kind).modality == "text":
        return wording.short(str(item["text"]), CHARACTERS)
    png = thumbnail(str(item["path"]), dataset.pixel_range, SIDE_PX)
    return "" if png is None else gallery.source(png)
