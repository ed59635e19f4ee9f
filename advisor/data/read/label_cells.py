"""Labels as cells spell them: one name, a list of one, or several at once, which need a decision first.

How a column writes its labels is decided once, from the cells of every table of the dataset: a test table may hold
lists of one only where the training table has several.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.option_words import with_option
from advisor.core.records import ReadOptions
from advisor.core.wording import counted, listed
from advisor.data.read.answers import nested
from advisor.data.read.column_values import MANY_NUMBERS, are_measurements, are_whole, filled, is_number
from advisor.data.read.label_sets import FEW_SEVERAL, NO_LABEL, Labels, are_sets, as_sets, no_labels
from advisor.data.read.names import class_name, natural
from advisor.data.read.number_ranges import NumberRanges, NumbersError

SEPARATORS = {"|": "vertical bars", ";": "semicolons", ",": "commas", "/": "slashes", "+": "plus signs", " ": "spaces"}
#: A list in brackets that neither JSON nor Python reads: `[good food]`, `{good,food}`, NumPy's `['good' 'food']`.
_BRACKETED = re.compile(r"\s*[\[({](.*)[\])}]\s*", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_SPACED = re.compile(r"\[.*['\"]\s+['\"].*\]", re.DOTALL)
_WHOLE = re.compile(r"([-+]?\d+)\.0*")
_DECIMALS = re.compile(r"[-+]?\d+(,\d+)?")
_NAME_KEYS = ("label", "name", "class", "text", "title", "value", "id")


def spelled(name: str) -> str:
    """A label as its class is spelled; a whole number is the same class with a decimal point.

    >>> spelled("1.0"), spelled("1"), spelled("1.5"), spelled("v1.0"), spelled(" a  b ")
    ('1', '1', '1.5', 'v1.0', 'a b')
    """
    plain = class_name(name).removeprefix("__label__")
    whole = _WHOLE.fullmatch(plain)
    return plain if whole is None else str(int(whole[1])) if whole[1].isascii() else whole[1]


def read_labels(cells: Sequence[pd.Series], options: ReadOptions, where: str, called_so: bool) -> list[Labels]:
    """The labels of each of the tables; where: the column and its table, for sentences.

    called_so: the column is called like labels, so that whole numbers in it are codes of classes.

    Where many rows have several labels, each is learned for itself, unless the user wants another thing. Raises
    DatasetError where the user wants one class and did not say what to do with these rows, and where the labels are
    numbers that measure something.
    """
    every = pd.concat(list(cells), ignore_index=True)
    if are_measurements(every) and not (called_so and are_whole(every)):
        if options.number_ranges is None:
            raise NumbersError(_measured(filled(every), where))
        ranges = NumberRanges.of(filled(every), options.number_ranges)
        return [Labels(ranges.named(own), no_labels(own), [ranges.sentence]) for own in cells]
    atoms_of, way = _reader(filled(every))
    read: dict[str, tuple[str, ...]] = {
        cell: tuple(dict.fromkeys(filter(None, map(spelled, atoms_of(cell))))) for cell in every.unique()
    }
    n_of = every.map(lambda cell: len(read[cell]))
    n_several, n_labelled = int((n_of > 1).sum()), int((n_of > 0).sum())
    notes = _many_numbers(every, read)
    if are_sets(options, n_several, n_labelled):
        written = f", separated by {SEPARATORS[way]}" if way in SEPARATORS else ""
        return as_sets(cells, read, options, notes, written)
    if n_several:
        wanted = options.several_labels or ("single" if n_several <= FEW_SEVERAL * n_labelled else None)
        several = {cell: atoms for cell, atoms in read.items() if len(atoms) > 1}
        if wanted is None:
            raise DatasetError(_undecided(every, read, n_several, n_labelled, way, where))
        if wanted == "combine":
            combined = {cell: (" + ".join(sorted(atoms, key=natural)),) for cell, atoms in several.items()}
            read |= combined
            n = counted(len(set(combined.values())), "combination")
            notes.append(f"{counted(n_several, 'row')} have several labels; each of the {n} is a class of its own.")
        else:
            notes.append(f"{counted(n_several, 'row')} with several labels set aside; one label per item is read.")
    elif way == "list":
        objects = all(isinstance(nested(cell), dict) for cell in filled(every).unique())
        written = "an object, and its name is read" if objects else "written as a list of one, and read as its item"
        notes.append(f"Each label is {written}.")
    return [_labels(column, read, notes) for column in cells]


def are_lists(values: pd.Series) -> bool:
    """Whether cells are lists of labels, or hold several apart by a sign."""
    return bool(_reader(filled(values))[1])


def _labels(cells: pd.Series, read: dict[str, tuple[str, ...]], notes: list[str]) -> Labels:
    values = cells.map(lambda cell: read[cell][0] if len(read[cell]) == 1 else "").astype(object)
    several = {cell: f"The row has {len(a)} labels ({listed(a, 4)})." for cell, a in read.items() if len(a) > 1}
    reasons = cells.map(lambda cell: several.get(cell, NO_LABEL)).where(values == "", "").astype(object)
    return Labels(values, reasons, notes)


def _reader(cells: pd.Series) -> tuple[Any, str]:
    """(a function from a cell to its labels, the way they are written: "list", a separator or "")."""
    counts = Counter(cells)
    n = sum(counts.values())
    proper = sum(k for cell, k in counts.items() if nested(cell) is not cell or _python_tuple(cell) is not None)
    loose = sum(k for cell, k in counts.items() if _BRACKETED.fullmatch(cell))
    if n and (proper >= 0.2 * n or loose >= 0.95 * n):
        return _in_list, "list"
    if proper and all(isinstance(nested(cell), (list, tuple)) for cell in counts if cell[:1] == "["):
        return lambda cell: _in_list(cell) if cell[:1] == "[" else [cell], "list"
    separator = next((sign for sign in SEPARATORS if _separates(sign, list(counts))), "")
    return (lambda cell: cell.split(separator) if separator else [cell]), separator


def _python_tuple(cell: str) -> list[Any] | None:
    if cell[:1] != "(" or not cell.endswith(")"):
        return None
    value = nested(f"[{cell[1:-1]}]")
    return value if isinstance(value, list) and ("'" in cell or '"' in cell or cell.endswith(",)")) else None


def _in_list(cell: str) -> list[str]:
    """The labels in a list of any writing; of a dictionary, the names of what is 1, true or most likely, or what
    it calls a label.

    >>> _in_list('["a", "b"]'), _in_list("('a',)"), _in_list("['a' 'b']"), _in_list("{a,b}"), _in_list("[]")
    (['a', 'b'], ['a'], ['a', 'b'], ['a', 'b'], [])
    >>> _in_list('{"good": 0.9, "bad": 0.1}')
    ['good']
    >>> _in_list('{"good": 1, "bad": 0}'), _in_list('[{"name": "a"}]'), _in_list("good")
    (['good'], ['a'], ['good'])
    """
    apart = _SPACED.search(cell) is not None  # Python would put neighbouring strings together
    value = cell if apart else nested(cell)
    value = _python_tuple(cell) if value is cell and not apart else value
    if value is not None and not isinstance(value, str):
        return _flat(value)
    bracketed = _BRACKETED.fullmatch(cell)
    if bracketed is None:
        return [cell]
    inside = bracketed[1]
    quoted = [one or other for one, other in _QUOTED.findall(inside)]
    return quoted or re.split(r"\s*[,;|]\s*" if re.search(r"[,;|]", inside) else r"\s+", inside.strip())


def _flat(value: Any) -> list[str]:
    if isinstance(value, dict):
        marks = list(value.values())
        if marks and all(isinstance(mark, (bool, int, float)) for mark in marks):
            sure = [str(name) for name, mark in value.items() if mark == 1]
            return sure or [str(name) for name, mark in value.items() if 0.5 < mark < 1]
        named = next((value[key] for key in _NAME_KEYS if key in value), None)
        return _flat(named)
    if isinstance(value, (list, tuple, set)):
        return [name for one in value for name in _flat(one)]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [] if value is None else [str(value)]


def _separates(separator: str, cells: list[str]) -> bool:
    """Whether cells hold several labels apart by a sign: few names make up many combinations, at changing places.

    A name with a comma in it makes up one cell, and the first half of `red, large` always stands first. Bars and
    semicolons are rarer in names, so for them it is enough that a name stands alone too, and another follows several.

    >>> _separates("|", ["bad", "good", "bad|food", "good|food"]), _separates("|", ["food", "food|soup", "food|tea"])
    (True, False)
    """
    split = [[class_name(atom) for atom in cell.split(separator)] for cell in cells]
    several = [atoms for atoms in split if len(atoms) > 1]
    if not several or any(not atom for atoms in several for atom in atoms):
        return False
    if separator == "," and all(_DECIMALS.fullmatch(cell) for cell in cells):
        return False
    names = {atom for atoms in split for atom in atoms}
    most = len(cells) / 2 if separator in " /+" else len(cells) - 1
    if len(names) > most:
        return False
    if separator in "|;" and _cross(several, {atoms[0] for atoms in split if len(atoms) == 1}):
        return True
    places: dict[str, set[int]] = {}
    for atoms in split:
        for place, atom in enumerate(atoms):
            places.setdefault(atom, set()).add(place)
    return sum(len(where) > 1 for where in places.values()) >= (0.5 * len(names) if separator in " /+" else 1)


def _cross(several: list[list[str]], alone: set[str]) -> bool:
    """Whether a name that stands alone is combined too, and one follows several others: a tree has one parent each."""
    before: dict[str, set[str]] = {}
    for atoms in several:
        for first, second in pairwise(atoms):
            before.setdefault(second, set()).add(first)
    return any(not alone.isdisjoint(atoms) for atoms in several) and any(len(names) > 1 for names in before.values())


def _undecided(
    every: pd.Series, read: dict[str, tuple[str, ...]], n_several: int, n_labelled: int, way: str, where: str
) -> str:
    combinations = Counter(tuple(sorted(read[cell])) for cell in every if read[cell])
    example = max((c for c in combinations if len(c) > 1), key=lambda c: (combinations[c], c))
    names = {name for names in combinations for name in names}
    written = "" if way == "list" else f", separated by {SEPARATORS[way]}"
    n_single = n_labelled - n_several
    single = f", single uses only the {counted(n_single, 'row')} with one label" if n_single else ""
    return (
        f"{n_several:,} of {counted(n_labelled, 'labelled row')} have several labels in {where}{written}, such as "
        f"{listed(example, 3)}: {counted(len(names), 'label')} in {counted(len(combinations), 'combination')}. "
        f"One class per item was asked for. Choose {with_option('several_labels')}: each learns every label for "
        f"itself, combine makes each combination a class{single}. Or name a column with one label "
        f"{with_option('label_column')}."
    )


def _many_numbers(every: pd.Series, read: dict[str, tuple[str, ...]]) -> list[str]:
    """A sentence where the classes are many whole numbers with few items each."""
    names = pd.Series([name for atoms in read.values() for name in atoms], dtype=object).drop_duplicates()
    if len(names) <= MANY_NUMBERS or not is_number(names) or len(every) >= MANY_NUMBERS * len(names):
        return []
    return [
        f"The classes are {len(names):,} different numbers. If they measure something, such as an age, divide them "
        f"into 3 to 5 ranges in a column of their own: classes have no order."
    ]


def _measured(values: pd.Series, where: str) -> str:
    numbers = sorted({float(v.replace(",", ".")) for v in values.unique()})
    steps = [b - a for a, b in pairwise(numbers)]
    kind = "numbers" if min(steps, default=1) >= 1 else "decimals"
    codes = "call the column label" if are_whole(values) else "write a letter before each, such as c1.5"
    return (
        f"The labels in {where} are {kind} with {len(numbers):,} different values ({numbers[0]:g} to {numbers[-1]:g}): "
        f"a number to be predicted (regression), which is not offered yet. Read them as ranges with as many items each "
        f"{with_option('number_ranges', '4')}, or name another column {with_option('label_column')}. If they are codes "
        f"of classes, {codes}."
    )
