"""Tagging: runs of words in a sentence are marked, each with a type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import TaskName
from advisor.core.records import Dataset
from advisor.core.wording import counted, listed
from advisor.data.inspect.inspection import Inspection
from advisor.data.profile.findings import Described, taken
from advisor.data.profile.tags import TagCounts, tag_facts, tag_findings
from advisor.data.read.listing import Listing
from advisor.data.tag_set import types_in
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.modality import Modality

#: Fewer sentences, or spans, measure nothing.
LEAST_SENTENCES, LEAST_SPANS = 20, 10


class Tagging:
    """The task of tagging; see `advisor.data.task.Task`."""

    name: TaskName = "tagging"
    has_classes = False
    correctable = True

    def inspect(self, items: pd.DataFrame, modality: Modality, progress: Progress) -> Inspection:
        """Sentences are copies of each other when they read alike."""
        return modality.inspect(items, progress)

    def checked(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Everything is kept. Raises DatasetError where too little is marked to learn from."""
        spans = types_in(listing.items)
        if len(listing.items) < LEAST_SENTENCES or sum(spans.values()) < LEAST_SPANS:
            raise DatasetError(
                f"{origin} has {counted(len(listing.items), 'sentence')} with "
                f"{counted(sum(spans.values()), 'marked span')}. Measuring needs {LEAST_SENTENCES} sentences and "
                f"{LEAST_SPANS} spans; tag some more."
            )
        return inspection.without_cluster_of_all(listing.items["digest"])

    def checked_split(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Everything is kept; types that the training part lacks are named. Raises DatasetError where it has none."""
        part = listing.items["part"]
        learned = types_in(listing.items[part.isin(["train", "val"])])
        if not learned:
            raise DatasetError(f"The training part of {origin} has no marked span. Check the split.")
        missing = sorted(set(types_in(listing.items)) - set(learned))
        if missing:
            listing.notes.append(
                f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} marked in no training sentence, so no model "
                f"can find {'it' if len(missing) == 1 else 'them'}."
            )
        return inspection

    def classes(self, listing: Listing) -> tuple[str, ...]:
        """None: a sentence holds spans of several types."""
        return ()

    def numbered(self, items: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
        """Every label is 0: the tags lie in a column of their own."""
        return items.assign(label=pd.Series(0, index=items.index, dtype="int64"))

    def counted(self, listing: Listing) -> dict[str, int]:
        """Spans of each type."""
        return types_in(listing.items)

    def describe(self, dataset: Dataset, modality: Modality, measures: pd.DataFrame) -> Described:
        """Sentences, spans and their types."""
        counts = TagCounts.of(dataset)
        sizes = {column: taken(measures[column]) for column in modality.size_columns}
        sizes |= {name: taken(pd.Series(values)) for name, values in counts.sizes().items()}
        facts = {**tag_facts(counts), **modality.facts(dataset, measures)}
        return Described(sizes, facts, [*tag_findings(counts), *modality.findings(dataset, measures)])


TAGGING = Tagging()
