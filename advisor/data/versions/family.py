"""The versions of a dataset: which there are, what each came from, opening one by its name, deleting one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from advisor.core import disk, places
from advisor.core.errors import DatasetError
from advisor.core.records import Dataset, Decisions, VersionOf
from advisor.core.wording import counted
from advisor.data import store
from advisor.data.versions import decisions

#: What stands before the first 16 digits of a version's fingerprint where a source is asked for.
VERSION = "version:"


@dataclass(frozen=True)
class Undone:
    """The dataset to go on with, and what was undone, in a sentence."""

    dataset: Dataset
    sentence: str


def what_changed(of: VersionOf) -> str:
    """The decisions of a version in numbers.

    >>> what_changed(VersionOf(number=2, parent="", root="", root_name="", n_relabelled=14, n_dropped=9))
    '14 items relabelled, 9 dropped'
    >>> what_changed(VersionOf(number=2, parent="", root="", root_name="", n_relabelled=0, n_dropped=1))
    '1 item dropped'
    >>> what_changed(VersionOf(number=2, parent="", root="", root_name="", n_relabelled=0, n_dropped=0, n_added=50))
    '50 labelled items added'
    >>> what_changed(VersionOf(number=2, parent="", root="", root_name="", n_relabelled=0, n_dropped=1, n_answers=3))
    '3 answers corrected, 1 dropped'
    """
    said = [f"{counted(of.n_relabelled, 'item')} relabelled"] if of.n_relabelled else []
    if of.n_answers:
        said.append(f"{counted(of.n_answers, 'answer')} corrected")
    if of.n_dropped:
        said.append(f"{of.n_dropped:,} dropped" if said else f"{counted(of.n_dropped, 'item')} dropped")
    if of.n_added:
        said.append(f"{counted(of.n_added, 'labelled item')} added")
    if of.n_out:
        said.append(f"{counted(of.n_out, 'item')} of a class that is gone")
    return ", ".join(said)


def versions_of(dataset: Dataset) -> list[Dataset]:
    """Every version of the dataset that was read, by number, whichever of them is asked about."""
    root = root_of(dataset)
    found = [one for one in store.known_datasets() if one.version is not None and one.version.root == root]
    return sorted(found, key=lambda one: one.version.number if one.version else 1)


def root_of(dataset: Dataset) -> str:
    """The fingerprint of the dataset that was read."""
    return dataset.version.root if dataset.version else dataset.fingerprint


def next_number(dataset: Dataset) -> int:
    """The number of the version that would be made now."""
    numbers = [one.version.number for one in versions_of(dataset) if one.version]
    return 1 + max([1, *numbers, dataset.version.number if dataset.version else 1])


def parent_of(dataset: Dataset) -> Dataset | None:
    """What a version was made from; None for a dataset that was read, and where the parent is gone."""
    if dataset.version is None:
        return None
    return store.stored(dataset.version.parent)


def applied(version: Dataset) -> Decisions:
    """The decisions that made a version. Raises StorageError where they are gone."""
    return Decisions.load(version.files.applied)


def opened(name: str) -> Dataset:
    """The version called ``version:<digits>``. Raises DatasetError where there is none."""
    version = store.open_dataset(name.removeprefix(VERSION))
    if version.version is None:
        raise DatasetError(f"{name} is no version but {version.name} as it was read from {version.source}.")
    return _located(version)


def _located(version: Dataset) -> Dataset:
    """The version with the paths of its parent where its own files are gone: the source may have been moved."""
    if places.PATH not in version.items or Path(str(version.items[places.PATH].iloc[0])).exists():
        return version
    parent = parent_of(version)
    if parent is None:
        return version
    path_of = dict(zip(parent.items["key"], parent.items[places.PATH], strict=True))
    paths = [path_of.get(key, path) for key, path in zip(version.items["key"], version.items[places.PATH], strict=True)]
    places.write(version.files, version.source, paths)
    return Dataset.model_validate(version.model_dump())  # without the items that it has read


def delete(version: Dataset) -> int:
    """Delete a version with all that was measured on it; returns the bytes freed. Its parent is not touched.

    Raises DatasetError for a dataset that is none, and for one that another version was made from.
    """
    if version.version is None:
        raise DatasetError(f"{version.name} was read from {version.source} and is no version, so it is not deleted.")
    others = [one for one in versions_of(version) if one.version and one.version.parent == version.fingerprint]
    if others:
        raise DatasetError(f"{others[0].name} was made from {version.name}. Delete that one first.")
    folder = version.files.folder
    freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    with disk.writing(folder):
        version.files.record.unlink(missing_ok=True)  # without it the folder is no dataset, should the rest be cut off
        shutil.rmtree(folder)
    return freed


def undo(dataset: Dataset) -> Undone:
    """Undo what was done last: a step of decisions taken after the last version was made, else that version.

    A version that is undone is deleted; the decisions that made it stay and can be undone next. Raises DatasetError
    where there is nothing to undo, StorageError.
    """
    own = [one for one in versions_of(dataset) if one.version and one.version.parent == dataset.fingerprint]
    last = own[-1] if own else None
    made = decisions.last_step(applied(last)) if last is not None else decisions.INHERITED
    if decisions.last_step(decisions.kept(dataset)) > made:
        return Undone(dataset, f"{counted(decisions.take_back(dataset), 'decision')} taken back.")
    if last is not None:
        delete(last)
        return Undone(dataset, f"{last.name} deleted. The decisions that made it are kept.")
    parent = parent_of(dataset)
    if parent is not None:
        delete(dataset)
        return Undone(parent, f"{dataset.name} deleted. The decisions that made it are kept.")
    raise DatasetError(f"There is nothing to undo: no decision was taken on {dataset.name}, and no version made of it.")
