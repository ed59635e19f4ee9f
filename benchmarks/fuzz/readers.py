"""The readers that are fuzzed: how each is fed with bytes, and what must hold.

A reader gives items and items set aside that together are what came in, or raises one of our errors with a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from probes.errors import PeopleError

#: Feeds a reader with content, in an empty folder.
Feed = Callable[[bytes, Path], None]


class Broken(AssertionError):
    """A reader returned something that does not hold."""


@dataclass(frozen=True)
class Reader:
    """A reader under test and the names of the seeds that suit it."""

    name: str
    feed: Feed
    seeds: tuple[str, ...]


def checked(feed: Feed, content: bytes, folder: Path) -> None:
    """Feed a reader; one of our errors is an answer if it is a sentence. Raises what the reader should not."""
    try:
        feed(content, folder)
    except PeopleError as error:
        message = str(error)
        if not _is_sentence(message):
            raise Broken(f"This is no sentence: {message[:300]!r}") from error


def _is_sentence(message: str) -> bool:
    """Whether a message ends as a sentence does, or in a command to run."""
    return message.rstrip().endswith((".", "?", "!")) or ": " in message.rpartition(". ")[2]


def _table(name: str) -> Feed:
    def feed(content: bytes, folder: Path) -> None:
        from advisor.data.read.tables import read_table

        table = read_table(_written(folder / name, content))
        if len(table.rows) != len(table.frame) or len(set(table.rows)) != len(table.rows):
            raise Broken(f"{len(table.rows)} numbers for {len(table.frame)} rows")
        if set(map(str, table.rows)) & {entry.key.removeprefix("row ") for entry in table.set_aside}:
            raise Broken("A row is used and set aside")
        for column in table.frame.columns:
            column.encode("utf-8")
            for value in table.frame[column]:
                if not isinstance(value, str) or "\0" in value:
                    raise Broken(f"{value!r} in column {column!r}")
                value.encode("utf-8")

    return feed


def _dataset(name: str) -> Feed:
    """Read a whole dataset from one file."""

    def feed(content: bytes, folder: Path) -> None:
        _read(_written(folder / "input" / name, content))

    return feed


def _tree(content: bytes, folder: Path) -> None:
    """Read a folder: the content is a JSON object of paths and what the files hold, written as Latin-1."""
    root = folder / "tree"
    root.mkdir()
    for path, inside in _files(content).items():
        target = root / path
        if target.resolve().is_relative_to(root.resolve()) and target != root:
            try:
                _written(target, inside)
            except (OSError, ValueError):  # a name that this disk cannot give
                continue
    _read(root)


def _groups(content: bytes, folder: Path) -> None:
    """Read class folders of images whose groups.csv is the content."""
    for i in range(12):
        path = folder / "tree" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (i * 20, 255 - i * 20, i * 7)).save(path)
    _written(folder / "tree" / "groups.csv", content)
    _read(folder / "tree")


def _questions(content: bytes, folder: Path) -> None:
    """Read a folder with documents whose questions.jsonl is the content."""
    for i in range(6):
        _written(folder / "tree" / f"doc{i}.md", f"# Document {i}\n\nNumber {i} costs {i * 7} euros.\n".encode())
    _written(folder / "tree" / "questions.jsonl", content)
    _read(folder / "tree")


def _read(path: Path) -> None:
    from advisor.data.reading import read

    dataset = read(path)
    if dataset.n_in != dataset.n_used + dataset.n_set_aside or dataset.n_set_aside != len(dataset.set_aside):
        raise Broken(f"{dataset.n_in} in, {dataset.n_used} used, {dataset.n_set_aside} set aside")
    if len(dataset.items) != dataset.n_used:
        raise Broken(f"{len(dataset.items)} items, {dataset.n_used} used")


def _encodings(content: bytes, folder: Path) -> None:
    from advisor.data.read.text_encoding import decode

    decoded = decode(content)
    decoded.text.encode("utf-8")
    decoded.note("a.csv")


def _archive(name: str) -> Feed:
    def feed(content: bytes, folder: Path) -> None:
        from advisor.data.read.archives import unpack

        unpacked = unpack(_written(folder / name, content))
        top = unpacked.folder.resolve()
        for path in unpacked.folder.rglob("*"):
            if path.is_symlink() or not path.resolve().is_relative_to(top):
                raise Broken(f"{path} leads out of the archive's folder")

    return feed


def _images(content: bytes, folder: Path) -> None:
    from advisor.data.decode import open_image
    from advisor.data.pixels import ItemError

    try:
        picture = open_image(content)
    except ItemError as error:
        if not str(error):
            raise Broken("An unreadable image without a reason") from error
        return
    if picture.mode != "RGB" or 0 in picture.size:
        raise Broken(f"{picture.mode} of {picture.size}")


def _document(ending: str) -> Feed:
    def feed(content: bytes, folder: Path) -> None:
        from advisor.data.read.document import Unreadable
        from advisor.data.read.document_text import read_document

        try:
            document = read_document(_written(folder / f"document.{ending}", content))
        except Unreadable as error:
            if not str(error).endswith("."):
                raise Broken(f"This is no sentence: {str(error)!r}") from error
            return
        if not document.text.strip() or "\0" in document.text:
            raise Broken("An empty text")
        document.text.encode("utf-8")

    return feed


def _records(content: bytes, folder: Path) -> None:
    """Load the content as every kind of record."""
    from advisor.core import records

    path = _written(folder / "record.json", content)
    for kind in (records.Dataset, records.Advice, records.Finding):
        try:
            kind.load(path)
        except PeopleError:
            continue


def _files(content: bytes) -> dict[str, bytes]:
    """The files of a tree; bytes that are no such object are one table."""
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return {"data.csv": content}
    if not isinstance(tree, dict):
        return {"data.json": content}
    return {
        str(path): str(inside).encode("latin-1", "replace")
        for path, inside in list(tree.items())[:40]
        if path and "\0" not in path and not path.startswith("/")
    }


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


READERS: tuple[Reader, ...] = (
    Reader("delimited", _table("data.csv"), ("table",)),
    Reader("tabs", _table("data.tsv"), ("table",)),
    Reader("compressed", _table("data.csv.gz"), ("gz",)),
    Reader("json", _table("data.json"), ("json",)),
    Reader("json_lines", _table("data.jsonl"), ("json_lines",)),
    Reader("parquet", _table("data.parquet"), ("parquet",)),
    Reader("arrow", _table("data.arrow"), ("arrow",)),
    Reader("parquet_images", _dataset("data.parquet"), ("parquet_images", "parquet")),
    Reader("encodings", _encodings, ("encoded", "table")),
    Reader("zip", _archive("data.zip"), ("zip",)),
    Reader("tar", _archive("data.tar.gz"), ("tar", "gz")),
    Reader("images", _images, ("image",)),
    Reader("pdf", _document("pdf"), ("pdf",)),
    Reader("html", _document("html"), ("html", "encoded")),
    Reader("docx", _document("docx"), ("zip",)),
    Reader("epub", _document("epub"), ("zip", "html")),
    Reader("mail", _document("eml"), ("mail", "encoded")),
    Reader("markdown", _document("md"), ("html", "encoded")),
    Reader("questions", _questions, ("questions", "json_lines")),
    Reader("trees", _tree, ("tree",)),
    Reader("groups", _groups, ("groups", "table")),
    Reader("tables", _dataset("data.csv"), ("table", "encoded")),
    Reader("records", _records, ("json", "record")),
)
