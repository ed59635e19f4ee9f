"""Which column is what: by name first, and by its values where no name tells or the name means several things."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.option_words import with_option
from advisor.core.records import ReadOptions
from advisor.core.wording import listed
from advisor.data.read.column_values import (
    are_flags,
    are_identifiers,
    are_measurements,
    are_number_rows,
    are_parts,
    are_texts,
    filled,
    is_address,
    is_number,
    look_like_labels,
    may_be_groups,
    may_be_labels,
    names_parts,
)
from advisor.data.read.label_cells import are_lists
from advisor.data.read.names import IMAGE_SUFFIXES, suffix
from advisor.data.read.nested_records import last_word
from advisor.data.read.tables import Table

LABEL_NAMES = (
    "label labels class target category intent y sentiment emotion topic tag species diagnosis gold classname "
    "categories classes classlabel targetlabel tags genre genres type"
).split()
_SPELLED = "labeltext labelname labelnames classname categoryname targetname intentname textlabel".split()
#: Names that mean labels and nothing else; a category or a type may describe the item.
SURE_NAMES = frozenset("label labels target y gold classlabel targetlabel".split())
#: Names of what is often predicted, and of what describes an item or its writer, where no column is called a label.
OUTCOMES = "spam isspam toxic istoxic rating ratings stars starrating score overall polarity stance outcome".split()
CIRCUMSTANCES = frozenset(
    "date day month year time created createdat updated timestamp author user username userid reviewer agent location "
    "country city language lang source platform device url product productid gender sex helpful verified".split()
)
#: Ratings have so many values at most; votes and points have more.
MANY_RATINGS = 10
TEXT_NAMES = (
    "text sentence content review message utterance query question tweet comment document body article "
    "description abstract headline title sms post prompt input sentence1 v2 reviewtext"
).split()
_SPLIT = ["split", "part", "partition", "subset", "datasetsplit", "set", "stage", "splitname", "fold"]
#: Columns of yes and no for one part, by their plain names.
FLAGS = {
    **dict.fromkeys(("istrain", "istraining", "istrainingimage", "trainingset"), "train"),
    **dict.fromkeys(("istest", "istesting", "istestset", "istestimage"), "test"),
    **dict.fromkeys(("isval", "isvalid", "isvalidation", "isdev"), "val"),
}
_GROUP = ["group", "groups", "groupid", "patient", "patientid", "subject", "subjectid", "speaker", "speakerid"]
_PATH = (
    "path filepath imagepath imgpath file filename image imagename img imagefile imageid fname filenames images "
    "imgid photo picture id"
).split()


#: By which name the field of an object is meant where the user names the object.
_ROLE_NAMES = {"labels": [*LABEL_NAMES, *_SPELLED], "texts": TEXT_NAMES, "image paths": _PATH}


@dataclass(frozen=True)
class Columns:
    """The roles found; None where a table has no such column. Exactly one of `text` and `path` is used.

    ``more_texts``: columns whose texts follow those of `text`, a blank line between them. ``labels_from``: the columns
    of zeros and ones that the label is made of, in words, where that is no column of its own.
    """

    label: str
    text: str | None = None
    path: str | None = None
    split: str | None = None
    group: str | None = None
    more_texts: tuple[str, ...] = ()
    labels_from: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Every column of texts, in the order in which they are joined."""
        return (*filter(None, [self.text]), *self.more_texts)

    @property
    def labels_in_words(self) -> str:
        """Where the labels come from, as the end of a sentence."""
        if self.labels_from:
            return f"labels from {self.labels_from}; the column that holds a 1 is the class"
        return f"labels from {in_words(self.label)}"

    @property
    def used(self) -> set[str]:
        """Every column that has a role."""
        return {c for c in (self.label, self.path, self.split, self.group, *self.texts) if c}

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The columns by the names that `ReadOptions` has for their roles; labels from several columns are left out."""
        by_role = {
            "label_column": (None if self.labels_from else self.label,),
            "text_column": self.texts,
            "path_column": (self.path,),
            "split_column": (self.split,),
            "group_column": (self.group,),
        }
        return {role: there for role, columns in by_role.items() if (there := tuple(filter(None, columns)))}


def plain(name: str) -> str:
    """A column name without case, spaces and signs.

    >>> plain("Label_Text")
    'labeltext'
    """
    return re.sub(r"[\W_]+", "", str(name).lower())


def in_words(*columns: str, most: int = 6) -> str:
    """Columns in a sentence, at most so many; those without a name are called by their places.

    >>> in_words("title"), in_words("column 2"), in_words("title", "body")
    ('column title', 'column 2', 'columns title and body')
    """
    numbered = all(re.fullmatch(r"column \d+", column) for column in columns)
    start = "" if numbered else "column " if len(columns) == 1 else "columns "
    return start + listed(columns, most)


def columns_there(columns: Iterable[object]) -> str:
    """A sentence on the columns of a table.

    >>> columns_there(["id", "text"]), columns_there(["text"])
    ('Its columns are id and text.', 'Its only column is text.')
    """
    names = [str(column) for column in columns]
    return f"Its columns are {listed(names, 20)}." if len(names) != 1 else f"Its only column is {names[0]}."


def named(table: Table, wanted: str, role: str) -> str:
    """The column a user named, also in another case, by its last word, or by the object that it alone comes from.

    Raises DatasetError listing the columns there are.
    """
    columns = [str(c) for c in table.frame.columns]
    if wanted in columns:
        return wanted
    plainly, names = wanted.strip().lower(), _ROLE_NAMES.get(role, ())
    fields = [c for c in columns if c in table.nested and c.lower().startswith(f"{plainly}.")]
    for alike in (
        [c for c in columns if c.strip().lower() == plainly],
        [c for c in columns if c in table.nested and last_word(c).lower() == plainly],
        [c for c in fields if plain(last_word(c)) in names],
        fields,
    ):
        if len(alike) == 1:
            return alike[0]
    raise DatasetError(
        f"{table.path} has no column {wanted!r} for the {role}. {columns_there(columns)} Choose one of them."
    )


def all_named(table: Table, wanted: str, role: str) -> tuple[str, ...]:
    """The columns that a user named, apart by commas; one whose own name has a comma is found first.

    Raises DatasetError listing the columns there are.
    """
    columns = {str(c).strip().lower() for c in table.frame.columns}
    pieces, names = wanted.split(","), []
    while pieces:
        ends = range(len(pieces), 0, -1)
        n = next((end for end in ends if ",".join(pieces[:end]).strip().lower() in columns), 1)
        names.append(",".join(pieces[:n]).strip())
        pieces = pieces[n:]
    return tuple(dict.fromkeys(named(table, name, role) for name in names if name)) or (named(table, wanted, role),)


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
    """(split, group) columns. One called so counts when its values name parts, or can be the names of groups."""
    frame = table.frame
    chosen = {options.label_column or "", options.path_column or "", *(options.text_column or "").split(",")}
    if options.split_column:
        split: str | None = named(table, options.split_column, "split")
    else:
        split = next((c for c in all_by_name(table, _SPLIT, chosen) if names_parts(frame[c])), None)
        split = split or next((c for c in all_by_name(table, list(FLAGS), chosen) if are_flags(frame[c])), None)
        own = [c for c in map(str, frame.columns) if c not in table.nested]
        split = split or next((c for c in own if _is_split(c, frame[c], chosen)), None)
    if options.group_column:
        return split, named(table, options.group_column, "groups")
    taken = {*chosen, split or ""}
    return split, next((c for c in all_by_name(table, _GROUP, taken) if may_be_groups(frame[c])), None)


def _is_split(column: str, values: pd.Series, chosen: set[str]) -> bool:
    """Whether a column of any name, but those of labels, names training and another part in every row."""
    return column not in chosen and not called_like_labels(column) and are_parts(values)


def all_by_name(table: Table, names: list[str], without: set[str]) -> list[str]:
    """The columns whose plain name stands in `names`, in the order of `names`."""
    columns = {plain(c): str(c) for c in reversed(list(table.frame.columns)) if c not in without}
    return [columns[name] for name in names if name in columns]


def label_names() -> list[str]:
    """The plain names of columns of labels, of numbers and of their names."""
    return [*LABEL_NAMES, *_SPELLED]


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


def text_columns_of(table: Table, options: ReadOptions, without: set[str]) -> tuple[str, ...]:
    """The columns of texts: those named, else one called text or sentence, else the one with the longest values.

    Raises DatasetError naming the columns when there is none.
    """
    if options.text_column:
        return all_named(table, options.text_column, "texts")
    sample = table.frame.head(2000)
    columns = [str(c) for c in sample.columns if c not in without and c != options.label_column]
    columns = [c for c in columns if len(filled(sample[c])) and not is_address(sample[c])]
    lengths = {c: float(filled(sample[c]).str.len().mean()) for c in columns}
    sure = by_name(table, ["text", "sentence"], without | (set(map(str, sample.columns)) - set(lengths)))
    if sure and not (are_identifiers(sample[sure]) and any(are_texts(sample[c]) for c in columns if c != sure)):
        return (sure,)
    own = max((n for c, n in lengths.items() if c not in table.nested), default=0.0)
    inside = _fields(table, ["text", "sentence"], without)
    if inside and inside[0] in lengths and lengths[inside[0]] >= own:
        return (inside[0],)
    label = options.label_column or by_name(table, LABEL_NAMES, without)
    candidates = {c: n for c, n in lengths.items() if c != label and not is_number(sample[c])}
    if candidates:
        longest = max(candidates, key=lambda c: (candidates[c], plain(c) in TEXT_NAMES))
        if are_number_rows(sample[longest]):
            raise DatasetError(
                f"The {in_words(longest)} of {table.path} holds many numbers in each cell, as of pixels or "
                f"measurements, and no texts. Write each row as an image into a folder of its class, or name "
                f"a column of texts {with_option('text_column')}."
            )
        return (longest,)
    raise DatasetError(
        f"{table.path} has no column of texts. {columns_there(table.frame.columns)} "
        f"Name the column {with_option('text_column')}."
    )


def label_column(table: Table, options: ReadOptions, without: set[str], common: frozenset[str] | None = None) -> str:
    """The column of labels: the one named, else by its name, else the one with few, often repeated, short values.

    A column called like labels counts when its values can be some; numbers that measure something keep it, and are
    refused later. ``common``: the columns that every other table of the dataset has too. Where no name tells, the
    column that a test table lacks is preferred; of a number and its name, the one that all tables have. Raises
    DatasetError naming the columns when there is none.
    """
    frame = table.frame
    shared = frozenset(map(str, frame.columns)) if common is None else common
    if options.label_column:
        return named(table, options.label_column, "labels")
    called_so = all_by_name(table, LABEL_NAMES, without)
    called = next((c for c in called_so if _are_labels(frame[c])), None)
    spelled = by_name(table, _SPELLED, without | {called or ""})
    if called and spelled and _one_to_one(frame[called], frame[spelled]):
        return spelled if spelled in shared or called not in shared else called
    if called or spelled:
        return called or spelled or ""
    inside = [c for c in _fields(table, label_names(), without) if _are_labels(frame[c])]
    if inside and (_tells(inside[0]) or not table.nested.isdisjoint(without)) and not _has_outcome(table, without):
        return inside[0]
    candidates = {}
    for column in map(str, frame.columns):
        if column not in without and column not in called_so and look_like_labels(frame[column]):
            rank, *rest = _likely(last_word(column) if column in table.nested else column, frame[column])
            candidates[column] = (column in shared, rank, column in table.nested and column not in inside, *rest)
    if candidates:
        return min(candidates, key=lambda c: candidates[c])
    measured = [c for c in map(str, frame.columns) if c not in without and are_measurements(frame[c])]
    if called_so or measured:
        return (called_so or measured)[0]
    raise DatasetError(
        f"{table.path} has no column of labels. {columns_there(frame.columns)} "
        f"Call it label, or name it {with_option('label_column')}."
    )


def _fields(table: Table, names: list[str], without: set[str]) -> list[str]:
    """The columns from objects inside the records whose last word stands in `names`, in the order of `names`."""
    columns = [c for c in map(str, table.frame.columns) if c in table.nested and c not in without]
    return sorted((c for c in columns if plain(last_word(c)) in names), key=lambda c: names.index(plain(last_word(c))))


def _tells(column: str) -> bool:
    """Whether the last word means a label and nothing else."""
    return plain(last_word(column)) in SURE_NAMES


def _has_outcome(table: Table, without: set[str]) -> bool:
    """Whether a column outside the objects is called like an outcome and may be the label."""
    own = [c for c in map(str, table.frame.columns) if c not in table.nested and c not in without]
    return any(plain(c) in OUTCOMES and look_like_labels(table.frame[c]) for c in own)


def _likely(column: str, values: pd.Series) -> tuple[int, bool, int]:
    """Sorting key of columns that could be the label: one called like an outcome first, a circumstance last."""
    name, n = plain(column), values.nunique()
    outcome = name in OUTCOMES and n <= MANY_RATINGS
    rank = OUTCOMES.index(name) if outcome else len(OUTCOMES) + (name in CIRCUMSTANCES)
    return rank, is_number(values), n


def called_like_labels(column: str) -> bool:
    """Whether a name says that the column holds labels, or numbers of labels.

    >>> called_like_labels("Class"), called_like_labels("category_id"), called_like_labels("price")
    (True, True, False)
    >>> called_like_labels("annotation.label")
    True
    """
    name = plain(last_word(column))
    return any(one in label_names() for one in (name, name.removesuffix("id"), name.removesuffix("code")))


def _are_labels(values: pd.Series) -> bool:
    return may_be_labels(values) or are_measurements(values) or are_lists(values)


def columns_beside(
    table: Table, options: ReadOptions, item: set[str], common: frozenset[str] | None
) -> tuple[str, str | None, str | None]:
    """(label, split, group) columns beside those of the items.

    A column of groups, or one of another name whose values name parts, is the label where nothing else can be.

    Raises DatasetError naming the columns when there are no labels.
    """
    split, group = side_columns(table, options)
    taken = {c for c in (split, group) if c} | item
    try:
        return label_column(table, options, taken, common), split, group
    except DatasetError:
        if group and not options.group_column and group not in item and look_like_labels(table.frame[group]):
            return group, split, None
        called_so = split is not None and plain(split) in {*_SPLIT, *FLAGS}
        if split and not options.split_column and not called_so and look_like_labels(table.frame[split]):
            return split, None, group
        raise


def _one_to_one(one: pd.Series, other: pd.Series) -> bool:
    pairs = pd.DataFrame({"a": one.to_numpy(), "b": other.to_numpy()}).drop_duplicates()
    return bool(pairs["a"].is_unique and pairs["b"].is_unique) and "" not in set(pairs["b"])
