"""The file that is written: CSV, tab-separated, JSON lines or Parquet by its ending; part by part, then joined."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from advisor.batch.answers import DIGITS, AnswerColumns, Cell
from advisor.core.errors import DatasetError
from advisor.core.shown import is_formula, without_formula
from advisor.core.wording import listed


@dataclass(frozen=True)
class Header:
    """The columns of the file: the user's own, then those of the answers, by the names they have in it."""

    own: list[str]
    answers: AnswerColumns
    names: dict[str, str]

    @property
    def columns(self) -> list[str]:
        """All of them, in order."""
        return [*self.own, *(self.names[name] for name in self.answers.order)]


#: One row: the user's own cells, and those of the answer by their plain names.
Line = tuple[list[str], dict[str, Cell]]


@dataclass(frozen=True)
class Format:
    """How rows become the bytes of a part, and how parts become the file."""

    part: Callable[[Header, Sequence[Line]], bytes]
    join: Callable[[Header, Iterable[Path], Path], None]


def format_of(path: Path) -> Format:
    """The format of a file by its ending. Raises DatasetError listing those that are written."""
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        ending = path.suffix or "no ending"
        raise DatasetError(f"{path} ends in {ending}. Answers are written as {listed(_FORMATS)}: call it answers.csv")
    return found


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay as they are.

    >>> guarded("=1+1"), guarded("-5"), guarded("-5+A1"), guarded("plain")
    ("'=1+1", '-5', "'-5+A1", 'plain')
    """
    return without_formula(cell) if is_formula(cell) else cell


def _delimited(separator: str, header: Header, lines: Sequence[Line]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
    for own, answer in lines:
        writer.writerow([*map(guarded, own), *(_text(answer.get(name)) for name in header.answers.order)])
    return stream.getvalue().encode("utf-8", "replace")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    return guarded(cell) if isinstance(cell, str) else f"{cell:.{DIGITS}f}".rstrip("0").rstrip(".")


def _join_delimited(separator: str, header: Header, parts: Iterable[Path], out: Path) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerow(map(guarded, header.columns))
    _joined(parts, out, stream.getvalue().encode("utf-8", "replace"))


def _joined(parts: Iterable[Path], out: Path, start: bytes) -> None:
    with out.open("wb") as whole:
        whole.write(start)
        for part in parts:
            with part.open("rb") as content:
                shutil.copyfileobj(content, whole, 1 << 20)


def _json_lines(header: Header, lines: Sequence[Line]) -> bytes:
    rows = []
    for own, answer in lines:
        row: dict[str, Any] = dict(zip(header.own, own, strict=True))
        row |= {header.names[name]: answer[name] for name in header.answers.order if answer.get(name) not in (None, "")}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(rows).encode("utf-8", "replace")


def _join_json_lines(header: Header, parts: Iterable[Path], out: Path) -> None:
    _joined(parts, out, b"")


def _parquet(header: Header, lines: Sequence[Line]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        name: pa.array([own[place] for own, _ in lines], pa.string()) for place, name in enumerate(header.own)
    }
    kinds = {name: pa.float64() for name in header.answers.shares} | {name: pa.bool_() for name in header.answers.flags}
    for name in header.answers.order:
        cells = [answer.get(name) for _, answer in lines]
        columns[header.names[name]] = pa.array(cells, kinds.get(name, pa.string()))
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _join_parquet(header: Header, parts: Iterable[Path], out: Path) -> None:
    import pyarrow.parquet as pq

    writer: Any = None
    try:
        for part in parts:
            table = pq.read_table(part)
            writer = writer or pq.ParquetWriter(out, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


_FORMATS = {
    ".csv": Format(partial(_delimited, ","), partial(_join_delimited, ",")),
    ".tsv": Format(partial(_delimited, "\t"), partial(_join_delimited, "\t")),
    ".jsonl": Format(_json_lines, _join_json_lines),
    ".parquet": Format(_parquet, _join_parquet),
}
