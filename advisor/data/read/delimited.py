"""Delimited text to rectangular records: the delimiter, the quoting and the header are found by looking."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from advisor.core.wording import counted
from advisor.data.read.bounds import ASIDE_BYTES, MOST_CHARACTERS, Budget
from advisor.data.read.cells import CellColumns, clean
from advisor.data.read.header import N_HEAD, Layout, Start, layout_of, start_of, without_header
from advisor.data.read.separators import SPOKEN, delimiter_of
from advisor.data.read.table_text import LONG_LINE, TOO_LONG

_QUOTING: tuple[dict[str, Any], ...] = (
    {"quoting": csv.QUOTE_MINIMAL, "doublequote": True},
    {"quoting": csv.QUOTE_MINIMAL, "doublequote": False, "escapechar": "\\"},
    {"quoting": csv.QUOTE_NONE},
)
_SAMPLE_CHARACTERS = 200_000
_REPEATED = "The row repeats the header."
#: A field may be a whole article; the csv module's own limit of 128 KiB is too small.
csv.field_size_limit(MOST_CHARACTERS)


@dataclass
class Grid:
    """`cells` are columns of equal length, one for each name of `header`; `rows` are the numbers of their records.

    ``ragged``: the records that have too many or too few cells or repeat the header, with a reason; ``harm``: how many
    have another number of cells, and cells in which a stray quote joined many lines; ``n_rows``: all records.
    """

    header: list[str]
    cells: list[list[str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    ragged: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    harm: int = 0
    n_rows: int = 0

    @property
    def records(self) -> list[list[str]]:
        """The rows."""
        return [list(record) for record in zip(*self.cells, strict=True)]


def parse(text: str, prefer: str = ",") -> Grid:
    """Parse delimited text. Cells are stripped; blank lines count as nothing; never raises on content."""
    return parse_lines(_Lines(text), prefer, Budget(None))


def parse_lines(lines: Iterable[str], prefer: str, budget: Budget) -> Grid:
    """Parse lines that can be iterated over several times. Raises DatasetError past the budget only."""
    start, delimiter = _found(lines, prefer)
    best = _grid(lines, start, delimiter, _QUOTING[0], budget)
    if best is None or best.harm:
        best = _less_harm(best, lines, start, delimiter, budget)
    if delimiter != prefer and len(best.header) > 1 and delimiter in SPOKEN:
        best.notes.append(f"The columns are separated by {SPOKEN[delimiter]}.")
    n_repeated = sum(reason == _REPEATED for _, reason in best.ragged)
    if n_repeated:
        best.notes.append(
            f"{counted(n_repeated, 'row')} that {'repeats' if n_repeated == 1 else 'repeat'} the header set aside."
        )
    if n_ragged := len(best.ragged) - n_repeated:
        best.notes.append(f"{counted(n_ragged, 'row')} with too many or too few cells set aside.")
    return best


def _found(lines: Iterable[str], prefer: str) -> tuple[Start, str]:
    """What stands above the table, and its delimiter."""
    sample = _sample(lines)
    start = start_of(sample)
    delimiter, width = start.delimiter or "", 0
    if not delimiter:
        delimiter, width = delimiter_of(sample[start.n_lines :], prefer)
    if not any(line.strip().startswith("sep=") for line in sample[: start.n_lines]):
        start = without_header(start, sample, delimiter, width)
    return start, delimiter


class _Lines:
    """The lines of a text in memory, with any of the three line ends."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __iter__(self) -> Iterator[str]:
        return iter(io.StringIO(self.text, newline=None))


def _sample(lines: Iterable[str]) -> list[str]:
    taken: list[str] = []
    n = 0
    for line in lines:
        taken.append(line)
        n += len(line)
        if n > _SAMPLE_CHARACTERS:
            break
    return taken


def _less_harm(best: Grid | None, lines: Iterable[str], start: Start, delimiter: str, budget: Budget) -> Grid:
    """The grid of the quoting that does least harm; others are counted before one is kept, to hold one at a time."""
    chosen = None
    least = best.harm if best else None
    for quoting in _QUOTING[1:]:
        counted_only = _grid(lines, start, delimiter, quoting, budget, keep=False)
        if counted_only and (least is None or counted_only.harm < least):
            chosen, least = quoting, counted_only.harm
    if chosen is not None:
        best = None
        budget.n_bytes = 0
        best = _grid(lines, start, delimiter, chosen, budget)
    return best or Grid(["column 1"], [[]])


