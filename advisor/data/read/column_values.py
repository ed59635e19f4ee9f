"""What the values of one column can be: a name such as `subject`, `group` or `set` means several things."""

from __future__ import annotations

import re

import pandas as pd

from advisor.data.read.names import part_inside, part_name

#: So many rows at the start of a table tell what a column holds.
N_SEEN = 2000
MAX_LABEL_CHARACTERS = 60
#: Values of which so many are different, in so many rows, are numbers or names of rows and no classes.
UNIQUE_SHARE, UNIQUE_ROWS = 0.9, 10
#: The name of a group is a word or two, as in "patient 17".
MAX_GROUP_WORDS = 3.0
#: So many different decimals are a measured quantity; fewer may be ratings.
MANY_NUMBERS = 20
YES, NO = frozenset("1 1.0 true yes t y".split()), frozenset("0 0.0 -1 -1.0 false no f n".split())
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_WHOLE = re.compile(r"[-+]?\d+([.,]0*)?")
_IDENTIFIER = re.compile(r"[\w.:/#-]{1,64}", re.ASCII)


def filled(values: pd.Series) -> pd.Series:
    """The cells that hold something."""
    return values[values != ""]


def names_parts(values: pd.Series) -> bool:
    """Whether the filled cells mostly name train, val or test (or none is filled at all)."""
    cells = filled(values)
    return not len(cells) or float(cells.map(lambda v: part_name(v) is not None).mean()) >= 0.5


def are_parts(values: pd.Series) -> bool:
    """Whether every cell names a part, training is among them, and another one is: `Training` and `PrivateTest`."""
    if values.nunique() > MANY_NUMBERS:
        return False
    parts = [part_name(name) or part_inside(name) for name in values.unique()]
    return None not in parts and "train" in parts and len(set(parts)) > 1


def are_flags(values: pd.Series) -> bool:
    """Whether every filled cell says yes or no, and both occur."""
    distinct = set(values.str.lower().unique()) - {""}
    return distinct <= YES | NO and bool(distinct & YES) and bool(distinct & NO)


def is_number(values: pd.Series) -> bool:
    """Whether every filled cell is a number, and there is one."""
    cells = filled(values).head(N_SEEN)
    return bool(len(cells)) and bool(cells.map(lambda v: _NUMBER.fullmatch(v) is not None).all())


def are_measurements(values: pd.Series) -> bool:
    """Whether the cells are a measured quantity and no classes: many different numbers, decimal or far apart."""
    cells = filled(values)
    distinct = cells.unique()
    if len(distinct) <= MANY_NUMBERS or not is_number(pd.Series(distinct, dtype=object)):
        return False
    if not are_whole(cells):
        return True
    numbers = sorted(float(v.replace(",", ".")) for v in distinct)
    sparse = numbers[-1] - numbers[0] + 1 > 2 * len(distinct)
    return sparse and len(distinct) < UNIQUE_SHARE * len(cells) and len(cells) < 10 * len(distinct)


def are_whole(values: pd.Series) -> bool:
    """Whether every filled cell is a whole number."""
    return all(_WHOLE.fullmatch(v) for v in filled(values).unique())


def are_number_rows(values: pd.Series) -> bool:
    """Whether each of the first filled cells holds many numbers, as of the pixels of an image."""
    cells = filled(values).head(50)
    return bool(len(cells)) and float(cells.str.fullmatch(r"[\[\]()\d\s.,;eE+-]{32,}").mean()) >= 0.9


def is_address(values: pd.Series) -> bool:
    """Whether most of the filled cells are web addresses."""
    cells = filled(values).head(500)
    return bool(len(cells)) and float(cells.str.match(r"(https?://|www\.)\S+$").mean()) >= 0.8


def are_identifiers(values: pd.Series) -> bool:
    """Whether the filled cells are numbers or codes of one word, such as T0017 or 12-b, and hardly one comes twice."""
    cells = filled(values).head(N_SEEN)
    if not len(cells) or cells.nunique() < UNIQUE_SHARE * len(cells):
        return False
    return bool(cells.map(lambda v: _IDENTIFIER.fullmatch(v) and any(c.isdigit() for c in v)).mean() >= 0.95)


def are_texts(values: pd.Series) -> bool:
    """Whether the filled cells are read as language: several words each, and mostly different ones."""
    cells = filled(values).head(N_SEEN)
    if len(cells) < 0.2 * len(values.head(N_SEEN)) or not len(cells) or is_address(cells):
        return False
    return _mean_words(cells) >= 2 and cells.nunique() >= min(0.5 * len(cells), 200) and not is_number(cells)


def may_be_labels(values: pd.Series) -> bool:
    """Whether a column called like labels can hold some: two classes or more, of several rows, with short names."""
    cells = filled(values)
    n = cells.nunique()
    if n < 2 or float(cells.str.len().mean()) > MAX_LABEL_CHARACTERS:
        return False
    return len(cells) < UNIQUE_ROWS or n < UNIQUE_SHARE * len(cells)


def look_like_labels(values: pd.Series) -> bool:
    """Whether a column of any name holds few, often repeated, short values."""
    cells = filled(values)
    n = cells.nunique()
    return bool(2 <= n <= max(2, len(cells) // 2) and float(cells.str.len().mean()) <= MAX_LABEL_CHARACTERS)


def may_be_groups(values: pd.Series) -> bool:
    """Whether a column called like groups holds some: two or more, with short names and no sentences."""
    cells = filled(values)
    return cells.nunique() >= 2 and _mean_words(cells.head(N_SEEN)) <= MAX_GROUP_WORDS


def _mean_words(cells: pd.Series) -> float:
    return float(cells.map(lambda cell: len(cell.split())).mean())
