"""Several tables that are the parts or shards of one dataset: the columns of the training table hold for all of them.

A table that chose its own would take the labels of a test part without labels from any column that looks like some.
A table that lacks the column of labels is unlabelled instead: its rows are counted and set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Kind, ReadOptions, SetAside
from advisor.core.wording import counted
from advisor.data.read.columns import LABEL_NAMES, Columns, by_name, names_parts, same_column
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.names import part_inside
from advisor.data.read.table_rows import keys_of
from advisor.data.read.tables import Table, read_table

#: Whose columns hold for the others: those of the first part that is there ("" is one without a name).
PART_ORDER = ("train", "", "val", "test", "ood")


@dataclass(frozen=True)
class PartTable:
    """One of the tables read together. ``part``: the one its file name tells, or ""; ``prefix`` starts its keys."""

    file: str
    table: Table
    part: str
    prefix: str


def stem_of(file: str) -> str:
    """A file's name without folders and endings.

    >>> stem_of("data/train-00000-of-00002.csv.gz")
    'train-00000-of-00002'
    """
    return file.rsplit("/", 1)[-1].split(".")[0]


def part_of(file: str) -> str:
    """The part that a file's name tells, "" where it tells none or all.

    >>> part_of("data/my_test.csv"), part_of("all.csv"), part_of("labels.csv")
    ('test', '', '')
    """
    part = part_inside(stem_of(file)) or ""
    return "" if part == "all" else part


def read_parts(root: Path, files: Iterable[str]) -> list[PartTable]:
    """Read the tables; raises DatasetError where one cannot be read."""
    names = list(files)
    several = len(names) > 1
    return [
        PartTable(file, read_table(root / file), part_of(file) if several else "", f"{file} " if several else "")
        for file in names
    ]


def split_submissions(files: list[str]) -> tuple[list[str], list[str]]:
    """(tables of items, sample submissions): in a competition's folder the latter hold ids with made-up labels.

    >>> split_submissions(["sample_submission.csv", "test.csv", "train.csv"])
    (['test.csv', 'train.csv'], ['sample_submission.csv'])
    """
    submissions = [f for f in files if re.search("submission|submit", stem_of(f), re.IGNORECASE)]
    if not submissions or not any(part_of(f) == "train" or _holds_labels(f) for f in files if f not in submissions):
        return files, []
    return [f for f in files if f not in submissions], submissions


def _holds_labels(file: str) -> bool:
    """Whether a file is called labels, as the training table of some competitions is."""
    return "label" in stem_of(file).lower()


def training_table(parts: list[PartTable], options: ReadOptions) -> PartTable:
    """The table whose columns hold for all: of the training part, and one with a column called like labels."""

    def rank(part: PartTable) -> tuple[int, bool]:
        wanted = options.label_column
        label = same_column(part.table, wanted) if wanted else by_name(part.table, LABEL_NAMES, set())
        return PART_ORDER.index(part.part), label is None

    return min(parts, key=rank)


def target_of(rule: PartTable, parts: list[PartTable], root: Path, submissions: list[str]) -> str | None:
    """The column that the sample submission asks for: the training table has it, and some other part has not."""
    others = [part.table for part in parts if part is not rule]
    for file in submissions:
        try:
            submission = read_table(root / file)
        except DatasetError:
            continue
        columns = [c for c in map(str, rule.table.frame.columns) if same_column(submission, c) is not None]
        wanted = [c for c in columns if any(same_column(table, c) is None for table in others)]
        if len(wanted) == 1:
            return wanted[0]
    return None


def common_columns(rule: PartTable, parts: list[PartTable]) -> frozenset[str]:
    """The columns of the training table that every other table has too."""
    others = [part.table for part in parts if part is not rule]
    names = map(str, rule.table.frame.columns)
    return frozenset(name for name in names if all(same_column(table, name) is not None for table in others))


def missing_column(rule: PartTable, part: PartTable, columns: Columns) -> tuple[str, bool]:
    """(what a table lacks of the training table's columns, whether that is the labels); ("", False) for nothing."""
    if part is rule:
        return "", False
    numbered = re.fullmatch(r"column \d+", columns.label) is not None
    if numbered and list(part.table.frame.columns) != list(rule.table.frame.columns):
        return f"{part.file} has no header and other columns than {rule.file}", True
    item = columns.text or columns.path or ""
    if same_column(part.table, item) is None:
        return f"{part.file} has no column {item}", False
    label = same_column(part.table, columns.label)
    if label is None:
        return f"{part.file} has no column {columns.label}", True
    return (f"The column {label} of {part.file} is empty", True) if not any(part.table.frame[label]) else ("", False)


def columns_in(table: Table, columns: Columns, options: ReadOptions) -> Columns:
    """The training table's columns under the names that they have in `table`, which has items and labels."""
    split = same_column(table, columns.split) if columns.split else None
    if split and not options.split_column and not names_parts(table.frame[split]):
        split = None
    return replace(
        columns,
        label=same_column(table, columns.label) or columns.label,
        text=same_column(table, columns.text) if columns.text else None,
        path=same_column(table, columns.path) if columns.path else None,
        split=split,
        group=same_column(table, columns.group) if columns.group else None,
    )


def unused(part: PartTable, kind: Kind, why: str, unlabelled: bool) -> Listing:
    """The listing of a table of which no row can be used; `why` is a clause without its full stop."""
    row = kind_row(kind)
    items = item_table([], [], [], [], [], row.column, [])
    reason = f"{why}, so the row has no {row.label}." if unlabelled else f"{why}."
    aside = [SetAside(key=key, reason=reason) for key in keys_of(part.table, part.prefix)]
    aside += [SetAside(key=part.prefix + entry.key, reason=entry.reason) for entry in part.table.set_aside]
    rows = counted(len(part.table.frame), "row")
    note = f"{why}, so it {f'has no {row.label}s' if unlabelled else 'is not read'}: {rows} set aside."
    return Listing(kind, part.table.path.parent, items, aside, [note])
