"""What is to be predicted, row by row: a table, a folder, an archive, or items by themselves.

Nothing is kept of a row that has passed, so a table of any length takes the same memory.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.batch.columns import item_columns
from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.wording import listed, short
from advisor.data.read.image_table import Finder
from advisor.data.read.names import TEXT_SUFFIX, suffix, table_format
from advisor.data.read.part_tables import part_of
from advisor.data.read.source import Source, resolve
from advisor.data.read.streamed import Row, Streamed, streamed
from advisor.data.read.tables import Table
from advisor.data.read.text_encoding import decode
from advisor.data.read.tree import Tree, walk
from advisor.rungs.saved.inputs import Unusable, name_of
from probes.progress import Progress, silent

#: Rows that are looked at to know which column is which.
N_HEAD = 500
#: Bytes of a file that is one text.
MOST_TEXT_BYTES = 1_000_000
FILE, INPUT = "file", "input"


@dataclass(frozen=True)
class Item:
    """A row: its cells in the order of the columns, and the item in it as a saved model takes it."""

    cells: list[str]
    item: Any


@dataclass(frozen=True)
class Rows:
    """Rows with their items; `items` begins anew at each call.

    ``identity``: what they come from, so that another content under the same name is told apart. ``said``: how they
    were read, for the user.
    """

    columns: list[str]
    n_rows: int
    identity: dict[str, Any]
    items: Callable[[], Iterator[Item]]
    said: list[str] = field(default_factory=list)


def rows_of(
    source: str | Path,
    kind: str,
    column: str | None = None,
    trained_on: Mapping[str, tuple[str, ...]] | None = None,
    progress: Progress = silent,
) -> Rows:
    """The rows of a table, of a folder or an archive: a table in it, or its images or text files, one row for each.

    column: of the items; trained_on: the columns of the model's dataset by their roles. Raises DatasetError where
    there is nothing to predict, ColumnUnclear where nothing tells the column.
    """
    place = resolve(source, progress)
    known = trained_on or {}
    if place.path.is_file():
        return _of_table(place, place.path, None, kind, column, known)
    tree = walk(place.path)
    files = _files(tree, kind)
    tables = [file for file in tree.tables if table_format(file)]
    if files and not (column and tables):
        return _of_files(place, tree, files, kind)
    if len(tables) == 1:
        return _of_table(place, place.path / tables[0], tree, kind, column, known)
    if tables:
        raise DatasetError(f"{place.origin} holds {len(tables)} tables: {listed(tables, 5)}. Give one of them.")
    what = "image" if kind_row(kind).modality == "image" else f"{TEXT_SUFFIX} file"
    raise DatasetError(f"{place.origin} holds no table and no {what}, so there is nothing to predict.")


def rows_of_items(items: Sequence[Any]) -> Rows:
    """Items by themselves, one a row."""
    names = [name_of(item, place) for place, item in enumerate(items)]
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()
    whole = [Item([name], item) for name, item in zip(names, items, strict=True)]
    return Rows([INPUT], len(whole), {"items": digest}, lambda: iter(whole))


def _files(tree: Tree, kind: str) -> list[str]:
    """The files that are one item each."""
    if kind_row(kind).modality == "image":
        return tree.images
    return [file for file in tree.files if suffix(file) == TEXT_SUFFIX]


def _of_files(place: Source, tree: Tree, files: list[str], kind: str) -> Rows:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0{_stamp(tree.root / file)}\n".encode("utf-8", "surrogatepass"))
    is_image = kind_row(kind).modality == "image"

    def items() -> Iterator[Item]:
        for file in files:
            path = tree.root / file
            yield Item([_shown(file)], str(path) if is_image else text_in(path, file))

    return Rows([FILE], len(files), {"source": place.origin, "files": digest.hexdigest()}, items)


def text_in(path: Path, name: str, most_bytes: int = MOST_TEXT_BYTES) -> Any:
    """What a file holds as a text, in whatever encoding it is."""
    try:
        if path.stat().st_size > most_bytes:
            return Unusable(name, f"{name} has more than {most_bytes:,} bytes. Give a shorter text.")
        return decode(path.read_bytes()).text
    except OSError as error:
        return Unusable(name, f"{name} cannot be read ({(error.strerror or str(error)).lower()}).")


def _of_table(
    place: Source, path: Path, tree: Tree | None, kind: str, column: str | None, known: Mapping[str, tuple[str, ...]]
) -> Rows:
    table = streamed(path)
    if not table.n_rows:
        raise DatasetError(f"{path} has a header but no row, so there is nothing to predict.")
    head = _head(table)
    columns = item_columns(head, kind, column, known, table.n_rows)
    item = _image_in(place, head, path, tree) if kind_row(kind).modality == "image" else _text
    places = [table.columns.index(name) for name in columns]

    def items() -> Iterator[Item]:
        for row in table.rows():
            yield Item(row.cells, _item(row, places, item))

    origin = Path(place.origin)
    identity = {"source": place.origin, "file": path.name, "stamp": _stamp(origin if origin.is_file() else path)}
    said = [*table.notes, f"Predicted from {' and '.join(columns)}."]
    return Rows(table.columns, table.n_rows, {**identity, "columns": list(columns)}, items, said)


def _head(table: Streamed) -> Table:
    """The first rows that can be used."""
    rows = [row for row in itertools.islice(table.rows(), N_HEAD) if not row.reason]
    frame = pd.DataFrame([row.cells for row in rows], columns=table.columns, dtype=object)
    return Table(table.path, frame, [row.number for row in rows], [], [], table.nested)


def _item(row: Row, places: Sequence[int], item: Callable[[Sequence[str], int], Any]) -> Any:
    if row.reason:
        return Unusable(f"row {row.number}", row.reason)
    return item([row.cells[place] for place in places], row.number)


def _text(cells: Sequence[str], number: int) -> Any:
    """The text of a row: its filled cells, a blank line between them, as in training."""
    text = "\n\n".join(filter(None, cells))
    return text if text else Unusable(f"row {number}", "The text is empty.")


def _image_in(place: Source, head: Table, path: Path, tree: Tree | None) -> Callable[[Sequence[str], int], Any]:
    """From a cell to its image, found as for training; nothing outside an archive or an upload is opened from it."""
    finder = Finder(head, tree.root if tree else path.parent, place.confined, tree, part_of(path.name))

    def item(cells: Sequence[str], number: int) -> Any:
        if not cells[0]:
            return Unusable(f"row {number}", "The path is empty.")
        return finder.find(cells[0]) or Unusable(cells[0], f"There is no file {short(cells[0], 200)}.")

    return item


def _stamp(path: Path) -> str:
    """Size and time of a file, by which another content is told apart."""
    try:
        facts = path.stat()
    except OSError:
        return "gone"
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _shown(file: str) -> str:
    """A file's name as a text, also where it is not valid UTF-8."""
    return os.fsencode(file).decode("utf-8", "replace")
