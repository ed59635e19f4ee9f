"""Several labels: an item has any of a few labels at once, or none, and each label is learned for itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import TaskName
from advisor.core.option_words import with_option
from advisor.core.records import Dataset
from advisor.core.wording import counted, listed
from advisor.data.inspect.inspection import Inspection
from advisor.data.profile.findings import Described, taken
from advisor.data.profile.multilabel import label_facts, label_findings
from advisor.data.read.listing import Listing
from advisor.data.read.names import natural
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.modality import Modality


class Multilabel:
    """The task of several labels; see `advisor.data.task.Task`. Before a dataset is made, ``labels`` holds names."""

    name: TaskName = "multilabel"
    has_classes = False
    correctable = False

    def inspect(self, items: pd.DataFrame, modality: Modality, progress: Progress) -> Inspection:
        """Items are copies of each other when they look or read alike."""
        return modality.inspect(items, progress)

    def checked(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Drop labels of a single item: nothing can be learned and tested on it. The item keeps its other labels.

        Raises DatasetError when fewer than two labels are left, or all items are copies of one another.
        """
        inspection = inspection.without_cluster_of_all(listing.items["digest"])
        if any(len(rows) == len(listing.items) for rows in inspection.clusters):
            raise DatasetError(
                f"All {counted(len(listing.items), 'usable item')} of {origin} are copies of one another, so there is "
                f"nothing to learn. Give different items, or check the column of the items."
            )
        inside = listing.items["part"] != "ood"
        _keep_labels(listing, _counts(listing.items[inside]), 2, "with a single item", origin)
        return inspection

    def checked_split(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Drop labels without an item to learn from: an official split can leave one out of training."""
        train = listing.items["part"] == "train"
        _keep_labels(listing, _counts(listing.items[train]), 1, "without an item in the training part", origin)
        return inspection

    def classes(self, listing: Listing) -> tuple[str, ...]:
        """The labels, numbers in their order."""
        return tuple(sorted(_counts(listing.items), key=natural))

    def numbered(self, items: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
        """``labels`` as numbers, and as ``label`` the rarest of them."""
        number = {name: i for i, name in enumerate(classes)}
        sets = [sorted(number[name] for name in json.loads(written)) for written in items["labels"]]
        return items.assign(
            label=rarest(sets, len(classes)), labels=pd.Series(map(json.dumps, sets), index=items.index, dtype=object)
        )

    def counted(self, listing: Listing) -> dict[str, int]:
        """Items of each label."""
        return dict(_counts(listing.items).most_common())

    def describe(self, dataset: Dataset, modality: Modality, measures: pd.DataFrame) -> Described:
        """The items as their modality sees them, and how labels go together."""
        sizes = {column: taken(measures[column]) for column in modality.size_columns}
        facts = {**label_facts(dataset), **modality.facts(dataset, measures)}
        return Described(sizes, facts, [*label_findings(dataset), *modality.findings(dataset, measures)])


MULTILABEL = Multilabel()


def rarest(sets: list[list[int]], n_labels: int) -> np.ndarray:
    """The rarest label of each item, ``n_labels`` where it has none. Shape: (n,) int64.

    >>> rarest([[0, 1], [0], []], 2).tolist()
    [1, 0, 2]
    """
    counts = np.bincount([c for own in sets for c in own], minlength=n_labels)
    return np.array([min(own, key=lambda c: (counts[c], c)) if own else n_labels for own in sets], dtype=np.int64)


def _counts(items: pd.DataFrame) -> Counter[str]:
    return Counter(name for written in items["labels"] for name in json.loads(written))


def _keep_labels(listing: Listing, counts: Counter[str], least: int, why: str, origin: str) -> None:
    """Take the labels with fewer than `least` items off every item, and say so."""
    every = sorted(_counts(listing.items), key=natural)
    kept = {name for name in every if counts[name] >= least}
    if len(kept) < 2:
        raise DatasetError(
            f"{origin} has {counted(len(kept), 'label')} that can be learned, and it takes at least two. Add items "
            f"with other labels, or name the right column {with_option('label_column')}."
        )
    dropped = [name for name in every if name not in kept]
    if not dropped:
        return
    sets = [[name for name in json.loads(written) if name in kept] for written in listing.items["labels"]]
    listing.items = listing.items.assign(labels=[json.dumps(own, ensure_ascii=False) for own in sets])
    listing.notes.append(f"{counted(len(dropped), 'label')} {why} {_are(dropped)} not learned: {listed(dropped)}.")


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
