"""Tables of measurements, such as lengths and weights of fruit: no column holds texts or names images."""

from __future__ import annotations

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.wording import counted, listed
from advisor.data.read.column_values import (
    are_identifiers,
    are_measurements,
    are_texts,
    filled,
    is_address,
    is_number,
    look_like_labels,
)
from advisor.data.read.columns import TEXT_NAMES, plain
from advisor.data.read.nested_records import last_word
from advisor.data.read.tables import Table

#: So many columns of numbers may be the pixels of an image in each row.
MANY_COLUMNS = 64
#: Fewer columns that are all numbers may be ids and labels of something.
FEW_COLUMNS = 3


def refuse_measurements(table: Table) -> None:
    """Raises DatasetError for a table of numbers and short names that repeat, of which none can be a text."""
    frame = table.frame
    columns = [str(c) for c in frame.columns if len(filled(frame[c]))]
    numbers = [c for c in columns if is_number(frame[c])]
    others = [c for c in columns if c not in numbers]
    if others:
        several = len(numbers) > 1 and any(are_measurements(frame[c]) for c in numbers)
        if not several or any(_may_be_text(c, frame[c]) for c in others):
            return
    elif len(numbers) < FEW_COLUMNS:
        return
    pixels = " If its numbers are pixels, write each row as an image into a folder of its class."
    raise DatasetError(
        f"{table.path} is a table of measurements: {counted(len(numbers), 'column')} ({listed(numbers, 3)}) hold "
        f"numbers, and no column holds texts or names images. Classes are learned from images, texts or documents: "
        f"add a column of texts or of image paths, or use a program for tables of numbers, such as "
        f"scikit-learn.{pixels if len(numbers) >= MANY_COLUMNS else ''}"
    )


def _may_be_text(column: str, values: pd.Series) -> bool:
    if plain(last_word(column)) in TEXT_NAMES or are_texts(values):
        return True
    return not (look_like_labels(values) or are_identifiers(values) or is_address(values))
