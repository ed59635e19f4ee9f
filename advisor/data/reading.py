"""Read a dataset: list it, look into every item once, set bad items aside, split it, keep what was found."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.core.wording import counted, listed
from advisor.data import store
from advisor.data.inspect.inspection import Inspection
from advisor.data.inspect.items import inspect_items
from advisor.data.read.fingerprint import fingerprint
from advisor.data.read.listed import list_items
from advisor.data.read.listing import Listing
from advisor.data.read.names import natural
from advisor.data.read.source import Source, resolve
from advisor.data.split import assign_parts
from advisor.data.store import known_datasets, open_dataset
from probes.progress import Progress, silent

__all__ = ["known_datasets", "open_dataset", "read"]


def read(source: str | Path, options: ReadOptions | None = None, progress: Progress = silent) -> Dataset:
    """Read a folder, an archive, a table or a sample (``sample:digits``) as a dataset in the workspace.

    The same content read again is found by its fingerprint and not inspected again. Bad items are set aside
    with a reason (``n_in == n_used + n_set_aside``). Raises DatasetError, one to three sentences that name the
    file, the cause and the next step.
    """
    options = options or ReadOptions()
    progress("Looking at the input", 0.0)
    found = resolve(source, lambda sentence, share: progress(sentence, 0.2 * share))
    started_ns = time.time_ns()
    listing = list_items(found, options, lambda sentence, share: progress(sentence, 0.2 + 0.2 * share))
    if not len(listing.items):
        raise DatasetError(_all_bad(found, listing))
    mark = fingerprint(listing)
    known = store.stored(mark)
    if known is None:
        known = _inspected(found, listing, mark, options, lambda s, share: progress(s, 0.4 + 0.6 * share))
    elif known.source != found.given:
        known = store.moved(known, found.given, listing.items)
    return store.listed_at(known, started_ns)


def _inspected(source: Source, listing: Listing, mark: str, options: ReadOptions, progress: Progress) -> Dataset:
    n_in = listing.n_in
    inspection = inspect_items(listing.kind, listing.items, lambda s, share: progress(s, 0.9 * share))
    inspection = _keep(listing, inspection, pd.Series(inspection.readable), _unreadable(inspection, len(listing.items)))
    if listing.kind != "qa":
        inspection = _drop_classes(source, listing, inspection)
    progress("Splitting", 0.95)
    parts, official, notes = assign_parts(listing.items, inspection.clusters)
    listing.items["part"] = parts.to_numpy()
    classes: tuple[str, ...] = ()
    if listing.kind != "qa":
        inspection = _drop_untrained(source, listing, inspection)
        classes = tuple(sorted(set(listing.items["label"]), key=natural))
    number = {name: i for i, name in enumerate(classes)}
    items = listing.items.assign(label=listing.items["label"].map(lambda name: number.get(name, 0)).astype("int64"))
    dataset = Dataset(
        name=source.name,
        kind=listing.kind,
        source=source.given,
        folder=str(store.folder_of(mark)),
        options=options,
        classes=classes,
        n_in=n_in,
        n_used=len(items),
        n_set_aside=n_in - len(items),
        set_aside=tuple(listing.set_aside),
        fingerprint=mark,
        official_split=official,
        has_groups=bool(items["group"].notna().any()),
        notes=tuple(dict.fromkeys([*listing.notes, *notes])),
    )
    store.write(dataset, items, inspection, listing.documents)
    return dataset


def _unreadable(inspection: Inspection, n: int) -> pd.Series:
    return pd.Series([_sentence(inspection.reasons.get(row, "It cannot be read")) for row in range(n)], dtype=object)


def _sentence(text: str) -> str:
    """A reason with a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _keep(listing: Listing, inspection: Inspection, keep: pd.Series, reason: str | pd.Series) -> Inspection:
    """Set aside the rows outside `keep`, in the listing and in the inspection alike."""
    good = pd.Series(keep, dtype=bool).reset_index(drop=True)
    listing.put_aside(~good, reason)
    return inspection.only(good.to_numpy())


def _drop_classes(source: Source, listing: Listing, inspection: Inspection) -> Inspection:
    """Set aside classes of one item, and shifted data (ood) of classes that the task does not know.

    Raises DatasetError when fewer than two classes are left.
    """
    if not len(listing.items):
        raise DatasetError(_all_bad(source, listing))
    labels = listing.items["label"]
    inside = listing.items["part"] != "ood"
    counts = labels[inside].value_counts()
    single = sorted(counts.index[counts == 1], key=natural)
    enough = set(counts.index[counts > 1])
    if len(enough) < 2:
        raise DatasetError(_too_few_classes(source, listing, sorted(counts.index, key=natural), single))
    if single:
        listing.notes.append(f"{counted(len(single), 'class', 'classes')} with one item set aside: {listed(single)}.")
    inspection = _keep(
        listing,
        inspection,
        ~(inside & labels.isin(single)),
        "Its class has this one item only. Add more, or leave the class out.",
    )
    strange = ~listing.items["label"].isin(enough)
    if strange.any():
        names = listed(sorted(set(listing.items.loc[strange, "label"]), key=natural))
        listing.notes.append(
            f"{counted(int(strange.sum()), 'item')} of the shifted part (ood) set aside: no other part has {names}."
        )
    return _keep(listing, inspection, ~strange, "Its class is only in the shifted part (ood), so it cannot be learned.")


def _drop_untrained(source: Source, listing: Listing, inspection: Inspection) -> Inspection:
    """Set aside classes without an item to learn from (an official split can leave one out of training)."""
    learned = set(listing.items.loc[listing.items["part"] == "train", "label"])
    if len(learned) < 2:
        raise DatasetError(
            f"The training part of {source.given} has {counted(len(learned), 'class', 'classes')}. "
            f"It needs at least two; check the split."
        )
    unknown = ~listing.items["label"].isin(learned)
    if unknown.any():
        names = listed(sorted(set(listing.items.loc[unknown, "label"]), key=natural))
        listing.notes.append(f"{counted(int(unknown.sum()), 'item')} set aside: the training part has none of {names}.")
    return _keep(listing, inspection, ~unknown, "The training part has no item of its class.")


def _too_few_classes(source: Source, listing: Listing, classes: list[str], single: list[str]) -> str:
    if len(classes) == 1:
        return (
            f"{source.given} has one class only ({classes[0]}, {counted(len(listing.items), 'usable item')}). "
            f"Telling apart needs at least two classes; add another{' folder' if listing.kind == 'image' else ''}."
        )
    if len(single) > 20:
        return (
            f"Nearly every label of {source.given} occurs once ({listed(single, 3)}), so it is no class. "
            f"Name the right column with the option label_column (--label-column)."
        )
    return (
        f"{source.given} has fewer than two classes with two items each: {listed(single)} "
        f"{'has' if len(single) == 1 else 'have'} one item. Add at least one more item to each class."
    )


def _all_bad(source: Source, listing: Listing) -> str:
    return (
        f"None of the {counted(listing.n_in, 'item')} of {source.given} can be used.{listing.first_cause} "
        f"Mend the files or the columns and read it again."
    )
