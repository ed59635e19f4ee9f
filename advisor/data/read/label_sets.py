"""The labels of rows as they were read: one of each row, or several, each of which is learned for itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from advisor.core.kinds import TaskName, kind_row
from advisor.core.option_words import with_option
from advisor.core.records import ReadOptions
from advisor.core.wording import counted
from advisor.data.read.names import natural

NO_LABEL = "The label is empty."
#: What `ReadOptions.several_labels` says where each label is learned for itself.
EACH = ("each", "each-or-none")
#: Up to this share of rows with several labels is set aside; beyond it the user decides.
FEW_SEVERAL = 0.05


@dataclass(frozen=True)
class Labels:
    """The label of each row ("" = none), why a row has none ("" where it has one), and what was decided.

    ``sets``: where each label is learned for itself, the labels of each row as a JSON list, "[]" where none of them
    applies; ``values`` are the same in words then. None where a row has one class.
    """

    values: pd.Series
    reasons: pd.Series
    notes: list[str] = field(default_factory=list)
    sets: pd.Series | None = None

    @property
    def task(self) -> TaskName:
        """The task that rows with such labels are for."""
        return "classification" if self.sets is None else "multilabel"


def are_sets(options: ReadOptions, n_several: int, n_labelled: int) -> bool:
    """Whether each label is learned for itself: the user says so, or says nothing and many rows have several."""
    if options.several_labels is not None:
        return options.several_labels in EACH
    if options.kind is not None:
        return kind_row(options.kind).task == "multilabel"
    return n_several > FEW_SEVERAL * n_labelled


def as_sets(
    cells: Sequence[pd.Series], read: dict[str, tuple[str, ...]], options: ReadOptions, notes: list[str], written: str
) -> list[Labels]:
    """The labels of each of the tables, each label for itself. read: the labels in a cell; written: how, in words."""
    every = pd.concat(list(cells), ignore_index=True)
    empty_is_none = options.several_labels == "each-or-none"
    notes.append(_in_words(every, read, written))
    if not empty_is_none and (every == "").any():
        notes.append(
            f"{counted(int((every == '').sum()), 'row')} with an empty cell of labels not read. If these have none of "
            f"the labels, say so {with_option('several_labels', 'each-or-none')}."
        )
    return [_of_column(column, read, notes, empty_is_none) for column in cells]


def with_sets(items: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """The items of the rows that were read, with the column ``labels`` where each label is learned for itself."""
    return items if labels.sets is None else items.assign(labels=labels.sets.to_numpy())


def no_labels(cells: pd.Series) -> pd.Series:
    """Why a row has no label: its cell is empty; "" where it is not."""
    return pd.Series("", index=cells.index, dtype=object).where(cells != "", NO_LABEL)


def _in_words(every: pd.Series, read: dict[str, tuple[str, ...]], written: str) -> str:
    """That each label is learned for itself, and how many there are."""
    n_several = int(every.map(lambda cell: len(read[cell]) > 1).sum())
    names = {name for atoms in read.values() for name in atoms}
    n_none = int(every.map(lambda cell: cell != "" and not read[cell]).sum())
    none = f" {counted(n_none, 'row has', 'rows have')} none of them." if n_none else ""
    mean = sum(len(read[cell]) for cell in every) / max(int((every != "").sum()), 1)
    return (
        f"{counted(n_several, 'row has', 'rows have')} several labels{written}: each of the "
        f"{counted(len(names), 'label')} is learned for itself, {mean:.1f} on average.{none} To read one class per "
        f"row, choose {with_option('several_labels')}."
    )


def _of_column(cells: pd.Series, read: dict[str, tuple[str, ...]], notes: list[str], empty_is_none: bool) -> Labels:
    ordered = {cell: sorted(atoms, key=natural) for cell, atoms in read.items()}
    sets = cells.map(lambda cell: json.dumps(ordered[cell], ensure_ascii=False)).astype(object)
    values = cells.map(lambda cell: " + ".join(ordered[cell]) if cell else "").astype(object)
    reasons = pd.Series("", index=cells.index, dtype=object).where((cells != "") | empty_is_none, NO_LABEL)
    return Labels(values, reasons, notes, sets)
