"""Text classification from tables: texts, labels, and an official split and groups where there are some."""

from __future__ import annotations

import unicodedata

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_of
from advisor.core.records import ReadOptions, SetAside
from advisor.core.wording import listed
from advisor.data.read.answers import nested
from advisor.data.read.column_values import filled
from advisor.data.read.columns import Columns, columns_beside, in_words, side_columns, text_columns_of
from advisor.data.read.fingerprint import digest_text
from advisor.data.read.label_sets import NO_LABEL, with_sets
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.measurements import refuse_measurements
from advisor.data.read.part_tables import PartTable
from advisor.data.read.path_parts import parts_by_folder
from advisor.data.read.table_rows import first_reason, groups_of, keys_of, parts_of
from advisor.data.read.tables import Table

#: Letters of a blank shape: Hangul fillers and the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def text_columns(table: Table, options: ReadOptions, common: frozenset[str] | None = None) -> Columns:
    """The columns of a text table; common: see `label_column`.

    Raises DatasetError naming those there are, and for a table of measurements.
    """
    if not options.text_column:
        refuse_measurements(table)
    split, group = side_columns(table, options)
    try:
        texts = text_columns_of(table, options, {c for c in (split, group) if c})
    except DatasetError:
        if not group or options.group_column:
            raise
        texts = text_columns_of(table, options, {split or ""})
    label, split, group = columns_beside(table, options, set(texts), common)
    group = None if group in texts else group
    return Columns(label=label, text=texts[0], split=split, group=group, more_texts=texts[1:])


def joined_texts(table: Table, columns: Columns) -> pd.Series:
    """The text of each row: the filled cells of its columns of texts, a blank line between them."""
    texts = table.frame[columns.texts[0]]
    for column in columns.more_texts:
        more = table.frame[column]
        texts = texts.where(more == "", texts.where(texts == "", texts + "\n\n") + more)
    return texts


def list_texts(part: PartTable, columns: Columns, options: ReadOptions) -> Listing:
    """The rows of one table, whose labels have been read."""
    table, labels = part.table, part.labels
    assert columns.text is not None and labels is not None
    texts = joined_texts(table, columns)
    by_folder = parts_by_folder(_paths_in(table, columns), labels.values, part.part)
    parts, bad_part, part_notes = parts_of(table, columns.split, part.part, options.split_column is not None, by_folder)
    groups, group_notes = groups_of(table, columns.group)
    keys = keys_of(table, part.prefix)
    items = item_table(
        keys, labels.values.tolist(), parts, groups, [digest_text(t) for t in texts], "text", texts.tolist()
    )
    aside = [SetAside(key=part.prefix + entry.key, reason=entry.reason) for entry in table.set_aside]
    notes = [*_notes(columns), *_objects(columns, texts), *part_notes, *group_notes, *table.notes, *labels.notes]
    listing = Listing(kind_of("text", labels.task), table.path.parent, with_sets(items, labels), aside, notes)
    bad_text = _text_reasons(texts)
    listing.keep_unlabelled((labels.reasons == NO_LABEL) & (first_reason(bad_text, bad_part) == ""))
    reasons = first_reason(bad_text, labels.reasons, bad_part)
    listing.put_aside(reasons != "", reasons)
    return listing


def _notes(columns: Columns) -> list[str]:
    texts, labels = in_words(*columns.texts), columns.labels_in_words
    if not columns.more_texts:
        return [f"Read as text classification: texts from {texts}, {labels}."]
    return [
        f"Read as text classification: texts from {texts}, joined by a blank line, {labels}.",
        "A text to predict must be joined in the same way.",
    ]


def _objects(columns: Columns, texts: pd.Series) -> list[str]:
    """A sentence on texts that are objects of JSON, read as they are written."""
    values = [nested(text) for text in filled(texts).head(100)]
    objects = [value for value in values if isinstance(value, dict)]
    if 2 * len(objects) <= len(values) or columns.more_texts:
        return []
    keys = dict.fromkeys(str(key) for value in objects for key in value)
    return [
        f"The texts are JSON objects with the keys {listed(keys)}, read as they are written. To read one of these, "
        f"make it a column of its own."
    ]


def is_blank(text: str) -> bool:
    """Whether a text shows nothing: spaces, control characters and signs without a width only.

    >>> is_blank("\\u200b \\ufeff"), is_blank("\\u00ad\\x07"), is_blank("a\\u200b")
    (True, True, False)
    """
    if text[:1].isascii() and text[:1].isalnum():  # most texts: spares looking at their letters
        return False
    return all(c.isspace() or c in _BLANK or unicodedata.category(c) in ("Cc", "Cf") for c in text)


def _text_reasons(texts: pd.Series) -> pd.Series:
    reasons = pd.Series("", index=texts.index, dtype=object)
    reasons[texts.map(is_blank)] = "The text is empty."
    reasons[texts.str.lower() == "nan"] = "The text is NaN, a missing value."
    return reasons


def _paths_in(table: Table, columns: Columns) -> pd.Series | None:
    """A column beside the texts whose cells are paths or ids with folders, such as `training/9865`."""
    for column in table.frame.columns:
        values = table.frame[column]
        if column in columns.used or column in table.nested or not len(filled(values)):
            continue
        cells = filled(values).head(500)
        if float(cells.str.fullmatch(r"\S*[^\s/\\][/\\]\S+").mean()) >= 0.95 and not cells.str.contains("://").any():
            return values
    return None
