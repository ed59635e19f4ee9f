"""What is to be said about an item: one protocol for every task, and one lookup for whoever asks.

The implementations lie side by side, such as `advisor.data.classification` and `advisor.data.answering`. What a task
measures, forecasts and shows stands in the rooms that do so, under the same name.
"""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from advisor.core.kinds import TaskName, kind_row
from advisor.core.records import Dataset
from advisor.data.answering import ANSWERING
from advisor.data.classification import CLASSIFICATION
from advisor.data.inspect.inspection import Inspection
from advisor.data.modality import Modality
from advisor.data.multilabel import MULTILABEL
from advisor.data.profile.findings import Described
from advisor.data.read.listing import Listing
from advisor.data.tagging import TAGGING
from probes.progress import Progress


class Task(Protocol):
    """What a task makes of a dataset's items. ``has_classes``: whether an item's label is one of a few names, which can
    be asked for item by item. ``correctable``: whether items are decided about on the Fix page.

    The metric is the dataset's own (`Dataset.metric`), from the table of kinds.
    """

    name: TaskName
    has_classes: bool
    correctable: bool

    def inspect(self, items: pd.DataFrame, modality: Modality, progress: Progress) -> Inspection:
        """Look into every item once, and find copies: of items that mean the same for this task."""
        ...

    def checked(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Set aside what cannot be learned, before the split. origin: the input as the user named it.

        Raises DatasetError when too little is left.
        """
        ...

    def checked_split(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """As `checked`, once every item has its part."""
        ...

    def classes(self, listing: Listing) -> tuple[str, ...]:
        """The names of the classes in their order; empty where the task has none."""
        ...

    def numbered(self, items: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
        """The items with their labels as numbers, as `Dataset` keeps them."""
        ...

    def counted(self, listing: Listing) -> dict[str, int]:
        """How often each label stands in a listing, the commonest first; empty where labels are not counted."""
        ...

    def describe(self, dataset: Dataset, modality: Modality, measures: pd.DataFrame) -> Described:
        """What a profile shows of the items. measures: rows that were inspected."""
        ...


TASKS: dict[TaskName, Task] = {
    "classification": CLASSIFICATION,
    "answering": ANSWERING,
    "multilabel": MULTILABEL,
    "tagging": TAGGING,
}


def task_of(dataset_or_kind: Dataset | str) -> Task:
    """The task of a dataset, or of a kind.

    >>> task_of("image").has_classes, task_of("qa").has_classes
    (True, False)
    """
    kind = dataset_or_kind if isinstance(dataset_or_kind, str) else dataset_or_kind.kind
    return TASKS[kind_row(kind).task]
