"""The sign between the columns of a delimited text: the one that parts most rows into the same number of cells.

A title above the header has cells of its own, so a row of another number of cells at the very top says little. Texts
have commas too: where every row holds exactly one, the other rows below tell which sign parts the columns.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.data.read.cells import clean

DELIMITERS = (",", "\t", ";", "|")
SPOKEN = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
#: What a sign counts for whose first row has another number of cells than the others, as a title above a header has.
_TITLED = 0.9
#: So many of the rows must agree where a sign stands in place of one that a title speaks for.
_STEADY = 0.95
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")


@dataclass(frozen=True)
class Parting:
    """The rows as one sign parts them; ``width``: the number of cells that counts; ``score``: the share that has it."""

    delimiter: str
    records: list[list[str]]
    width: int
    score: float

    @property
    def header_at(self) -> int:
        """The first row of this width."""
        return next((row for row, record in enumerate(self.records) if len(record) == self.width), 0)

    @property
    def below(self) -> float:
        """The share of rows of this width from the first such row on."""
        records = self.records[self.header_at :]
        return sum(len(record) == self.width for record in records) / max(1, len(records))

    def has(self, row: int) -> bool:
        """Whether a row has the width."""
        return row < len(self.records) and len(self.records[row]) == self.width

    def spaced(self) -> bool:
        """Whether a space follows the sign in nearly every row, as it follows a comma in a sentence."""
        spaced = sum(any(cell[:1] == " " for cell in record[1:]) for record in self.records)
        return spaced >= _STEADY * len(self.records)

    def n_numbers(self) -> int:
        """Cells that are numbers, of either decimal sign."""
        return sum(_NUMBER.fullmatch(cell.strip()) is not None for record in self.records for cell in record)

    def holds(self, sign: str) -> bool:
        """Whether another sign stands in two cells or more of nearly every row, so that it is no list in one cell."""
        rows = sum(sum(sign in cell for cell in record) > 1 for record in self.records)
        return rows >= _STEADY * len(self.records)

    def holds_decimals(self, sign: str) -> bool:
        """Whether another sign, of decimals, stands inside of numbers only, and a cell beside them is no number."""
        if sign != "," or not any(self.records):
            return False
        cells = [cell.strip() for record in self.records for cell in record]
        words = any(cell and _NUMBER.fullmatch(cell) is None for cell in cells)
        return words and all(_NUMBER.fullmatch(cell) is not None for cell in cells if sign in cell)

    def quoted(self) -> bool:
        """Whether nearly every row keeps quotation marks in its cells, as where the sign stands in quoted texts."""
        rows = sum(any('"' in cell for cell in record) for record in self.records)
        return rows >= _STEADY * len(self.records)

    def padded(self) -> bool:
        """Whether the sign only follows another: commas with a tab behind each."""
        rows = sum(record[0].rstrip(" ")[-1:] in DELIMITERS for record in self.records if len(record) > 1)
        return rows >= _STEADY * len(self.records)


def delimiter_of(sample: Sequence[str], prefer: str) -> tuple[str, int]:
    """(delimiter, cells in a row) by the first lines; `prefer` and one cell where no sign parts them.

    >>> delimiter_of(["ham\\tgood, great", "spam\\tbad, worse"], ",")
    ('\\t', 2)
    >>> delimiter_of(["Export, 3 March", "id;text;label", "1;slow, late;a", "2;dark, old;b"], ",")
    (';', 3)
    """
    partings = [p for d in sorted(DELIMITERS, key=lambda d: d != prefer) if (p := _parting(sample, d)) is not None]
    if not partings:
        return prefer, 1
    best = max(partings, key=lambda parting: parting.score)
    for other in partings:
        if other is not best and _better(other, best):
            best = other
    return best.delimiter, best.width


def _parting(sample: Sequence[str], delimiter: str) -> Parting | None:
    """The rows parted by one sign, None where it makes no two cells of the first row or of most of the others."""
    records = _records(sample, delimiter)
    if not records:
        return None
    counts = Counter(map(len, records))
    first = len(records[0])
    usual, n = counts.most_common(1)[0]
    score, width = 0.0, 0
    if usual >= 2 and n > counts[first] and n >= 0.5 * len(records) and len(records) > 2:
        score, width = _TITLED * n / len(records), usual
    if first >= 2 and counts[first] / len(records) >= score:
        score, width = counts[first] / len(records), first
    return Parting(delimiter, records, width, score) if width else None


def _better(other: Parting, best: Parting) -> bool:
    """Whether a sign is the right one although `best` parts as many rows, or parts a title as well."""
    if other.score >= _STEADY and other.delimiter == "\t":
        return not other.padded()
    if other.score < best.score:
        behind_title = other.header_at > 0 and other.below >= _STEADY and not best.has(other.header_at)
        return behind_title and other.width >= best.width
    if other.score > best.score or best.delimiter == "\t":
        return False  # what stands in place of a higher score was preferred to it
    if best.quoted() != other.quoted():
        return best.quoted()
    if best.spaced() and not other.spaced():
        return other.width >= best.width
    if other.width == best.width:
        return other.n_numbers() > best.n_numbers()
    return other.width > best.width and (best.holds(other.delimiter) or other.holds_decimals(best.delimiter))


def _records(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The filled rows, their cells with the spaces at their beginnings."""
    records: list[list[str]] = []
    try:
        for record in csv.reader(lines, delimiter=delimiter, strict=False, doublequote=True):
            if any(map(clean, record)):
                records.append(record)
    except csv.Error:  # a field without an end, or an escape character at the very end
        pass
    return records
