"""What image tables and text tables share: keys, labels, parts and groups of a table's rows."""

from __future__ import annotations

import unicodedata

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.wording import counted, listed
from advisor.data.read.columns import names_parts
from advisor.data.read.names import part_inside, part_name
from advisor.data.read.tables import Table


def keys_of(table: Table, prefix: str = "") -> list[str]:
    """``row 17``, or ``test.csv row 17`` where several files are read together."""
    return [f"{prefix}row {row}" for row in table.rows]


def labels_of(values: pd.Series) -> pd.Series:
    """Labels in one Unicode form, inner whitespace as single spaces; "" stays missing."""
    return values.map(lambda v: " ".join(unicodedata.normalize("NFC", v).split()))


def parts_of(table: Table, split: str | None, file_part: str, by_user: bool) -> tuple[list[str], pd.Series, list[str]]:
    """(parts, reasons, notes) of the rows: from the split column, else the part its file is named for.

    reasons is "" for a usable row. by_user: the user named the column; then its values must name parts.
    """
    empty = pd.Series("", index=table.frame.index, dtype=object)
    if split is None:
        return [file_part] * len(table.frame), empty, []
    values = table.frame[split]
    filled = values[values != ""]
    if not len(filled):
        return [file_part] * len(values), empty, [f"The split column {split} is empty, so there is no official split."]
    if by_user and not names_parts(values):
        raise DatasetError(
            f"The column {split} of {table.path} holds {listed(sorted(set(filled)), 4)}, which name no parts. "
            f"Its values must be train, val and test."
        )
    names = values.map(lambda v: part_name(v) or part_inside(v))
    unknown = names.isna() & (values != "")
    reasons = empty.mask(unknown, values.map(lambda v: f"Its split {v!r} is not train, val, test or ood."))
    notes = [f"Official split from column {split}."]
    if unknown.any():
        notes.append(f"{counted(int(unknown.sum()), 'row')} with another split value set aside.")
    return ["" if p in (None, "all") or pd.isna(p) else str(p) for p in names], reasons, notes


def groups_of(table: Table, group: str | None) -> tuple[list[str | None], list[str]]:
    """(groups, notes) of the rows; an empty cell is no group."""
    if group is None or not (table.frame[group] != "").any():
        return [None] * len(table.frame), []
    values = [value or None for value in table.frame[group]]
    return values, [f"Column {group} keeps related items together."]


def first_reason(*reasons: pd.Series) -> pd.Series:
    """The first reason that is not "", row by row."""
    result = reasons[0].astype(object)
    for more in reasons[1:]:
        result = result.where(result != "", more)
    return result
