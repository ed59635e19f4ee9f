"""A part's table brought under the training table's columns: where it has no header, or calls a column otherwise."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from advisor.data.read.column_values import are_texts, filled, is_number
from advisor.data.read.columns import Columns, in_words, same_column
from advisor.data.read.label_tables import header_as_row
from advisor.data.read.part_tables import PartTable

#: So many of a column's filled cells must be labels of the training table where no name says that it holds them.
MIN_KNOWN = 0.8


def aligned(rule: PartTable, part: PartTable, columns: Columns) -> PartTable:
    """The part's table with the training table's names, where its own columns show what they are."""
    if part is rule:
        return part
    mine, theirs = _names(part), _names(rule)
    if not any(same_column(part.table, name) for name in theirs) or _numbered(mine):
        return _without_header(rule, part, columns)
    part = _renamed_item(part, columns, theirs)
    return _renamed_label(rule, part, columns, theirs)


def _names(part: PartTable) -> list[str]:
    return [str(c) for c in part.table.frame.columns]


def _numbered(names: list[str]) -> bool:
    return all(re.fullmatch(r"column \d+", name) for name in names)


def _without_header(rule: PartTable, part: PartTable, columns: Columns) -> PartTable:
    """Columns by their place: all of the training table's, or all but that of the labels."""
    mine, theirs = _names(part), _names(rule)
    if mine == theirs:
        return part
    table = part.table if _numbered(mine) else header_as_row(part.table)
    unlabelled = [name for name in theirs if name != columns.label]
    item = columns.text or columns.path or ""
    for names in (theirs, unlabelled):
        if len(names) != len(mine) or item not in names:
            continue
        frame = table.frame.set_axis(names, axis=1)
        fits = names is unlabelled or _known(frame[columns.label], rule.table.frame[columns.label])
        if fits and is_number(frame[item]) == is_number(rule.table.frame[item]):
            note = f"{part.file} has no header, so its columns are those of {rule.file} by their place."
            notes = [n for n in table.notes if not n.startswith("The first row holds data")]
            return replace(part, table=replace(table, frame=frame, notes=[*notes, note]))
    return part


def _known(cells: pd.Series, labels: pd.Series) -> bool:
    """Whether the filled cells are mostly among the labels."""
    some = filled(cells)
    return bool(len(some)) and float(some.isin(set(filled(labels))).mean()) >= MIN_KNOWN


def _renamed_item(part: PartTable, columns: Columns, theirs: list[str]) -> PartTable:
    """The only column of texts that the training table does not have, where its own is missing."""
    if columns.text is None or columns.more_texts or same_column(part.table, columns.text):
        return part
    frame = part.table.frame
    others = [c for c in _names(part) if c not in theirs and are_texts(frame[c])]
    return _renamed(part, others[0], columns.text, "texts") if len(others) == 1 else part


def _renamed_label(rule: PartTable, part: PartTable, columns: Columns, theirs: list[str]) -> PartTable:
    """The only column of labels that the training table knows and has under another name."""
    if same_column(part.table, columns.label):
        return part
    mine = [c for c in _names(part) if all(same_column(part.table, name) != c for name in theirs)]
    known = set(filled(rule.table.frame[columns.label]))
    frame = part.table.frame
    others = [c for c in mine if len(filled(frame[c])) and set(filled(frame[c])) <= known]
    return _renamed(part, others[0], columns.label, "labels") if len(others) == 1 else part


def _renamed(part: PartTable, old: str, new: str, what: str) -> PartTable:
    note = f"{part.file} has the {what} in {in_words(old)}."
    table = part.table
    frame = table.frame.rename(columns={old: new})
    return replace(part, table=replace(table, frame=frame, notes=[*table.notes, note]))
