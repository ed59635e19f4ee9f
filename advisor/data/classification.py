"""Classification: the label of an item is one of a few classes, of which each needs items to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.kinds import TaskName
from advisor.core.option_words import with_option
from advisor.core.records import Dataset
from advisor.core.wording import counted, listed
from advisor.data.inspect.inspection import Inspection
from advisor.data.profile.findings import Described, taken
from advisor.data.read.listing import Listing
from advisor.data.read.names import natural
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.modality import Modality

#: With so many classes of one item a column holds no labels but names or numbers.
MANY_SINGLE = 20
#: So many items a class are needed to measure something; a set of ENOUGH_ITEMS is measured whatever its classes have.
ENOUGH_PER_CLASS, ENOUGH_ITEMS = 10, 100


class Classification:
    """The task of classification; see `advisor.data.task.Task`."""

    name: TaskName = "classification"
    has_classes = True
    correctable = True

    def inspect(self, items: pd.DataFrame, modality: Modality, progress: Progress) -> Inspection:
        """Items are copies of each other when they look or read alike."""
        return modality.inspect(items, progress)

    def checked(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Set aside classes of one item, and shifted data (ood) of classes that the task does not know.

        Raises DatasetError when fewer than two classes are left, or all items are exact copies of one another.
        """
        inspection = inspection.without_cluster_of_all(listing.items["digest"])
        if any(len(rows) == len(listing.items) for rows in inspection.clusters):
            raise DatasetError(_all_copies(origin, listing))
        if inspection.n_alike:
            listing.notes.append(_many_alike(inspection.n_alike, len(listing.items)))
        labels = listing.items["label"]
        inside = listing.items["part"] != "ood"
        counts = labels[inside].value_counts()
        single = sorted(counts.index[counts == 1], key=natural)
        enough = set(counts.index[counts > 1])
        if len(enough) < 2:
            raise DatasetError(_too_few_classes(origin, listing, sorted(counts.index, key=natural), single))
        if single:
            classes = counted(len(single), "class", "classes")
            listing.notes.append(f"{classes} with a single item set aside: {listed(single)}.")
        reason = "Its class has only this item. Add more, or leave the class out."
        inspection = listing.keep(~(inside & labels.isin(single)), reason, inspection)
        unknown = ~listing.items["label"].isin(enough)
        if unknown.any():
            names = listed(sorted(set(listing.items.loc[unknown, "label"]), key=natural))
            items = counted(int(unknown.sum()), "item")
            listing.notes.append(f"{items} of the shifted part (ood) set aside: {names} occurs in no other part.")
        return listing.keep(
            ~unknown, "Its class occurs only in the shifted part (ood), so it cannot be learned.", inspection
        )

    def checked_split(self, origin: str, listing: Listing, inspection: Inspection) -> Inspection:
        """Set aside classes without an item to learn from: an official split can leave one out of training."""
        learned = set(listing.items.loc[listing.items["part"] == "train", "label"])
        if len(learned) < 2:
            raise DatasetError(
                f"The training part of {origin} has {counted(len(learned), 'class', 'classes')}. "
                f"It needs at least two; check the split."
            )
        unknown = ~listing.items["label"].isin(learned)
        if unknown.any():
            names = listed(sorted(set(listing.items.loc[unknown, "label"]), key=natural))
            items = counted(int(unknown.sum()), "item")
            listing.notes.append(f"{items} set aside: the training part has none of {names}.")
        too_small = _too_small(listing)
        listing.notes += [too_small] if too_small else []
        return listing.keep(~unknown, "The training part has no item of its class.", inspection)

    def classes(self, listing: Listing) -> tuple[str, ...]:
        """The labels, numbers in their order."""
        return tuple(sorted(set(listing.items["label"]), key=natural))

    def numbered(self, items: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
        """The label is the number of its class."""
        number = {name: i for i, name in enumerate(classes)}
        return items.assign(label=items["label"].map(number).astype("int64"))

    def counted(self, listing: Listing) -> dict[str, int]:
        """Items of each class."""
        return {str(name): int(n) for name, n in listing.items["label"].value_counts().items()}

    def describe(self, dataset: Dataset, modality: Modality, measures: pd.DataFrame) -> Described:
        """The items as their modality sees them."""
        sizes = {column: taken(measures[column]) for column in modality.size_columns}
        return Described(sizes, modality.facts(dataset, measures), modality.findings(dataset, measures))


CLASSIFICATION = Classification()


def _too_small(listing: Listing) -> str:
    """What a set with too few items for any measurement needs, "" for one that has enough."""
    inside = listing.items[listing.items["part"] != "ood"]
    n, n_classes = len(inside), inside["label"].nunique()
    if n >= ENOUGH_PER_CLASS * n_classes or n >= ENOUGH_ITEMS:
        return ""
    wanted = ENOUGH_PER_CLASS * n_classes
    return (
        f"{counted(n, 'item')} of {n_classes} classes are too few for a sound measurement. It takes at least "
        f"{ENOUGH_PER_CLASS} a class ({wanted:,} in all), better 50."
    )


def _all_copies(origin: str, listing: Listing) -> str:
    n_labels = listing.items["label"].nunique()
    labels = f" with {counted(n_labels, 'label')}" if n_labels > 1 else ""
    return (
        f"All {counted(len(listing.items), 'usable item')} of {origin} are copies of one another{labels}, so there is "
        f"nothing to learn. Give different items, or check the column of the items."
    )


def _many_alike(n_alike: int, n: int) -> str:
    who = f"All {n:,} items" if n_alike >= n else f"{n_alike:,} of {counted(n, 'item')}"
    return (
        f"{who} are near copies of one another, as pictures of one scene or texts from one template are. Copies may "
        f"lie on both sides of the split, so what is measured says little about other items."
    )


def _too_few_classes(origin: str, listing: Listing, classes: list[str], single: list[str]) -> str:
    if len(classes) == 1:
        return (
            f"{origin} has only one class ({classes[0]}, {counted(len(listing.items), 'usable item')}). "
            f"Classification needs at least two with {ENOUGH_PER_CLASS} items or more each; add another, or name the "
            f"right column {with_option('label_column')}."
        )
    if len(single) > MANY_SINGLE:
        return (
            f"Nearly every label of {origin} occurs once ({listed(single, 3)}), so they are not classes but names or "
            f"numbers of the rows. Name the right column {with_option('label_column')}."
        )
    return (
        f"{origin} has fewer than two classes with two items each: {listed(single)} "
        f"{'has' if len(single) == 1 else 'have'} one item. Each class needs two items to be read and "
        f"{ENOUGH_PER_CLASS} to be measured ({counted(ENOUGH_PER_CLASS * len(classes), 'item')} in all). Add more."
    )
