"""Labels in a table of their own: `train_values.csv` with `train_labels.csv`, `X_train.csv` with `y_train.csv`.

They are joined by a column of ids that both have, or row by row where their names belong together and their lengths
are the same. A table of labels names its items by an id or not at all; one with texts or images is a table of items.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import counted
from advisor.data.read.column_values import are_texts, filled
from advisor.data.read.columns import in_words, same_column
from advisor.data.read.names import IMAGE_SUFFIXES, part_name, suffix, words_of
from advisor.data.read.part_tables import part_of, stem_of
from advisor.data.read.tables import Table, read_table

_LABELS = frozenset("label labels y target targets gold solution solutions truth groundtruth gt answers".split())
_ITEMS = frozenset("value values feature features x data text texts input inputs items".split())
#: So many of the items must have their id in the table of labels.
MIN_MATCHED = 0.5


def label_pairs(root: Path, files: Sequence[str]) -> dict[str, str]:
    """Table of items → its table of labels. Raises DatasetError where two belong together and do not match."""
    pairs: dict[str, str] = {}
    for file in files:
        rest = [other for other in files if other != file and other not in pairs and not _is_labels(other)]
        partners = sorted((other for other in rest if part_of(other) == part_of(file)), key=lambda f: _far(f, file))
        if not _is_labels(file) or not partners:
            continue
        labels = _read(root / file)
        if labels is None or _has_items(labels):
            continue
        for partner in partners:
            items = _read(root / partner)
            if items is not None and _belongs(items, labels, partner, file):
                pairs[partner] = file
                break
    return pairs


def joined(items: Table, labels: Table, labels_file: str) -> tuple[Table, frozenset[str]]:
    """(the items with the columns of their labels, the names of these columns).

    Raises DatasetError where the tables share no column of ids and have different lengths.
    """
    key = _key(items, labels)
    if key is None:
        return _row_by_row(items, labels, labels_file)
    mine, theirs = key
    columns = [str(c) for c in labels.frame.columns if c != theirs]
    frame = items.frame.copy()
    for column in columns:
        frame[column] = frame[mine].map(_by_id(labels.frame, theirs, column)).fillna("").astype(object)
    n_lost = int((~labels.frame[theirs].isin(set(frame[mine]))).sum())
    lost = f" {counted(n_lost, 'label')} of it name no row." if n_lost else ""
    note = f"Labels from {labels_file}, joined by {in_words(mine)}.{lost}"
    return replace(items, frame=frame, notes=[note, *items.notes, *labels.notes]), frozenset(columns)


def header_as_row(table: Table) -> Table:
    """The table whose header was its first row; its columns are called by their numbers."""
    header = [str(c) for c in table.frame.columns]
    names = [f"column {i}" for i in range(1, len(header) + 1)]
    first = pd.DataFrame([header], columns=names, dtype=object)
    body = table.frame.set_axis(names, axis=1)
    aside = [SetAside(key=_shifted(entry.key), reason=entry.reason) for entry in table.set_aside]
    frame = pd.concat([first, body], ignore_index=True).astype(object)
    return replace(table, frame=frame, rows=[1, *(row + 1 for row in table.rows)], set_aside=aside)


def _shifted(key: str) -> str:
    number = key.removeprefix("row ")
    return f"row {int(number) + 1}" if number.isdigit() else key


def _is_labels(file: str) -> bool:
    return bool(_LABELS & set(words_of(stem_of(file))))


def _far(file: str, other: str) -> tuple[bool, bool, str]:
    """Sorting key: a table called like items first, then one in the same folder."""
    called = bool(_ITEMS & set(words_of(stem_of(file))))
    return not called, file.rpartition("/")[0] != other.rpartition("/")[0], file


def _read(path: Path) -> Table | None:
    try:
        return read_table(path)
    except DatasetError:
        return None


def _has_items(table: Table) -> bool:
    """Whether a table holds texts or names image files."""
    for column in table.frame.columns:
        cells = filled(table.frame[column]).head(500)
        if are_texts(cells) or (len(cells) and float(cells.map(suffix).isin(IMAGE_SUFFIXES).mean()) >= 0.8):
            return True
    return False


def _belongs(items: Table, labels: Table, items_file: str, labels_file: str) -> bool:
    """Whether a table's labels stand in the other: by a column of ids, or by their names and lengths."""
    called = _names_say_so(items_file, labels_file)
    if not _has_items(items) and not (called and _ITEMS & set(words_of(stem_of(items_file)))):
        return False
    if _key(items, labels) is not None:
        return True
    if not called or len(labels.frame.columns) > len(items.frame.columns) + 1:
        return False
    if len(_lifted(items, labels).frame) == len(labels.frame):
        return True
    if not _ITEMS & set(words_of(stem_of(items_file))):
        return False
    raise DatasetError(_no_match(items, labels))


