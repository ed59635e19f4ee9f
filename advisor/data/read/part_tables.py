"""Several tables that are the parts or shards of one dataset: the columns of the training table hold for all of them.

A table that chose its own would take the labels of a test part without labels from any column that looks like some.
A table that lacks the column of labels is unlabelled instead: its rows are counted and set aside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Kind, ReadOptions, SetAside
from advisor.core.wording import counted
from advisor.data.read.column_values import look_like_labels, names_parts
from advisor.data.read.columns import FLAGS, LABEL_NAMES, SURE_NAMES, Columns, by_name, plain, same_column
from advisor.data.read.label_sets import Labels
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.names import part_inside, part_name, suffix
from advisor.data.read.table_rows import keys_of
from advisor.data.read.tables import Table, read_table

#: Whose columns hold for the others: those of the first part that is there ("" is one without a name).
PART_ORDER = ("train", "", "val", "test", "ood")


@dataclass(frozen=True)
class PartTable:
    """One of the tables read together. ``part``: the one its name or folder tells, or ""; ``prefix`` starts its keys.

    ``label_columns``: those that come from the table of labels beside it, `labels_file`. ``labels``: once they have
    been read.
    """

    file: str
    table: Table
    part: str
    prefix: str
    label_columns: frozenset[str] = frozenset()
    labels_file: str = ""
    labels: Labels | None = None


def stem_of(file: str) -> str:
    """A file's name without folders and endings.

    >>> stem_of("data/train-00000-of-00002.csv.gz")
    'train-00000-of-00002'
    """
    return file.rsplit("/", 1)[-1].split(".")[0]


def part_of(file: str) -> str:
    """The part that a file's name tells, else the folder nearest to it; "" where none does, or it is all.

    >>> part_of("data/my_test.csv"), part_of("test/labels.csv"), part_of("cooking.train"), part_of("labels.csv")
    ('test', 'test', 'train', '')
    """
    folders = list(reversed(file.split("/")[:-1]))
    part = (
        part_inside(stem_of(file)) or part_name(suffix(file)[1:]) or next(filter(None, map(part_name, folders)), None)
    )
    part = part or next(filter(None, map(part_inside, folders)), "")
    return "" if part == "all" else part


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
        return PART_ORDER.index(part.part), label is None and not part.label_columns

    return min(parts, key=rank)


def target_of(rule: PartTable, parts: list[PartTable], root: Path, submissions: list[str]) -> str | None:
    """The column that only training tables have: the one that the sample submission asks for, or the only such one.

    Without a submission a column called label, target or y in every table is the label, whatever another lacks.
    """
    others = [part.table for part in parts if part.part != rule.part]
    names = [str(c) for c in rule.table.frame.columns]
    lacking = [c for c in names if any(same_column(table, c) is None for table in others)]
    for file in submissions:
        try:
            submission = read_table(root / file)
        except DatasetError:
            continue
        wanted = [c for c in lacking if same_column(submission, c) is not None]
        if len(wanted) == 1:
            return wanted[0]
    called = by_name(rule.table, list(LABEL_NAMES), set())
    unsure = called is None or (called not in lacking and plain(called) not in SURE_NAMES)
    if unsure and len(lacking) == 1 and look_like_labels(rule.table.frame[lacking[0]]):
        return lacking[0]
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
    for item in (*columns.texts, *filter(None, [columns.path])):
        if same_column(part.table, item) is None:
            return f"{part.file} has no column {item}", False
    label = same_column(part.table, columns.label)
    if label is None:
        return f"{part.file} has no {'columns of labels' if columns.labels_from else f'column {columns.label}'}", True
    return (f"The column {label} of {part.file} is empty", True) if not any(part.table.frame[label]) else ("", False)


def columns_in(table: Table, columns: Columns, options: ReadOptions) -> Columns:
    """The training table's columns under the names that they have in `table`, which has items and labels."""
    split = same_column(table, columns.split) if columns.split else None
    if split and not options.split_column and not (names_parts(table.frame[split]) or plain(split) in FLAGS):
        split = None
    return replace(
        columns,
        label=same_column(table, columns.label) or columns.label,
        text=(same_column(table, columns.text) or columns.text) if columns.text else None,
        more_texts=tuple(same_column(table, one) or one for one in columns.more_texts),
        path=same_column(table, columns.path) if columns.path else None,
        split=split,
        group=same_column(table, columns.group) if columns.group else None,
    )


def unused(
    part: PartTable, kind: Kind, why: str, unlabelled: bool, item_of: Callable[[int], str | None] | None = None
) -> Listing:
    """The listing of a table of which no row can be used; `why` is a clause without its full stop.

    item_of: the text or the image's path of a row of its frame, None or "" where there is none; such items of a table
    without labels are kept as unlabelled.
    """
    row = kind_row(kind)
    items = item_table([], [], [], [], [], row.column, [])
    reason = f"{why}, so the row has no {row.label}." if unlabelled else f"{why}."
    keys = keys_of(part.table, part.prefix)
    aside = [SetAside(key=key, reason=reason) for key in keys]
    aside += [SetAside(key=part.prefix + entry.key, reason=entry.reason) for entry in part.table.set_aside]
    rows = counted(len(part.table.frame), "row")
    note = f"{why}, so it {f'has no {row.label}s' if unlabelled else 'is not read'}: {rows} set aside."
    listing = Listing(kind, part.table.path.parent, items, aside, [note])
    if unlabelled and item_of is not None:
        kept = [(key, item) for i, key in enumerate(keys) if (item := item_of(i))]
        listing.unlabelled = pd.DataFrame(kept, columns=["key", row.column], dtype=object)
    return listing
