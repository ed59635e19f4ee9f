"""Which column is what: by name first, by looking at the values where no name tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions
from advisor.core.wording import listed
from advisor.data.read.names import IMAGE_SUFFIXES, part_name, suffix
from advisor.data.read.tables import Table

LABEL_NAMES = (
    "label labels class target category intent y sentiment emotion topic tag species diagnosis gold classname "
    "categories classes classlabel targetlabel genre type"
).split()
_SPELLED = "labeltext labelname labelnames classname categoryname targetname intentname textlabel".split()
_TEXT = (
    "text sentence content review message utterance query question tweet comment document body article "
    "description abstract headline title sms post prompt input sentence1 v2 reviewtext"
).split()
_SPLIT = ["split", "part", "partition", "subset", "datasetsplit", "set", "stage", "splitname", "fold"]
_GROUP = ["group", "groups", "groupid", "patient", "patientid", "subject", "subjectid", "speaker", "speakerid"]
_PATH = (
    "path filepath imagepath imgpath file filename image imagename img imagefile imageid fname filenames images"
).split()


@dataclass(frozen=True)
class Columns:
    """The roles found; None where a table has no such column. Exactly one of `text` and `path` is used."""

    label: str
    text: str | None = None
    path: str | None = None
    split: str | None = None
    group: str | None = None


def plain(name: str) -> str:
    """A column name without case, spaces and signs.

    >>> plain("Label_Text")
    'labeltext'
    """
    return re.sub(r"[\W_]+", "", str(name).lower())


def named(table: Table, wanted: str, role: str) -> str:
    """The column a user named, also in another case. Raises DatasetError listing the columns there are."""
    columns = [str(c) for c in table.frame.columns]
    if wanted in columns:
        return wanted
    alike = [c for c in columns if c.strip().lower() == wanted.strip().lower()]
    if len(alike) == 1:
        return alike[0]
    raise DatasetError(
        f"{table.path} has no column {wanted!r} for the {role}. Its columns are {listed(columns, 20)}. "
        f"Choose one of them."
    )


def by_name(table: Table, names: list[str], without: set[str]) -> str | None:
    """The first column whose plain name stands in `names`, in the order of `names`."""
    columns = {plain(c): str(c) for c in reversed(list(table.frame.columns)) if c not in without}
    return next((columns[name] for name in names if name in columns), None)


def same_column(table: Table, name: str) -> str | None:
    """The column of a table that another table of the same dataset calls `name`; case, signs and a plural are alike."""
    columns = [str(c) for c in table.frame.columns]
    if name in columns:
        return name
    for form in (plain, lambda one: plain(one).removesuffix("s")):
        alike = [column for column in columns if form(column) == form(name) != ""]
        if len(alike) == 1:
            return alike[0]
    return None


def side_columns(table: Table, options: ReadOptions) -> tuple[str | None, str | None]:
    """(split, group) columns. A column called split counts only when its values name parts."""
    if options.split_column:
        split: str | None = named(table, options.split_column, "split")
    else:
        split = by_name(
            table, _SPLIT, {options.label_column or "", options.text_column or "", options.path_column or ""}
        )
        if split is not None and not names_parts(table.frame[split]):
            split = None
    if options.group_column:
        return split, named(table, options.group_column, "groups")
    taken = {options.label_column or "", options.text_column or "", options.path_column or "", split or ""}
    return split, by_name(table, _GROUP, taken)


def names_parts(values: pd.Series) -> bool:
    """Whether the filled cells mostly name train, val or test (or none is filled at all)."""
    filled = values[values != ""]
    return not len(filled) or float(filled.map(lambda v: part_name(v) is not None).mean()) >= 0.5


def path_column(table: Table, options: ReadOptions) -> str | None:
    """The column of image paths: the one named, else the one whose values end like images, else one called so."""
    if options.path_column:
        return named(table, options.path_column, "image paths")
    taken = {options.label_column or "", options.text_column or ""}
    sample = table.frame.head(500)
    for column in sample.columns:
        values = sample[column][sample[column] != ""]
        if column not in taken and len(values) and (values.map(suffix).isin(IMAGE_SUFFIXES)).mean() >= 0.8:
            return str(column)
    return by_name(table, _PATH, taken)


def text_column(table: Table, options: ReadOptions, without: set[str]) -> str:
    """The column of texts: the one named, else one called text or sentence, else the one with the longest values.

    Raises DatasetError naming the columns when there is none.
    """
    if options.text_column:
        return named(table, options.text_column, "texts")
    sample = table.frame.head(2000)
    lengths = {}
    for column in sample.columns:
        values = sample[column][sample[column] != ""]
        if column in without or column == options.label_column or not len(values) or _is_address(values):
            continue
        lengths[str(column)] = float(values.str.len().mean())
    sure = by_name(table, ["text", "sentence"], without | (set(map(str, sample.columns)) - set(lengths)))
    if sure:
        return sure
    label = options.label_column or by_name(table, LABEL_NAMES, without)
    candidates = {c: n for c, n in lengths.items() if c != label and not _is_number(sample[c])}
    if candidates:
        return max(candidates, key=lambda c: (candidates[c], plain(c) in _TEXT))
    raise DatasetError(
        f"{table.path} has no column of texts. Its columns are {listed(map(str, sample.columns), 20)}. "
        f"Name the column with the option text_column (--text-column)."
    )


def label_column(table: Table, options: ReadOptions, without: set[str], common: frozenset[str] | None = None) -> str:
    """The column of labels: the one named, else by its name, else the one with few, often repeated, short values.

    ``common``: the columns that every other table of the dataset has too. Where no name tells, the column that a test
    table lacks is preferred; of a number and its name, the one that all tables have. Raises DatasetError naming the
    columns when there is none.
    """
    shared = frozenset(map(str, table.frame.columns)) if common is None else common
    if options.label_column:
        return named(table, options.label_column, "labels")
    called = by_name(table, LABEL_NAMES, without)
    spelled = by_name(table, _SPELLED, without | {called or ""})
    if called and spelled and _one_to_one(table.frame[called], table.frame[spelled]):
        return spelled if spelled in shared or called not in shared else called
    if called or spelled:
        return called or spelled or ""
    candidates = {}
    for column in table.frame.columns:
        values = table.frame[column][table.frame[column] != ""]
        n_distinct = values.nunique()
        if column not in without and 2 <= n_distinct <= max(2, len(values) // 2) and values.str.len().mean() <= 60:
            candidates[str(column)] = (column in shared, _is_number(values), n_distinct)
    if candidates:
        return min(candidates, key=lambda c: candidates[c])
    raise DatasetError(
        f"{table.path} has no column of labels. Its columns are {listed(map(str, table.frame.columns), 20)}. "
        f"Call it label, or name it with the option label_column (--label-column)."
    )


def _one_to_one(one: pd.Series, other: pd.Series) -> bool:
    pairs = pd.DataFrame({"a": one.to_numpy(), "b": other.to_numpy()}).drop_duplicates()
    return bool(pairs["a"].is_unique and pairs["b"].is_unique) and "" not in set(pairs["b"])


def _is_number(values: pd.Series) -> bool:
    filled = values[values != ""].head(500)
    return bool(len(filled)) and bool(filled.str.fullmatch(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?").all())


def _is_address(values: pd.Series) -> bool:
    return float(values.head(500).str.match(r"(https?://|www\.)\S+$").mean()) >= 0.8
