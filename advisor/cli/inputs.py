"""What `advisor predict` is given, as items: files, folders of images, a column of a table, texts, lines of stdin."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.errors import DatasetError
from advisor.core.kinds import ModalityName
from advisor.core.wording import counted, listed
from advisor.data.read.names import IMAGE_SUFFIXES, table_format

if TYPE_CHECKING:
    from advisor.data.read.tables import Table
    from advisor.rungs.saved.inputs import Unusable

STDIN = "-"


def items_of(
    arguments: Sequence[str], modality: ModalityName, run: str, column: str | None = None
) -> list[str | Unusable]:
    """The items that the arguments name, in order; one that is none keeps its place and says why.

    column: of the tables among the arguments, one item in each row. Raises DatasetError for a table without it, and
    where there is nothing to predict.
    """
    items = [item for argument in arguments for item in _items(argument, modality, run, column)]
    if not items:
        raise DatasetError("There is nothing to predict: no line came through stdin, or no row from the table.")
    return items


def _items(argument: str, modality: ModalityName, run: str, column: str | None) -> Iterator[str | Unusable]:
    from advisor.rungs.saved.inputs import Unusable

    what = _what_is_there(argument)
    if argument == STDIN:
        yield from _of_lines()
    elif what == "a file" and table_format(Path(argument).name) is not None:
        yield from _of_table(Path(argument), modality, run, column)
    elif modality == "image" and what == "a folder":
        yield from _of_folder(Path(argument))
    elif modality == "text" and what:
        yield Unusable(argument, _is_no_text(argument, what, run))
    else:
        yield argument


def _of_lines() -> Iterator[str]:
    """The lines of stdin; an empty one between others keeps its place."""
    lines = [line.rstrip("\r\n") for line in sys.stdin]
    while lines and not lines[-1].strip():
        lines.pop()
    yield from lines


def _of_folder(folder: Path) -> Iterator[str | Unusable]:
    """All images in a folder and those below it."""
    from advisor.data.read.tree import walk
    from advisor.rungs.saved.inputs import Unusable

    images = walk(folder).images
    if not images:
        yield Unusable(str(folder), f"{folder} is a folder without images.")
    yield from (str(folder / image) for image in images)


def _of_table(path: Path, modality: ModalityName, run: str, column: str | None) -> Iterator[str]:
    """The cells of one column: texts, or images by their path or id, found as for training.

    Raises DatasetError naming the columns where none is asked for, or one that is not there.
    """
    from advisor.data.read.columns import named
    from advisor.data.read.image_table import Finder
    from advisor.data.read.part_tables import part_of
    from advisor.data.read.tables import read_table

    table = read_table(path)
    columns = [str(name) for name in table.frame.columns]
    if column is None:
        raise DatasetError(_which_column(table, columns, modality, run))
    cells = list(map(str, table.frame[named(table, column, "image paths" if modality == "image" else "texts")]))
    if modality == "image":
        finder = Finder(table, path.parent, inside_only=False, part=part_of(path.name))
        cells = [finder.find(cell) or cell if cell else "" for cell in cells]
    yield from cells


def _which_column(table: Table, columns: list[str], modality: ModalityName, run: str) -> str:
    """What a table could mean, with the column that looks like the items."""
    items = "paths of images" if modality == "image" else "texts"
    likely = _likely(table, modality)
    column = "COLUMN" if likely is None else repr(likely)
    return (
        f"{table.path} is a table of {counted(len(table.frame), 'row')} with the columns {listed(columns, 20)}. To "
        f"predict each row, say which column holds the {items}: advisor predict {run} {table.path} --column {column}"
    )


def _likely(table: Table, modality: ModalityName) -> str | None:
    """The column that a dataset would be read from; for texts the longest cells where no name says more."""
    from advisor.core.records import ReadOptions
    from advisor.data.read.columns import label_names, path_column, plain, text_columns_of

    if modality == "image":
        return path_column(table, ReadOptions())
    labels = {str(name) for name in table.frame.columns if plain(str(name)) in label_names()}
    with contextlib.suppress(DatasetError):
        if texts := text_columns_of(table, ReadOptions(), labels):
            return texts[0]
    lengths = {str(name): table.frame[name].str.len().mean() for name in table.frame.columns if name not in labels}
    return max(lengths, key=lambda name: lengths[name]) if lengths else None


def _is_no_text(text: str, what: str, run: str) -> str:
    """Why the name of a file is not predicted. What comes from stdin is text, whatever it looks like."""
    return (
        f"{text} is {what}, and this model would read the name itself as a text. Give texts, or a file with one on "
        f"each line: advisor predict {run} - < FILE. A name that is meant as a text goes the same way."
    )


def _what_is_there(text: str) -> str:
    """What a text names on this disk, or seems to name: a folder, a file, an image; empty for any other text."""
    path = Path(text)
    try:
        if not text.strip():
            return ""
        if path.is_dir():
            return "a folder"
        if path.is_file():
            return "a file"
    except (OSError, ValueError):  # too long for a name, or with a null character
        return ""
    is_name = len(text.split()) == 1 and path.suffix.lower() in IMAGE_SUFFIXES
    return "the name of an image" if is_name else ""
