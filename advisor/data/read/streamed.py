"""A table row by row, for tables of any length: the same formats, encodings and separators as `read_table`.

No row is left out: one that cannot be used comes with its reason. CSV and its relatives, JSON lines and Parquet are
read in pieces; other JSON and Arrow are read as a whole first, within the bounds of `advisor.data.read.bounds`.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.core.errors import DatasetError
from advisor.data.read import fasttext
from advisor.data.read.arrow_tables import parquet_rows
from advisor.data.read.bounds import Budget
from advisor.data.read.cells import cell, whole
from advisor.data.read.delimited import form_of, rows_of
from advisor.data.read.json_tables import Records, Refusal, plain_records
from advisor.data.read.names import table_format
from advisor.data.read.table_text import TOO_LONG, TableText, table_text
from advisor.data.read.tables import binary_form, parsed_line, read_table, refuse_other_formats
from advisor.data.read.text_encoding import HOLE, UNKNOWN_BYTES

_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Row:
    """Its number, counted from 1, a cell for each column, and why it cannot be used ("" where it can)."""

    number: int
    cells: list[str]
    reason: str = ""


@dataclass
class Streamed:
    """A table that is read row by row; `rows` begins anew at each call. ``nested``: as in `Table`."""

    path: Path
    columns: list[str]
    n_rows: int
    rows: Callable[[], Iterator[Row]]
    notes: list[str] = field(default_factory=list)
    nested: frozenset[str] = frozenset()


def streamed(path: Path) -> Streamed:
    """Look through a table and count its rows. Raises DatasetError as `read_table` does."""
    try:
        table = _streamed(path)
    except (OSError, EOFError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path} cannot be read ({cause}). Check its permissions, or save it again.") from error
    begin, n = table.rows, len(table.columns)
    table.rows = lambda: (_whole(row, n) for row in begin())
    return table


def _streamed(path: Path) -> Streamed:
    form = table_format(path.name)
    binary = "" if path.name.endswith(".gz") else binary_form(path)
    if binary == "parquet":
        names, n_rows, _ = parquet_rows(path)
        rows = lambda: (Row(number, list(cells)) for number, cells in enumerate(parquet_rows(path)[2], start=1))  # noqa: E731
        return Streamed(path, names, n_rows, rows)
    if binary or form == "json":
        return _in_memory(path)
    refuse_other_formats(path)
    text = table_text(path, Budget(None), False)
    notes = [note] if (note := text.code.note(path.name)) else []
    if form == "json lines":
        return _json_lines(path, text, notes)
    if fasttext.is_fasttext(text):
        return _in_memory(path)
    found = form_of(text, "\t" if form == "tab" else ",")
    return Streamed(path, found.header, found.n_rows, lambda: (Row(*row) for row in rows_of(text, found)), notes)


def _in_memory(path: Path) -> Streamed:
    """A table that is read as a whole."""
    table = read_table(path)
    columns = [str(name) for name in table.frame.columns]

    def rows() -> Iterator[Row]:
        aside = {int(one.key.removeprefix("row ")): one.reason for one in table.set_aside}
        kept = zip(table.rows, table.frame.itertuples(index=False, name=None), strict=True)
        every = [Row(number, list(cells)) for number, cells in kept]
        every += [Row(number, [], reason) for number, reason in aside.items()]
        return iter(sorted(every, key=lambda row: row.number))

    return Streamed(path, columns, len(table.rows) + len(table.set_aside), rows, table.notes, table.nested)


def _json_lines(path: Path, text: TableText, notes: list[str]) -> Streamed:
    """JSON lines: gone through once for the keys of all records, which become the columns."""
    names: dict[str, None] = {}
    first = _records(path, text)
    n_rows = 0
    for record in first:
        n_rows += 1
        if not isinstance(record, Refusal):
            names |= dict.fromkeys(whole(str(name)) for name in record)
    if not names:
        raise DatasetError(f"{path} has no line that is a JSON object. Write one per line.")
    Budget(path).columns(len(names))
    columns = list(names)
    rows = lambda: _of_records(_records(path, text), columns)  # noqa: E731
    return Streamed(path, columns, n_rows, rows, [*notes, *first.notes], frozenset(first.nested))


def _records(path: Path, text: TableText) -> Records:
    values = (parsed_line(line) for line in text if line.strip())
    return plain_records(path, values, "The line is not a JSON object.")


def _of_records(records: Iterable[dict[Any, Any] | Refusal], columns: list[str]) -> Iterator[Row]:
    for number, record in enumerate(records, start=1):
        if isinstance(record, Refusal):
            yield Row(number, [], record.reason)
            continue
        cells: dict[str, str] = {}
        for name, value in record.items():
            cells.setdefault(whole(str(name)), cell(value))
        yield Row(number, [cells.get(name, "") for name in columns])


def _whole(row: Row, n: int) -> Row:
    """The row with a cell for each of n columns, and without bytes of no known encoding."""
    cells = [*row.cells[:n], *[""] * (n - len(row.cells))]
    if not any(HOLE in one or one == TOO_LONG for one in cells):
        return Row(row.number, cells, row.reason)
    plain = ["" if one == TOO_LONG else one.replace(HOLE, _REPLACED) for one in cells]
    return Row(row.number, plain, row.reason or UNKNOWN_BYTES)
