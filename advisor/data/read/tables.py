"""Tables of any common kind as columns of strings: CSV and its relatives, JSON lines, JSON, Parquet, Arrow.

Nothing is guessed as missing: the cells ``NA``, ``null`` and ``None`` stay what they are (pandas would drop a class
named so); only an empty cell, a JSON null and Parquet's null and NaN are missing, and come back as "".
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import counted
from advisor.data.read import fasttext
from advisor.data.read.arrow_tables import arrow_cells, parquet_cells
from advisor.data.read.bounds import ASIDE_BYTES, Budget
from advisor.data.read.cells import CellColumns, cell
from advisor.data.read.delimited import parse_lines
from advisor.data.read.json_tables import Records, Refusal, plain_records, records_in
from advisor.data.read.names import table_format
from advisor.data.read.table_text import LONG_LINE, TOO_LONG, TableText, table_text
from advisor.data.read.text_encoding import HOLE, UNKNOWN_BYTES

__all__ = ["Table", "cell", "read_table"]


@dataclass
class Table:
    """Cells as stripped strings ("" = missing), one row per usable record.

    ``rows`` holds the number of each record in its file, counted from 1 without the header. ``set_aside`` are the
    records that could not be read; ``n_in`` = rows + set aside. ``nested``: the columns that come from objects inside
    the records, called by dotted names.
    """

    path: Path
    frame: pd.DataFrame
    rows: list[int]
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    nested: frozenset[str] = frozenset()


def read_table(path: Path) -> Table:
    """Read a table by its suffix (also with .gz behind).

    Raises DatasetError when it is none, or when it holds more than can be read (`advisor.data.read.bounds`).
    """
    form, budget = table_format(path.name), Budget(path)
    try:
        if not path.name.endswith(".gz") and (binary := binary_form(path)):
            read = (parquet_cells if binary == "parquet" else arrow_cells)(path, budget)
            rows = list(range(1, len(read.frame) + 1))
            return Table(path, read.frame, rows, [], read.notes, frozenset(read.nested))
        refuse_other_formats(path)
        text = table_text(path, budget, form == "json")
        if form == "json lines":
            table = _json_lines(path, text, budget)
        elif form == "json":
            table = _json(path, text, budget)
        elif fasttext.is_fasttext(text):
            lines = fasttext.parsed(text, budget)
            cells = {"text": pd.Series(lines.texts, dtype=object), "label": pd.Series(lines.labels, dtype=object)}
            table = Table(path, pd.DataFrame(cells), lines.rows, [], [fasttext.NOTE])
        else:
            table = _delimited(path, text, "\t" if form == "tab" else ",", budget)
    except (OSError, EOFError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path} cannot be read ({cause}). Check its permissions, or save it again.") from error
    if note := text.code.note(path.name):
        table.notes.append(note)
    _drop_holes(table)
    return table


def binary_form(path: Path) -> str:
    """ "parquet" or "arrow" by the first bytes, else by the suffix; "" for text."""
    with path.open("rb") as stream:
        start = stream.read(6)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start == b"ARROW1":
        return "arrow"
    form = table_format(path.name)
    return form if form in ("parquet", "arrow") else ""


def refuse_other_formats(path: Path) -> None:
    """Raises DatasetError for a spreadsheet or a web page that is called like a table."""
    with path.open("rb") as stream:
        start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DatasetError(
            f"{path} is a spreadsheet or an archive by its content, whatever its name. Open it and save it as CSV."
        )
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise DatasetError(
            f"{path} is a web page by its content, perhaps one that asks for a login. Download the table itself."
        )


def _drop_holes(table: Table) -> None:
    """Set the records aside whose bytes no encoding knows."""
    bad = pd.Series(False, index=table.frame.index)
    for column in table.frame.columns:
        bad |= pd.Series([HOLE in value for value in table.frame[column]], index=bad.index, dtype=bool)
    if bad.any():
        table.set_aside += [
            SetAside(key=f"row {row}", reason=UNKNOWN_BYTES)
            for row, is_bad in zip(table.rows, bad, strict=True)
            if is_bad
        ]
        table.rows = [row for row, is_bad in zip(table.rows, bad, strict=True) if not is_bad]
        table.frame = table.frame[~bad].reset_index(drop=True)


def _delimited(path: Path, text: TableText, prefer: str, budget: Budget) -> Table:
    grid = parse_lines(text, prefer, budget)
    columns = zip(grid.header, grid.cells, strict=True)
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns})
    aside = [SetAside(key=f"row {row}", reason=reason) for row, reason in grid.ragged]
    return Table(path, frame, grid.rows, aside, grid.notes)


def _json_lines(path: Path, text: TableText, budget: Budget) -> Table:
    n_lines = 0

    def values() -> Iterator[Any]:
        nonlocal n_lines
        for line in text:
            if line.strip():
                n_lines += 1
                yield parsed_line(line)

    table = _gathered(path, plain_records(path, values(), "The line is not a JSON object."), budget)
    if not len(table.frame):
        raise DatasetError(f"{path} has {counted(n_lines, 'line')} and none is a JSON object. Write one per line.")
    return table


def parsed_line(line: str) -> Any:
    """The value of a line of JSON lines; None for what is none, a Refusal for one that is too long."""
    if line.startswith(TOO_LONG):
        return Refusal(LONG_LINE)
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _json(path: Path, text: TableText, budget: Budget) -> Table:
    whole = text.whole()
    try:
        content = json.loads(whole)
    except (ValueError, RecursionError) as error:
        if whole.lstrip().startswith("{") and "\n{" in whole:
            return _json_lines(path, text, budget)
        cause = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise DatasetError(
            f"{path} is not valid JSON ({cause}). Write a list of objects, or one object per line."
        ) from error
    del whole
    return _gathered(path, records_in(path, content), budget)


def _gathered(path: Path, records: Records, budget: Budget) -> Table:
    columns, rows, aside = CellColumns(budget, records.header), [], []
    for row, record in enumerate(records, start=1):
        if isinstance(record, Refusal):
            budget.take(ASIDE_BYTES)
            aside.append(SetAside(key=f"row {row}", reason=record.reason))
        else:
            columns.add_record(record)
            rows.append(row)
    return Table(path, columns.frame(), rows, aside, records.notes, frozenset(records.nested))
