"""Text classification from tables: texts, labels, and an official split and groups where there are some."""

from __future__ import annotations

import pandas as pd

from advisor.core.records import ReadOptions, SetAside
from advisor.data.read.columns import Columns, label_column, side_columns, text_column
from advisor.data.read.fingerprint import digest_text
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.table_rows import first_reason, groups_of, keys_of, labels_of, parts_of
from advisor.data.read.tables import Table


def text_columns(table: Table, options: ReadOptions, common: frozenset[str] | None = None) -> Columns:
    """The columns of a text table; common: see `label_column`. Raises DatasetError naming those there are."""
    split, group = side_columns(table, options)
    taken = {c for c in (split, group) if c}
    text = text_column(table, options, taken)
    label = label_column(table, options, {*taken, text}, common)
    return Columns(label=label, text=text, split=split, group=group)


def list_texts(table: Table, columns: Columns, options: ReadOptions, file_part: str = "", prefix: str = "") -> Listing:
    """The rows of one table. file_part: the part its file name tells; prefix: put before every key."""
    assert columns.text is not None
    texts, labels = table.frame[columns.text], labels_of(table.frame[columns.label])
    parts, bad_part, part_notes = parts_of(table, columns.split, file_part, options.split_column is not None)
    groups, group_notes = groups_of(table, columns.group)
    items = item_table(
        keys_of(table, prefix), labels.tolist(), parts, groups, [digest_text(t) for t in texts], "text", texts.tolist()
    )
    aside = [SetAside(key=prefix + entry.key, reason=entry.reason) for entry in table.set_aside]
    note = f"Read as text classification: texts from column {columns.text}, labels from column {columns.label}."
    listing = Listing(
        options.kind or "text", table.path.parent, items, aside, [note, *part_notes, *group_notes, *table.notes]
    )
    reasons = first_reason(_text_reasons(texts), _label_reasons(labels), bad_part)
    listing.put_aside(reasons != "", reasons)
    return listing


def _text_reasons(texts: pd.Series) -> pd.Series:
    reasons = pd.Series("", index=texts.index, dtype=object)
    reasons[texts == ""] = "The text is empty."
    reasons[texts.str.lower() == "nan"] = "The text is NaN, a missing value."
    return reasons


def _label_reasons(labels: pd.Series) -> pd.Series:
    return pd.Series("", index=labels.index, dtype=object).mask(labels == "", "The label is empty.")