def _names_say_so(items_file: str, labels_file: str) -> bool:
    """Whether two file names differ only in the words for items, labels and the part."""
    plain = [
        [word for word in words_of(stem_of(file)) if word not in _LABELS | _ITEMS and part_name(word) is None]
        for file in (items_file, labels_file)
    ]
    return plain[0] == plain[1]


def _key(items: Table, labels: Table) -> tuple[str, str] | None:
    """The columns of ids in both tables, None where no column that both have names the items one by one."""
    best: tuple[float, str, str] | None = None
    for column in map(str, items.frame.columns):
        other = same_column(labels, column)
        if other is None or len(labels.frame.columns) < 2 or not items.frame[column].is_unique:
            continue
        matched = float(items.frame[column].isin(set(labels.frame[other])).mean())
        if matched >= MIN_MATCHED and (best is None or matched > best[0]):
            best = (matched, column, other)
    return best[1:] if best else None


def _by_id(frame: pd.DataFrame, key: str, column: str) -> dict[str, str]:
    """Id → label; the list of them, as JSON, where an id stands in several rows with different ones."""
    if frame[key].is_unique:
        return dict(zip(frame[key], frame[column], strict=True))
    lists = frame.groupby(key, sort=False)[column].agg(lambda cells: list(dict.fromkeys(filter(None, cells))))
    return {
        str(name): cells[0] if len(cells) == 1 else json.dumps(cells) if cells else "" for name, cells in lists.items()
    }


def _row_by_row(items: Table, labels: Table, labels_file: str) -> tuple[Table, frozenset[str]]:
    items = _lifted(items, labels)
    if len(items.frame) != len(labels.frame) or items.rows != labels.rows:
        raise DatasetError(_no_match(items, labels))
    taken = {str(c) for c in items.frame.columns}
    columns = [str(c) for c in labels.frame.columns]
    columns = [c for c in columns if not _numbers_rows(labels.frame[c])] or columns
    if len(columns) == 1 and columns[0] in taken | {"column 1"}:
        names = {columns[0]: "label" if "label" not in taken else f"label of {labels_file}"}
    else:
        names = {c: c if c not in taken else f"{c} of {labels_file}" for c in columns}
    beside = labels.frame[list(names)].rename(columns=names).set_axis(items.frame.index)
    note = f"Labels from {labels_file}, joined row by row: both tables have {counted(len(items.frame), 'row')}."
    frame = pd.concat([items.frame, beside], axis=1)
    return replace(items, frame=frame, notes=[note, *items.notes, *labels.notes]), frozenset(names.values())


def _lifted(items: Table, labels: Table) -> Table:
    """The items with their header as a row, where the labels have no header and one row more."""
    headless = str(labels.frame.columns[0]) == "column 1"
    return header_as_row(items) if headless and len(items.frame) + 1 == len(labels.frame) else items


def _numbers_rows(values: pd.Series) -> bool:
    """Whether a column counts the rows, as pandas' index does."""
    return values.tolist() in ([str(i) for i in range(len(values))], [str(i + 1) for i in range(len(values))])


def _no_match(items: Table, labels: Table) -> str:
    return (
        f"{items.path} has {counted(len(items.frame), 'row')} and {labels.path} {len(labels.frame):,}, and no column "
        f"of ids is in both, so the labels cannot be matched to the items. Add a column id to both tables."
    )
