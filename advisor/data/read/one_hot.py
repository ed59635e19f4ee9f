"""Labels spread over columns of zeros and ones, one column for each class."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from advisor.core.records import ReadOptions
from advisor.core.wording import counted, listed
from advisor.data.read.column_values import NO, YES, are_measurements, is_number, look_like_labels, may_be_labels
from advisor.data.read.columns import CIRCUMSTANCES, FLAGS, OUTCOMES, all_by_name, label_names, plain, same_column
from advisor.data.read.part_tables import PartTable
from advisor.data.read.tables import Table

#: In so many rows exactly one column is 1 where each row has one class.
MIN_SINGLE = 0.95
#: Fewer columns that are no such set are flags, and no several labels.
MIN_SEVERAL = 3
#: What the names of one-hot columns of a label may begin with.
_LABEL_PREFIXES = frozenset([*label_names(), "is", "has"])
#: The cell of a row that has none of several labels.
NONE = "[]"
#: Beyond so many columns only whole sets are looked at, and not each stretch of them.
MAX_STRETCH = 60


def with_one_hot(
    parts: list[PartTable], rule: PartTable, options: ReadOptions
) -> tuple[list[PartTable], ReadOptions, str]:
    """(the tables with one column of labels instead, options that name it, the columns of the set in words).

    All as given, and "", where the training table has a column of labels or no such set. A row in which several
    columns are 1 gets a list of their names (`advisor.data.read.label_cells` decides).
    """
    columns = _set_of_columns(rule, options)
    if not columns:
        return parts, options, ""
    prefix = _prefix(columns)
    name = re.sub(r"[\W_]+$", "", prefix) or "class"
    while name in map(str, rule.table.frame.columns):
        name += " (one-hot)"
    several = _are_several(rule.table, columns)
    changed = [replace(part, table=_one_column(part.table, columns, len(prefix), name, several)) for part in parts]
    return changed, options.model_copy(update={"label_column": name}), f"the columns {listed(columns)}"


def without_a_one(tables: Iterable[Table], label: str) -> list[str]:
    """A sentence on the rows in which none of the columns is 1. label: the column that `with_one_hot` made."""
    n = sum(int(table.frame[label].isin(["", NONE]).sum()) for table in tables if label in table.frame)
    if not n:
        return []
    return [
        f"In {counted(n, 'row')} no column holds a 1, so {'it has' if n == 1 else 'they have'} no label. To make "
        f"{'it' if n == 1 else 'them'} a class, add a column, such as none, that holds a 1 in "
        f"{'this row' if n == 1 else 'these rows'}."
    ]


def _set_of_columns(rule: PartTable, options: ReadOptions) -> list[str]:
    """The columns of one set: those named, else those that sum to one; [] where there is none or another label."""
    table = rule.table
    named = _named(table, options.label_column)
    if options.label_column:
        return named
    frame = table.frame[[c for c in table.frame.columns if c in rule.label_columns or not rule.label_columns]]
    frame = frame[[c for c in frame.columns if c not in table.nested]]
    binary = [str(c) for c in frame.columns if _is_binary(frame[c]) and plain(str(c)) not in FLAGS]
    called = [c for c in all_by_name(table, label_names(), set()) if c in frame]
    called = [c for c in called if may_be_labels(frame[c]) or are_measurements(frame[c])]
    if len(binary) < 2 or not set(called) <= set(binary):
        return []
    ones = np.stack([frame[c].str.lower().isin(YES).to_numpy() for c in binary], axis=1)
    others = [c for c in frame.columns if c not in binary and look_like_labels(frame[c]) and not is_number(frame[c])]
    for chosen in _sets(binary):
        marks = ones[:, chosen]
        names = [binary[i] for i in chosen]
        if (marks.sum(axis=1) == 1).mean() < MIN_SINGLE or marks.any(axis=0).sum() < 2:
            continue
        if not called and _describe(names, [c for c in binary if c not in names], others):
            return []
        if called:  # a column called like labels is one class among others, or the label itself
            return names if len(names) > 2 and set(called) <= set(names) else []
        return names if len(names) > 2 or not others else []
    alike = len({is_number(frame[c]) for c in binary}) == 1
    several = not called and alike and len(binary) >= MIN_SEVERAL and not others and (ones.sum(axis=1) > 1).any()
    return binary if several else []


def _describe(names: list[str], flags: list[str], others: list[str]) -> bool:
    """Whether one-hot columns describe the items of another label.

    They do beside a flag that is called like an outcome, such as spam, and where their names begin with what is no
    label (`lang_en`, `lang_fr`) beside a column of names that is no circumstance. flags, others: the columns outside
    the set, of zeros and ones or of names.
    """
    if any(plain(c) in OUTCOMES for c in flags):
        return True
    prefix = plain(_prefix(names))
    return bool(prefix) and prefix not in _LABEL_PREFIXES and any(plain(c) not in CIRCUMSTANCES for c in others)


def _named(table: Table, wanted: str | None) -> list[str]:
    """The columns that a user named, apart by commas; [] for a single one."""
    names = [same_column(table, one.strip()) for one in (wanted or "").split(",")]
    return [name for name in names if name] if len(names) > 1 and all(names) else []


def _sets(binary: list[str]) -> Iterable[list[int]]:
    """Positions of columns that may belong together: all, those with one beginning, then every stretch of them."""
    n = len(binary)
    yield list(range(n))
    beginnings: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(binary):
        if found := re.match(r"(.+?)[_.:/ -]", name):
            beginnings[found[1]].append(i)
    yield from (rows for rows in beginnings.values() if 1 < len(rows) < n)
    if n <= MAX_STRETCH:
        for length in range(n - 1, 1, -1):
            yield from (list(range(start, start + length)) for start in range(n - length + 1))


def _is_binary(values: pd.Series) -> bool:
    if not set(values.head(50).str.lower()) <= YES | NO | {""}:  # spares looking at every cell of a column of texts
        return False
    distinct = set(values.str.lower().unique())
    return distinct <= YES | NO | {""} and distinct != {""}


def _prefix(columns: list[str]) -> str:
    """What all names begin with, up to a sign: `label_` of `label_cat` and `label_dog`."""
    found = re.match(r".+?[_.:/ -]", columns[0])
    start = found[0] if found else ""
    return start if start and all(c.startswith(start) and len(c) > len(start) for c in columns) else ""


def _are_several(table: Table, columns: list[str]) -> bool:
    """Whether the rows of the set do not sum to one: a row may have several labels, or none of them."""
    own = [same_column(table, column) for column in columns]
    ones = np.stack([table.frame[c].str.lower().isin(YES).to_numpy(int) for c in own if c], axis=1).sum(axis=1)
    return bool((ones > 1).any()) and float((ones == 1).mean()) < MIN_SINGLE


def _one_column(table: Table, columns: list[str], n_prefix: int, name: str, several: bool) -> Table:
    """The table with one column in place of the set; as it is where it lacks some of them.

    several: a row without a 1 has none of the labels, which is said of it (`NONE`), unless all of its cells are empty.
    """
    own = [same_column(table, column) for column in columns]
    if not all(own):
        return table
    ones = np.stack([table.frame[c].str.lower().isin(YES).to_numpy() for c in own], axis=1)
    classes = np.array([column[n_prefix:] for column in columns], dtype=object)
    said = np.stack([table.frame[c].ne("").to_numpy() for c in own], axis=1).sum(axis=1) > 0
    cells = [
        NONE if several and some and not marks.any() else _cell(classes[marks].tolist())
        for marks, some in zip(ones, said.tolist(), strict=True)
    ]
    frame = table.frame.drop(columns=[str(c) for c in own])
    frame[name] = pd.Series(cells, index=frame.index, dtype=object)
    return replace(table, frame=frame)


def _cell(names: list[str]) -> str:
    if len(names) > 1:
        return json.dumps(names, ensure_ascii=False)
    return names[0] if names else ""
