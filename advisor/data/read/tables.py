"""Tables of any common kind as columns of strings: CSV and its relatives, JSON lines, JSON, Parquet.

Nothing is guessed as missing: the cells ``NA``, ``null`` and ``None`` stay what they are (pandas would drop a class
named so); only an empty cell, a JSON null and Parquet's null and NaN are missing, and come back as "".
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import counted
from advisor.data.read.delimited import parse
from advisor.data.read.names import table_format
from advisor.data.read.text_encoding import HOLE, UNKNOWN_BYTES, decode


@dataclass
class Table:
    """Cells as stripped strings ("" = missing), one row per usable record.

    ``rows`` holds the number of each record in its file, counted from 1 without the header. ``set_aside`` are the
    records that could not be read; ``n_in`` = rows + set aside.
    """

    path: Path
    frame: pd.DataFrame
    rows: list[int]
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read a table by its suffix (also with .gz behind). Raises DatasetError when it is none."""
    form = table_format(path.name)
    try:
        if form == "parquet":
            return _parquet(path)
        content = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"{path} cannot be read ({cause}). Check its permissions, or save it again.") from error
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise DatasetError(f"{path} is empty. It needs a header and one row per item.")
    if content.startswith(b"PAR1"):
        return _parquet(path)
    decoded = decode(content)
    if form == "json lines":
        table = _json_lines(path, decoded.text)
    elif form == "json":
        table = _json(path, decoded.text)
    else:
        table = _delimited(path, decoded.text)
    if note := decoded.note(path.name):
        table.notes.append(note)
    _drop_holes(table)
    return table


def _drop_holes(table: Table) -> None:
    """Set the records aside whose bytes no encoding knows."""
    bad = pd.Series(False, index=table.frame.index)
    for column in table.frame.columns:
        bad |= table.frame[column].str.contains(HOLE, regex=False)
    if bad.any():
        table.set_aside += [
            SetAside(key=f"row {row}", reason=UNKNOWN_BYTES)
            for row, is_bad in zip(table.rows, bad, strict=True)
            if is_bad
        ]
        table.rows = [row for row, is_bad in zip(table.rows, bad, strict=True) if not is_bad]
        table.frame = table.frame[~bad].reset_index(drop=True)


def _delimited(path: Path, text: str) -> Table:
    grid = parse(text, prefer="\t" if table_format(path.name) == "tab" else ",")
    columns: list[list[str]] = [list(column) for column in zip(*grid.records, strict=True)] or [[] for _ in grid.header]
    frame = pd.DataFrame({name: pd.Series(c, dtype=object) for name, c in zip(grid.header, columns, strict=True)})
    aside = [SetAside(key=f"row {row}", reason=reason) for row, reason in grid.ragged]
    return Table(path, frame, grid.rows, aside, grid.notes)


def _json_lines(path: Path, text: str) -> Table:
    records: list[dict[str, Any]] = []
    rows: list[int] = []
    aside = []
    lines = [line for line in text.split("\n") if line.strip()]
    for row, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            records.append(record)
            rows.append(row)
        else:
            aside.append(SetAside(key=f"row {row}", reason="The line is not a JSON object."))
    if not records:
        raise DatasetError(f"{path} has {counted(len(lines), 'line')} and none is a JSON object. Write one per line.")
    return Table(path, _frame(records), rows, aside)


def _json(path: Path, text: str) -> Table:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith("{") and "\n{" in text:
            return _json_lines(path, text)
        raise DatasetError(
            f"{path} is not valid JSON ({error}). Write a list of objects, or one object per line."
        ) from error
    if isinstance(content, dict):
        lists = {k: v for k, v in content.items() if isinstance(v, list)}
        if len(lists) > 1 and len({len(v) for v in lists.values()}) == 1:
            content = [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
        elif lists:
            content = max(lists.values(), key=len)
    if not isinstance(content, list) or not any(isinstance(record, dict) for record in content):
        raise DatasetError(
            f"{path} holds no list of objects. Write one object per item, with its text or path and its label."
        )
    good = [(i, r) for i, r in enumerate(content, start=1) if isinstance(r, dict)]
    aside = [
        SetAside(key=f"row {i}", reason="The entry is not a JSON object.")
        for i, r in enumerate(content, start=1)
        if not isinstance(r, dict)
    ]
    return Table(path, _frame([r for _, r in good]), [i for i, _ in good], aside)


def _frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    return pd.DataFrame({name: pd.Series([cell(r.get(name)) for r in records], dtype=object) for name in names})


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatasetError(f"{path} cannot be read as Parquet ({first_line}). Write it again.") from error
    names = [n for n in content.column_names if not n.startswith("__index_level_")]
    for name in names:
        kind = content.schema.field(name).type
        if pa.types.is_struct(kind) and "bytes" in {kind.field(i).name for i in range(kind.num_fields)}:
            raise DatasetError(
                f"{path} keeps its images inside the column {name}, which cannot be read. "
                f"Save them as files, and give a table with the columns path and label."
            )
    frame = pd.DataFrame(
        {name: pd.Series([cell(v) for v in content.column(name).to_pylist()], dtype=object) for name in names}
    )
    return Table(path, frame, list(range(1, len(frame) + 1)))


def cell(value: Any) -> str:
    """One value as the stripped string it would have in a CSV; "" for null and NaN.

    >>> cell(3.0), cell(None), cell(float("nan")), cell(" NA "), cell(True)
    ('3', '', '', 'NA', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, bytes):
        value = decode(value).text
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value).strip()
    return text.encode("utf-8", "replace").decode() if any("\ud800" <= c <= "\udfff" for c in text) else text
