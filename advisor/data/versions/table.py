"""Decisions as a table: to be looked through and edited anywhere, and read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from advisor.core import storage
from advisor.core.errors import DatasetError
from advisor.core.records import ACTIONS, Dataset, Decision
from advisor.core.shown import without_formula
from advisor.core.wording import counted, listed
from advisor.data.versions.decisions import Standing, decided
from advisor.data.versions.label_words import label_words

COLUMNS = ("key", "part", "label", "decision", "new_label", "check", "digest")
#: Of questions alone: the document that holds the answer.
DOCUMENT = "new_document"


def table(dataset: Dataset, held: Standing) -> pd.DataFrame:
    """One row per decision: key, part, label, decision, new_label, check, digest; of questions also new_document."""
    items = dataset.items
    rows = [
        {
            "key": one.key, "part": items["part"].iloc[row], "label": label_words(dataset, row),
            "decision": one.action, "new_label": one.label, "check": one.check, "digest": one.digest,
            DOCUMENT: one.document,
        }
        for row, one in held.by_row.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[*COLUMNS, *([] if dataset.classes else [DOCUMENT])])


def to_csv(rows: pd.DataFrame) -> str:
    """The table as CSV; no cell can be read as a formula (`read` takes the mark off again)."""
    return rows.map(lambda cell: without_formula(str(cell))).to_csv(index=False, lineterminator="\n")


def save(rows: pd.DataFrame, path: Path) -> Path:
    """Write the table, atomically. Raises StorageError."""
    path = path.expanduser()
    storage.write_bytes(path, to_csv(rows).encode("utf-8", "replace"))
    return path


def read(dataset: Dataset, path: Path) -> list[Decision]:
    """The decisions of a CSV file with the columns key and decision, and new_label where items are relabelled.

    A row without a decision is left undecided. Questions may have a new_document. Raises DatasetError naming the line
    and the cause, StorageError.
    """
    try:
        text = storage.read_bytes(path.expanduser()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as CSV in UTF-8 ({error}). Save it so.") from error
    if not rows or not {"key", "decision"} <= set(rows[0]):
        columns = listed(name for name in (rows[0] if rows else []) if name) or "no column"
        raise DatasetError(f"{path} needs the columns key and decision; it has {columns}.")
    places = _places(dataset)
    decisions = [_of(dataset, places, row, f"{path}, line {line}") for line, row in enumerate(rows, start=2)]
    return [one for one in decisions if one is not None]


def given(dataset: Dataset, decisions: Mapping[str, str | None] | str | Path | None) -> list[Decision]:
    """Decisions as Python gives them: the class of an item by its key, None to drop it; or a file, see `read`."""
    if decisions is None:
        return []
    if isinstance(decisions, (str, Path)):
        return read(dataset, Path(decisions))
    places = _places(dataset)
    return [
        decided(dataset, _row(dataset, places, key), "drop" if label is None else "relabel", label or "")
        for key, label in decisions.items()
    ]


def _row(dataset: Dataset, places: dict[str, list[int]], key: str) -> int:
    """The one item with this key. Raises DatasetError."""
    rows = places.get(key, [])
    if len(rows) != 1:
        what = "no item" if not rows else counted(len(rows), "item")
        raise DatasetError(f"{dataset.name} has {what} called {key!r}. Take keys from its table of items.")
    return rows[0]


def _places(dataset: Dataset) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for row, key in enumerate(dataset.items["key"]):
        places.setdefault(str(key), []).append(row)
    return places


def _of(dataset: Dataset, places: dict[str, list[int]], row: dict[str, str | None], where: str) -> Decision | None:
    cells = {name: _own(cell) for name, cell in row.items() if isinstance(name, str)}
    action = cells["decision"].lower()
    if not action:
        return None
    if action not in ACTIONS:
        raise DatasetError(f"{where}: {action!r} is no decision. Write one of {', '.join(ACTIONS)}, or nothing.")
    label = cells.get("new_label", "")
    try:
        row_number, document = _row(dataset, places, cells["key"]), cells.get(DOCUMENT, "")
        return decided(dataset, row_number, action, label, cells.get("check", ""), document)
    except DatasetError as error:
        raise DatasetError(f"{where}: {error}") from error


def _own(cell: str | None) -> str:
    """A cell without the mark of `without_formula`."""
    text = cell or ""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text
