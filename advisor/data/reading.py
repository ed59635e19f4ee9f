"""Read a dataset: list it, look into every item once, set bad items aside, split it, keep what was found."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd

from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, ReadOptions
from advisor.core.wording import capital, counted
from advisor.data import changes, store
from advisor.data.inspect.inspection import Inspection
from advisor.data.modality import modality_of
from advisor.data.read.fingerprint import fingerprint
from advisor.data.read.listed import list_items
from advisor.data.read.listing import Listing
from advisor.data.read.naming import by_content
from advisor.data.read.source import Source, resolve
from advisor.data.split import assign_parts
from advisor.data.store import known_dataset, known_datasets, open_dataset
from advisor.data.task import task_of
from advisor.data.versions.family import VERSION, opened
from probes.progress import Progress, silent
from probes.timings import stage

__all__ = ["known_dataset", "known_datasets", "open_dataset", "read"]


@stage("listing")
def read(source: str | Path, options: ReadOptions | None = None, progress: Progress = silent) -> Dataset:
    """Read a folder, an archive, a table or a sample (``sample:digits``) as a dataset in the workspace.

    A version (``version:`` and its digits) is opened as it was made.

    The same content read again is found by its fingerprint and not inspected again. Bad items are set aside
    with a reason (``n_in == n_used + n_set_aside``). Raises DatasetError, one to three sentences that name the
    file, the cause and the next step.
    """
    if str(source).strip().startswith(VERSION):
        return opened(str(source).strip())
    options = options or ReadOptions()
    progress("Looking at the input", 0.0)
    place = resolve(source, lambda sentence, share: progress(sentence, 0.2 * share))
    started_ns = time.time_ns()
    listing = list_items(place, options, lambda sentence, share: progress(sentence, 0.2 + 0.2 * share))
    if not len(listing.items):
        raise DatasetError(all_bad(place, listing))
    mark = fingerprint(listing)
    listing.notes += changes.since_last_time(place.origin, options, mark)
    known = store.stored(mark)
    if known is not None:
        name = by_content(place.name, known.classes, _titles(listing))
        known = store.at_hand(
            known, name, place.origin, options, listing.notes, listing.items, columns=_columns(listing)
        )
    if known is None:
        known = _inspected(place, listing, mark, options, lambda s, share: progress(s, 0.4 + 0.6 * share))
    store.write_unlabelled(known, listing.unlabelled)
    changes.keep(known)
    return store.listed_at(known, started_ns)


def _inspected(source: Source, listing: Listing, mark: str, options: ReadOptions, progress: Progress) -> Dataset:
    n_in, task, own_notes = listing.n_in, task_of(listing.kind), list(dict.fromkeys(listing.notes))
    modality = modality_of(listing.kind)
    with stage("inspecting"):
        inspection = task.inspect(listing.items, modality, lambda s, share: progress(s, 0.9 * share))
    reasons = _reasons(inspection, len(listing.items))
    inspection = listing.keep(pd.Series(inspection.readable), reasons, inspection)
    if not len(listing.items):
        raise DatasetError(all_bad(source, listing))
    inspection = task.checked(source.origin, listing, inspection)
    progress("Splitting", 0.95)
    with stage("splitting"):
        parts, official, notes = assign_parts(listing.items, inspection.clusters)
    listing.items["part"] = parts.to_numpy()
    inspection = task.checked_split(source.origin, listing, inspection)
    classes = task.classes(listing)
    content_notes = tuple(note for note in dict.fromkeys([*listing.notes, *notes]) if note not in own_notes)
    items = task.numbered(listing.items, classes)
    dataset = Dataset(
        name=by_content(source.name, classes, _titles(listing)),
        kind=listing.kind,
        source=source.origin,
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
        notes=(*own_notes, *content_notes),
        content_notes=content_notes,
        pixel_range=inspection.pixel_range,
        columns=_columns(listing),
    )
    store.write(dataset, items, inspection, listing.documents)
    return dataset


def _titles(listing: Listing) -> tuple[str, ...]:
    """The titles of the documents beside questions; () of anything else."""
    return () if listing.documents is None else tuple(map(str, listing.documents["title"]))


def _columns(listing: Listing) -> dict[str, tuple[str, ...]]:
    """The columns of the table that was read, by their roles."""
    return dict(listing.seen.roles) if listing.seen is not None else {}


def _reasons(inspection: Inspection, n: int) -> pd.Series:
    """Why each row cannot be read, as a sentence."""
    return pd.Series([_sentence(inspection.reasons.get(row, "It cannot be read")) for row in range(n)], dtype=object)


def _sentence(text: str) -> str:
    """A reason with a capital and a full stop."""
    return capital(text) + ("" if text.endswith(".") else ".")


def all_bad(source: Source, listing: Listing) -> str:
    """What to say of a source with no item that can be used."""
    return (
        f"None of the {counted(listing.n_in, 'item')} of {source.origin} can be used.{listing.first_cause} "
        f"Fix the files or the columns and read it again."
    )