def _grid(
    lines: Iterable[str], start: Start, delimiter: str, quoting: dict[str, Any], budget: Budget, keep: bool = True
) -> Grid | None:
    """The grid in one quoting, None where a field has no end. keep: without it, only harm is counted."""
    records = _records(lines, start, delimiter, quoting)
    try:
        head = list(itertools.islice(records, N_HEAD))
        if not head:
            return Grid(["column 1"], [[]])
        layout = layout_of(head, start.skipped)
        grid = Grid(_unique(layout.header), notes=layout.notes)
        budget.columns(len(grid.header))
        _fill(grid, layout, itertools.chain(head, records), budget, keep)
    except csv.Error:
        return None
    return grid


def _records(lines: Iterable[str], start: Start, delimiter: str, quoting: dict[str, Any]) -> Iterator[list[str]]:
    """The filled records from the table's first line on. Raises csv.Error where a field has no end."""
    reader = csv.reader(itertools.islice(lines, start.n_lines, None), delimiter=delimiter, strict=False, **quoting)
    return _filled(reader)


def _filled(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    for record in reader:
        cells = [clean(value) for value in record]
        if any(cells):
            yield cells


def _fill(grid: Grid, layout: Layout, records: Iterator[list[str]], budget: Budget, keep: bool) -> None:
    columns, n = CellColumns(budget, map(str, range(len(grid.header)))), len(grid.header)
    for row, record, reason in _checked(layout, n, records):
        grid.n_rows = row
        if reason:
            grid.harm += len(record) != n and record != [TOO_LONG]  # which is too long in every quoting
            grid.ragged += [(row, reason)] if keep else []
            budget.take(ASIDE_BYTES if keep else 0)
            continue
        grid.harm += sum(len(value) > 2000 and value.count("\n") > 200 for value in record)
        if keep:
            columns.add(record)
            grid.rows.append(row)
    grid.cells = list(columns.columns.values())


def _checked(layout: Layout, n: int, records: Iterator[list[str]]) -> Iterator[tuple[int, list[str], str]]:
    """Number, cells and, where they cannot be used, the reason of each record below the header of n columns."""
    for row, record in enumerate(itertools.islice(records, layout.n_before, None), start=1):
        if len(record) > n and not any(record[n:]):
            record = record[:n]
        if len(record) != n:
            long = record == [TOO_LONG]
            yield row, record, LONG_LINE if long else f"The row has {counted(len(record), 'cell')}, the header {n}."
        else:  # a repeated header: several tables written one after the other
            yield row, record, _REPEATED if record == layout.header else ""


@dataclass(frozen=True)
class Form:
    """How a text that is read row by row is delimited; ``n_rows``: the records below its header."""

    header: list[str]
    n_rows: int
    start: Start
    delimiter: str
    quoting: dict[str, Any]


def form_of(lines: Iterable[str], prefer: str) -> Form:
    """How lines that can be iterated over several times are delimited, as `parse_lines` finds it; none is kept."""
    start, delimiter = _found(lines, prefer)
    budget, best, chosen = Budget(None), Grid(["column 1"], [[]]), _QUOTING[0]
    for place, quoting in enumerate(_QUOTING):
        grid = _grid(lines, start, delimiter, quoting, budget, keep=False)
        if grid is not None and (place == 0 or not best.n_rows or grid.harm < best.harm):
            best, chosen = grid, quoting
        if best.n_rows and not best.harm:
            break
    return Form(best.header, best.n_rows, start, delimiter, chosen)


def rows_of(lines: Iterable[str], form: Form) -> Iterator[tuple[int, list[str], str]]:
    """Number, cells and the reason why it cannot be used ("" where it can) of each record, one after the other."""
    records = _records(lines, form.start, form.delimiter, form.quoting)
    head = list(itertools.islice(records, N_HEAD))
    if head:
        yield from _checked(layout_of(head, form.start.skipped), len(form.header), itertools.chain(head, records))


def _unique(names: list[str]) -> list[str]:
    taken: Counter[str] = Counter()
    result = []
    for i, name in enumerate(names, start=1):
        name = name or f"column {i}"
        taken[name] += 1
        result.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return result
