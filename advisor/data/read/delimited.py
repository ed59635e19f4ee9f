"""Delimited text to rectangular records: the delimiter, the quoting and the header are found by looking."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from advisor.core.wording import counted

DELIMITERS = (",", "\t", ";", "|")
_QUOTING: tuple[dict[str, Any], ...] = (
    {"quoting": csv.QUOTE_MINIMAL, "doublequote": True},
    {"quoting": csv.QUOTE_MINIMAL, "doublequote": False, "escapechar": "\\"},
    {"quoting": csv.QUOTE_NONE},
)
_SPOKEN = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_SAMPLE_CHARACTERS = 200_000
#: A field may be a whole article; the csv module's own limit of 128 KiB is too small.
_FIELD_LIMIT = 2**31 - 1


@dataclass
class Grid:
    """`records` all have as many cells as `header`; `ragged` are the rows that had not, with a reason."""

    header: list[str]
    records: list[list[str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    ragged: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse(text: str, prefer: str = ",") -> Grid:
    """Parse delimited text. Cells are stripped; blank lines count as nothing; never raises on content."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _delimiter(text, prefer)
    best: Grid | None = None
    least = 0
    for quoting in _QUOTING:
        grid = _grid(_records(text, delimiter, quoting))
        harm = len(grid.ragged) + _n_swallowed(grid)
        if best is None or harm < least:
            best, least = grid, harm
        if not least:
            break
    assert best is not None
    if delimiter != prefer and len(best.header) > 1:
        best.notes.append(f"The columns are separated by {_SPOKEN[delimiter]}.")
    if best.ragged:
        best.notes.append(f"{counted(len(best.ragged), 'row')} with too many or too few cells set aside.")
    return best


def _records(text: str, delimiter: str, quoting: dict[str, Any]) -> list[list[str]]:
    if csv.field_size_limit() < _FIELD_LIMIT:
        csv.field_size_limit(_FIELD_LIMIT)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False, **quoting)
        return [[value.strip() for value in record] for record in reader]
    except csv.Error:  # only an escape character at the very end of the file is left to raise here
        return []


def _delimiter(text: str, prefer: str) -> str:
    """The delimiter that cuts most of the first rows into the same number of cells, two or more."""
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n")] if "\n" in sample else sample
    scores: dict[str, float] = {}
    for delimiter in sorted(DELIMITERS, key=lambda d: d != prefer):
        records = [r for r in _records(sample, delimiter, _QUOTING[0]) if any(r)]
        if not records or len(records[0]) < 2:
            continue
        widths = Counter(len(r) for r in records)
        scores[delimiter] = widths[len(records[0])] / len(records)
    return max(scores, key=lambda d: scores[d]) if scores else prefer


def _grid(records: list[list[str]]) -> Grid:
    filled = [r for r in records if any(r)]
    if not filled:
        return Grid(["column 1"])
    width = Counter(len(r) for r in filled).most_common(1)[0][0] if len(filled) > 2 else len(filled[0])
    header, body = filled[0], filled[1:]
    while len(header) > width and not header[-1]:
        header = header[:-1]
    if len(header) == width - 1:  # R writes row names without a name of their own
        header = ["row name", *header]
    grid = Grid([])
    if _is_data(header, body):
        header, body = [f"column {i + 1}" for i in range(len(header))], filled
        grid.notes.append(f"The first row holds data, so the columns are called {', '.join(header)}.")
    grid.header = _unique(header)
    for row, record in enumerate(body, start=1):
        n = len(grid.header)
        if len(record) > n and not any(record[n:]):
            record = record[:n]
        if len(record) == n:
            grid.records.append(record)
            grid.rows.append(row)
        else:
            grid.ragged.append((row, f"The row has {counted(len(record), 'cell')}, the header {n}."))
    return grid


def _is_data(first: list[str], body: list[list[str]]) -> bool:
    """Whether the first row is data: one of its cells comes back again and again in its own column."""
    same = [r for r in body[:2000] if len(r) == len(first)]
    if len(same) < 4:
        return False
    for column, name in enumerate(first):
        values = Counter(r[column] for r in same)
        if name and values[name] >= 2 and len(values) <= len(same) / 2:
            return True
    return False


def _n_swallowed(grid: Grid) -> int:
    """Cells so long that a stray quote may have joined many lines in them."""
    return sum(value.count("\n") > 200 for record in grid.records for value in record if len(value) > 2000)


def _unique(names: list[str]) -> list[str]:
    taken: Counter[str] = Counter()
    result = []
    for i, name in enumerate(names, start=1):
        name = name or f"column {i}"
        taken[name] += 1
        result.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return result
