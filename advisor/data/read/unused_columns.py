"""What a table holds beside the columns that are read, in a sentence or two."""

from __future__ import annotations

import pandas as pd

from advisor.core.option_words import with_option
from advisor.core.wording import capital, counted, listed
from advisor.data.read.column_values import MANY_NUMBERS, are_texts, filled, look_like_labels, may_be_labels
from advisor.data.read.columns import LABEL_NAMES, Columns, called_like_labels, in_words, plain
from advisor.data.read.tables import Table

#: Names of an official split; a column called so that names no parts is said to be none.
_SPLIT_NAMES = frozenset("split fold folds kfold partition subset datasetsplit splitname".split())
N_NAMED = 5


def unused_notes(table: Table, columns: Columns, guessed: bool) -> list[str]:
    """Sentences on further texts and how to join them, on a column of folds, and on all that is left.

    guessed: neither the user nor another table told the label; where its name does not either, others are named.
    """
    rest = [str(c) for c in table.frame.columns if str(c) not in columns.used]
    texts = [c for c in rest if columns.text and are_texts(table.frame[c])]
    folds = [c for c in rest if c not in texts and not columns.split and plain(c) in _SPLIT_NAMES]
    notes = [_further_texts(table, columns, texts)] if texts else []
    notes += [_no_split(c, table.frame[c]) for c in folds if len(filled(table.frame[c]))]
    left = [c for c in rest if c not in texts and c not in folds]
    notes += [
        _no_labels(c, table.frame[c]) for c in left if plain(c) in LABEL_NAMES and not may_be_labels(table.frame[c])
    ]
    if guessed and (columns.labels_from or not called_like_labels(columns.label)):
        notes += _other_labels(table, columns, left)
    if left:
        notes.append(f"{counted(len(left), 'column')} not used: {listed(left, N_NAMED)}.")
    return notes


def _further_texts(table: Table, columns: Columns, texts: list[str]) -> str:
    in_order = [str(c) for c in table.frame.columns if c in texts or c in columns.texts]
    too = "holds texts too and is" if len(texts) == 1 else "hold texts too and are"
    return (
        f"{capital(in_words(*texts))} {too} not read. To read the texts of a row as one, separated "
        f"by a blank line, name their columns "
        f"{with_option('text_column', _quoted(','.join(in_order)))}."
    )


def _other_labels(table: Table, columns: Columns, left: list[str]) -> list[str]:
    """A sentence on the columns that could as well be the label where no name tells."""
    others = [c for c in left if look_like_labels(table.frame[c]) and table.frame[c].nunique() <= MANY_NUMBERS]
    if not others:
        return []
    columns_too = capital(in_words(*others, most=N_NAMED))
    return [
        f"No column is called label, so it was guessed. {columns_too} could be the label too: name the right one "
        f"{with_option('label_column')}."
    ]


def _no_labels(column: str, values: pd.Series) -> str:
    cells = filled(values)
    return (
        f"{capital(in_words(column))} is not the label: it has {counted(cells.nunique(), 'different value')} "
        f"in {counted(len(cells), 'filled row')}."
    )


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def _no_split(column: str, values: pd.Series) -> str:
    held = listed(sorted(set(filled(values)))[:20], 3)
    return f"{capital(in_words(column))} names no parts (it holds {held}), so it is not used as the split."
