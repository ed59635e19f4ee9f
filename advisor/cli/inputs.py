"""What `advisor predict` is given, as items: files, folders of images, a column of a table, texts, lines of stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.data.read.names import IMAGE_SUFFIXES, table_format

if TYPE_CHECKING:
    from advisor.rungs.saved.inputs import Unusable

STDIN = "-"
#: Bytes of a file that is read as one text, and of one with a text on each line.
MOST_TEXT_BYTES, MOST_LINES_BYTES = 1_000_000, 500_000_000
#: The columns of a dataset by their roles.
Columns = Mapping[str, tuple[str, ...]]


class Meaning(StrEnum):
    """What the name of a file means to a model of texts."""

    lines = "lines"
    file = "file"
    text = "text"


def items_of(
    arguments: Sequence[str],
    kind: str,
    column: str | None = None,
    meaning: Meaning | None = None,
    trained_on: Columns | None = None,
) -> list[str | Unusable]:
    """The items that the arguments name, in order; one that is none keeps its place and says why.

    column: of the tables among the arguments, one item in each row; trained_on: the columns of the model's dataset.
    Raises DatasetError for a table without such a column, and where there is nothing to predict.
    """
    known = trained_on or {}
    items = [item for argument in arguments for item in _items(argument, kind, column, meaning, known)]
    if not items:
        raise DatasetError("There is nothing to predict: no line came through stdin, or no row from the table.")
    return items


def _items(
    argument: str, kind: str, column: str | None, meaning: Meaning | None, trained_on: Columns
) -> Iterator[str | Unusable]:
    from advisor.rungs.saved.inputs import Unusable

    modality, what = kind_row(kind).modality, _what_is_there(argument)
    if argument == STDIN:
        yield from _filled([line.rstrip("\r\n") for line in sys.stdin])
    elif modality == "text" and what and meaning == Meaning.text:
        yield argument
    elif modality == "text" and what in ("a file", "a folder") and meaning is not None:
        yield from _of_text_file(Path(argument), meaning)
    elif what == "a file" and table_format(Path(argument).name) is not None:
        yield from _of_table(Path(argument), kind, column, trained_on)
    elif modality == "image" and what == "a folder":
        yield from _of_folder(Path(argument))
    elif modality == "text" and what:
        yield Unusable(argument, _is_no_text(argument, what))
    else:
        yield argument


def _filled(lines: list[str]) -> list[str]:
    """The lines up to the last that holds something; an empty one between others keeps its place."""
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _of_folder(folder: Path) -> Iterator[str | Unusable]:
    """All images in a folder and those below it."""
    from advisor.data.read.tree import walk
    from advisor.rungs.saved.inputs import Unusable

    images = walk(folder).images
    if not images:
        yield Unusable(str(folder), f"{folder} is a folder without images.")
    yield from (str(folder / image) for image in images)


def _of_table(path: Path, kind: str, column: str | None, trained_on: Columns) -> Iterator[str | Unusable]:
    """The items in the column named, in those of training, or in the one that its name tells.

    Raises DatasetError naming the columns where nothing tells, or one is not there.
    """
    from advisor.batch.rows import rows_of

    yield from (row.item for row in rows_of(path, kind, column, trained_on).items())


def _of_text_file(path: Path, meaning: Meaning) -> Iterator[str | Unusable]:
    """The texts of a file: one on each line, or all of it; of a folder each of its text files."""
    from advisor.batch.rows import rows_of, text_in

    if path.is_dir():
        yield from (row.item for row in rows_of(path, "text").items())
        return
    text = text_in(path, str(path), MOST_LINES_BYTES if meaning == Meaning.lines else MOST_TEXT_BYTES)
    yield from (_filled(text.splitlines()) if isinstance(text, str) and meaning == Meaning.lines else [text])


def _is_no_text(text: str, what: str) -> str:
    """Why the name of a file is not predicted. What comes from stdin is text, whatever it looks like."""
    ways = "--as lines (a text on each line), --as file (the whole file is one text) or --as text (the name itself)"
    if what == "a folder":
        ways = "--as file (each text file in it is one text) or --as text (the name itself)"
    if what == "the name of an image":
        ways = "--as text where the name itself is the text"
    return f"{text} is {what}, and this model would read the name itself as a text. Say what is meant: {ways}."


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
