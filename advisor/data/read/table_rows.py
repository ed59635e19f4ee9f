"""What image tables and text tables share: keys, parts and groups of a table's rows."""

from __future__ import annotations

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.wording import capital, counted, listed
from advisor.data.read.column_values import YES, are_flags, names_parts
from advisor.data.read.columns import FLAGS, in_words, plain
from advisor.data.read.names import part_inside, part_name
from advisor.data.read.path_parts import NO_FOLDERS, FolderParts
from advisor.data.read.tables import Table


def keys_of(table: Table, prefix: str = "") -> list[str]:
    """``row 17``, or ``test.csv row 17`` where several files are read together."""
    return [f"{prefix}row {row}" for row in table.rows]


def parts_of(
    table: Table, split: str | None, file_part: str, by_user: bool, by_folder: FolderParts = NO_FOLDERS
) -> tuple[list[str], pd.Series, list[str]]:
    """(parts, reasons, notes) of the rows: from the split column, else by the folders in their paths or their file.

    reasons is "" for a usable row. by_user: the user named the column; then its values must name parts.
    """
    empty = pd.Series("", index=table.frame.index, dtype=object)
    notes = []
    if split is not None:
        values = table.frame[split]
        filled = values[values != ""]
        if len(filled):
            return _parts_in(table, split, by_user)
        notes = [f"The {in_words(split)} is empty, so there is no official split."]
    if by_folder.parts is not None and not file_part:
        return by_folder.parts, empty, by_folder.notes
    return [file_part] * len(table.frame), empty, notes + by_folder.notes


def _parts_in(table: Table, split: str, by_user: bool) -> tuple[list[str], pd.Series, list[str]]:
    values = table.frame[split]
    if by_user and not names_parts(values) and not (plain(split) in FLAGS and are_flags(values)):
        raise DatasetError(
            f"The {in_words(split)} of {table.path} holds {listed(sorted(set(values[values != ''])), 4)}, which "
            f"name no parts. Its values must be train, val and test."
        )
    flagged = FLAGS.get(plain(split))
    if flagged and not names_parts(values):
        other = "train" if flagged != "train" else "test"
        values = values.map(lambda v: "" if not v else flagged if v.lower() in YES else other)
    names = values.map(lambda v: part_name(v) or part_inside(v))
    unknown = names.isna() & (values != "")
    reasons = pd.Series("", index=table.frame.index, dtype=object)
    reasons = reasons.mask(unknown, values.map(lambda v: f"Its split {v!r} is not train, val, test or ood."))
    notes = [f"Official split from {in_words(split)}."]
    if unknown.any():
        notes.append(f"{counted(int(unknown.sum()), 'row')} with another split value set aside.")
    return ["" if p in (None, "all") or pd.isna(p) else str(p) for p in names], reasons, notes


def groups_of(table: Table, group: str | None) -> tuple[list[str | None], list[str]]:
    """(groups, notes) of the rows; an empty cell is no group."""
    if group is None or not (table.frame[group] != "").any():
        return [None] * len(table.frame), []
    values = [value or None for value in table.frame[group]]
    return values, [f"{capital(in_words(group))} keeps related items together."]


def first_reason(*reasons: pd.Series) -> pd.Series:
    """The first reason that is not "", row by row."""
    result = reasons[0].astype(object)
    for more in reasons[1:]:
        result = result.where(result != "", more)
    return result
