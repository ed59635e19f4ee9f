"""Values of any format as the strings that a CSV would hold, and columns of them."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from advisor.data.read.bounds import ROW_BYTES, SLOT_BYTES, Budget
from advisor.data.read.text_encoding import decode

#: Characters without a width or meaning at the ends of a cell: zero-width spaces and joiners, BOMs, direction marks.
_EDGES = "".join(map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0x00AD]))
_SPACES = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_STRIPPED = _EDGES + _SPACES
#: Strings of so many characters are kept once, so many different ones of a table: its labels.
SHARED_CHARACTERS, MOST_SHARED = 40, 20_000


def clean(text: str) -> str:
    r"""A cell without space, zero-width characters and BOMs at its ends, and without NUL characters.

    >>> clean(" a\0b\u200b\ufeff "), clean("\u200b\u200d")
    ('ab', '')
    """
    text = text.strip()
    if text.isascii():
        return text.replace("\0", "").strip() if "\0" in text else text
    text = text.strip(_STRIPPED)
    return text.replace("\0", "").strip(_STRIPPED) if "\0" in text else text


def cell(value: Any) -> str:
    """One value as the stripped string it would have in a CSV; "" for null and NaN.

    >>> cell(3.0), cell(None), cell(float("nan")), cell(" NA "), cell(True)
    ('3', '', '', 'NA', 'true')
    """
    if isinstance(value, str):
        text = clean(value)
    elif value is None:
        return ""
    elif isinstance(value, bool):
        return str(value).lower()
    elif isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    elif isinstance(value, Decimal):
        return _decimal(value)
    elif isinstance(value, bytes):
        text = clean(decode(value).text)
    elif isinstance(value, (list, tuple, dict)):
        text = clean(_nested(value))
    else:
        text = clean(_string(value))
    return whole(text)


def whole(text: str) -> str:
    r"""A text without halves of characters, which no file can hold.

    >>> whole("a\ud800é"), whole("aé")
    ('a?é', 'aé')
    """
    return text.encode("utf-8", "replace").decode() if _has_surrogates(text) else text


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return "" if value.is_nan() else str(value)
    return f"{value.to_integral_value():f}" if value == value.to_integral_value() else f"{value.normalize():f}"


def _nested(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=cell)
    except (RecursionError, TypeError, ValueError):
        return ""


def _string(value: Any) -> str:
    try:
        return str(value)
    except (ValueError, OverflowError):  # a whole number of more digits than Python writes, a date out of range
        return ""


def _has_surrogates(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


class CellColumns:
    """Columns of cells that grow row by row; short cells that repeat are kept once, and memory is counted."""

    def __init__(self, budget: Budget, names: Iterable[str] = ()) -> None:
        self.budget = budget
        self.columns: dict[str, list[str]] = {name: [] for name in names}
        self.n_rows = self._n_given = 0
        self._shared: dict[str, str] = {}
        budget.columns(len(self.columns))

    def add(self, values: Iterable[str]) -> None:
        """Add a row with a cell for each column."""
        taken = ROW_BYTES
        for column, value in zip(self.columns.values(), values, strict=True):
            column.append(self._kept(value))
            taken += SLOT_BYTES + (0 if len(value) <= SHARED_CHARACTERS and value in self._shared else _memory(value))
        self._n_given += len(self.columns)
        self._count(taken)

    def add_record(self, record: Mapping[str, Any]) -> None:
        """Add a row of named values; cells that no record names are empty, and filled in when they are passed."""
        taken = ROW_BYTES
        for name, value in record.items():
            column = self.columns.get(name) or self._column(whole(str(name)))
            if len(column) > self.n_rows:  # 1 and "1" are one name
                continue
            self._fill(column)
            text = cell(value)
            taken += SLOT_BYTES + (0 if len(text) <= SHARED_CHARACTERS and text in self._shared else _memory(text))
            column.append(self._kept(text))
            self._n_given += 1
        self._count(taken)

    def _column(self, name: str) -> list[str]:
        if name not in self.columns:
            self.budget.columns(len(self.columns) + 1)
            self.columns[name] = []
        return self.columns[name]

    def _fill(self, column: list[str]) -> None:
        if (missing := self.n_rows - len(column)) > 0:
            self.budget.take(SLOT_BYTES * missing)
            column.extend([""] * missing)

    def frame(self) -> pd.DataFrame:
        """The columns as a data frame of strings. Raises DatasetError where nearly all cells of many are empty."""
        self.budget.filled(self._n_given, self.n_rows, len(self.columns))
        for column in self.columns.values():
            self._fill(column)
        series = {name: pd.Series(values, dtype=object) for name, values in self.columns.items()}
        return pd.DataFrame(series, index=range(self.n_rows))

    def _kept(self, value: str) -> str:
        if len(value) > SHARED_CHARACTERS:
            return value
        known = self._shared.get(value)
        if known is None and len(self._shared) < MOST_SHARED:
            self._shared[value] = value
        return known if known is not None else value

    def _count(self, taken: int) -> None:
        self.n_rows += 1
        self.budget.take(taken)
        if self.n_rows % 4096 == 0:
            self.budget.rows(self.n_rows)


def _memory(text: str) -> int:
    return sys.getsizeof(text)
