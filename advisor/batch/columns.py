"""Which columns of a table hold the items: those named, else those of training, else the one that its name tells."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import ReadOptions
from advisor.core.wording import counted, listed
from advisor.data.read.column_values import are_texts
from advisor.data.read.columns import all_named, in_words, label_names, named, path_column, plain, same_column
from advisor.data.read.columns import text_columns_of as longest_texts
from advisor.data.read.tables import Table

#: Names that mean the items of a kind and nothing else.
_SURE = {"text": ("text", "sentence"), "qa": ("question",), "image": (), "tags": ("text", "sentence")}
#: The roles of the items' columns, as a dataset keeps them.
_ROLE = {"text": "text_column", "qa": "question_column", "image": "path_column", "tags": "text_column"}
_ITEMS = {"text": "texts", "qa": "questions", "image": "image paths", "tags": "sentences"}


class ColumnUnclear(DatasetError):
    """Nothing tells which column holds the items. ``columns``: those there are; ``likely``: the best guess, or None."""

    def __init__(self, sentence: str, columns: Sequence[str], likely: str | None) -> None:
        super().__init__(sentence)
        self.columns, self.likely = tuple(columns), likely


def item_columns(
    head: Table, kind: str, column: str | None, trained_on: Mapping[str, tuple[str, ...]], n_rows: int | None = None
) -> tuple[str, ...]:
    """The columns of the items, several where texts are joined.

    head: the table, or its first rows; column: the one named by the user; trained_on: the columns of the model's
    dataset by their roles; n_rows: of the whole table. Raises ColumnUnclear, and DatasetError for a name that is none.
    """
    kind = kind_row(kind).like or kind  # the items of a kind with several labels are read as those with one
    if column:
        return all_named(head, column, _ITEMS[kind]) if kind == "text" else (named(head, column, _ITEMS[kind]),)
    learned = trained_on.get(_ROLE[kind], ())
    again = tuple(found for name in learned if (found := same_column(head, name)) is not None)
    if learned and len(again) == len(learned):
        return again
    if (likely := _likely(head, kind)) is not None and _is_clear(head, kind, likely):
        return (likely,)
    raise _unclear(head, kind, likely, learned, len(head.frame) if n_rows is None else n_rows)


def _likely(head: Table, kind: str) -> str | None:
    """The column that a dataset would be read from; for texts the longest cells where no name says more."""
    if kind == "image":
        return path_column(head, ReadOptions())
    columns = [str(name) for name in head.frame.columns]
    if sure := [name for name in columns if plain(name) in _SURE[kind]]:
        return sure[0]
    labels = {name for name in columns if plain(name) in label_names()}
    with contextlib.suppress(DatasetError):
        return longest_texts(head, ReadOptions(), labels)[0]
    lengths = {name: head.frame[name].str.len().mean() for name in columns if name not in labels}
    return max(lengths, key=lambda name: lengths[name]) if lengths else None


def _is_clear(head: Table, kind: str, likely: str) -> bool:
    """Whether a column's name tells, or no other column could hold the items."""
    if kind == "image" or plain(likely) in _SURE[kind]:
        return True
    columns = [str(name) for name in head.frame.columns]
    return len(columns) == 1 or [name for name in columns if are_texts(head.frame[name])] == [likely]


def _unclear(head: Table, kind: str, likely: str | None, learned: Sequence[str], n_rows: int) -> ColumnUnclear:
    columns = [str(name) for name in head.frame.columns]
    items = "paths of images" if kind_row(kind).modality == "image" else kind_row(kind).items
    lacks = f" It lacks {in_words(*learned)}, which the model learned from." if learned else ""
    example = "COLUMN" if likely is None else repr(likely)
    return ColumnUnclear(
        f"{head.path} is a table of {counted(n_rows, 'row')} with the columns {listed(columns, 20)}.{lacks} To predict "
        f"each row, say which column holds the {items}: --column {example}",
        columns,
        likely,
    )
