"""A version of a dataset with items that were labelled since: they join the training part, and the test part stays.

So a model trained on it is compared with one trained before on the very same test items. What would spoil that is left
out: an item that the test part has, or a near copy of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.core import places, reach
from advisor.core.errors import DatasetError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Decisions, SetAside, VersionOf
from advisor.core.wording import counted, listed, short
from advisor.data import store
from advisor.data.inspect.inspection import Inspection
from advisor.data.labelling import Labelled
from advisor.data.modality import modality_of
from advisor.data.read.fingerprint import digest_file, digest_text
from advisor.data.task import task_of
from advisor.data.versions import family
from probes.progress import Progress, silent

UNKNOWN, THERE, LEAK = (
    "Its label “{}” is no class.",
    "It is in the dataset already.",
    "It is, or nearly is, in another part.",
)


@dataclass(frozen=True)
class Grown:
    """The version, how many items it has more, and those that were left out, with reasons."""

    dataset: Dataset
    n_added: int
    left_out: tuple[SetAside, ...]

    @property
    def sentence(self) -> str:
        """What was added and what was not."""
        said = f"{counted(self.n_added, 'labelled item')} added to the training part: {self.dataset.name}."
        if not self.left_out:
            return said
        reasons = listed(dict.fromkeys(_clause(one.reason) for one in self.left_out), 4)
        return f"{said} {counted(len(self.left_out), 'item')} left out: {reasons}."


def grow(dataset: Dataset, labelled: Sequence[Labelled], progress: Progress = silent) -> Grown:
    """The version of a dataset with labelled items added; the one made before where there is one.

    Raises DatasetError where none of them can be added, or a path may not be read.
    """
    if not task_of(dataset).has_classes:
        raise DatasetError(f"{dataset.name} has no classes, so no labelled items can be added.")
    rows, left_out = _usable(dataset, labelled)
    mark = _fingerprint(dataset, rows)
    known = store.stored(mark) if len(rows) else None
    if known is not None and known.version is not None:
        return Grown(known, known.version.n_added, (*left_out, *known.set_aside[len(dataset.set_aside) :]))
    if len(rows):
        whole = pd.concat([dataset.items, rows], ignore_index=True)
        inspection = task_of(dataset).inspect(whole, modality_of(dataset), progress)
        stays, more = _sound(dataset, whole, inspection)
        left_out = [*left_out, *more]
        if stays[len(dataset.items) :].any():
            version, n_added = _made(dataset, whole[stays], inspection.only(stays), mark, more)
            return Grown(version, n_added, tuple(left_out))
    reasons = listed(dict.fromkeys(_clause(one.reason) for one in left_out))
    raise DatasetError(
        f"None of the {counted(len(labelled), 'labelled item')} can be added to {dataset.name}: {reasons}. Its classes "
        f"are {listed(dataset.classes, 12)}."
    )


def _usable(dataset: Dataset, labelled: Sequence[Labelled]) -> tuple[pd.DataFrame, list[SetAside]]:
    """The labelled items as rows of the dataset, and those that cannot be."""
    number = {name.strip().lower(): place for place, name in reversed([*enumerate(dataset.classes)])}
    number |= {name: place for place, name in enumerate(dataset.classes)}
    seen, keys = set(dataset.items["digest"].astype(str)), set(dataset.items["key"].astype(str))
    rows, left_out = [], []
    for one in labelled:
        digest, reason = _digest(dataset, one.item)
        label = number.get(one.label, number.get(one.label.strip().lower()))
        reason = reason or (UNKNOWN.format(short(one.label, 40)) if label is None else THERE if digest in seen else "")
        if reason:
            left_out.append(SetAside(key=one.key or one.item[:60], reason=reason))
            continue
        seen.add(digest)
        key = _new_key(one.key or one.item[:60], keys)
        rows.append({"key": key, "label": label, "part": "train", "group": None, "digest": digest, "item": one.item})
    table = pd.DataFrame(rows, columns=["key", "label", "part", "group", "digest", "item"])
    return table.rename(columns={"item": kind_row(dataset.kind).column}), left_out


def _new_key(key: str, keys: set[str]) -> str:
    """A key that no other item has; it is added to them."""
    wanted, number = f"labelled: {key}", 1
    while (name := wanted if number == 1 else f"{wanted} ({number})") in keys:
        number += 1
    keys.add(name)
    return name


def _digest(dataset: Dataset, item: str) -> tuple[str, str]:
    """The digest of an item as it is now, or why it has none."""
    if kind_row(dataset.kind).modality == "text":
        return (digest_text(item), "") if item.strip() else ("", "It is empty.")
    reach.check(item)
    return digest_file(item)


def _sound(dataset: Dataset, whole: pd.DataFrame, inspection: Inspection) -> tuple[np.ndarray, list[SetAside]]:
    """Which rows stay, (n,) bool: new ones that can be read and are no copy of an item outside the training part."""
    n_old = len(dataset.items)
    stays = np.ones(len(whole), dtype=bool)
    left_out = []
    elsewhere = (whole["part"] != "train").to_numpy()
    for cluster in inspection.clusters:
        if any(elsewhere[row] for row in cluster):
            stays[[row for row in cluster if row >= n_old]] = False
    for row in range(n_old, len(whole)):
        reason = "" if inspection.readable[row] else inspection.reasons.get(row, "It cannot be read.")
        if reason or not stays[row]:
            stays[row] = False
            left_out.append(SetAside(key=str(whole["key"].iloc[row]), reason=reason or LEAK))
    return stays, left_out


def _made(
    dataset: Dataset, items: pd.DataFrame, inspection: Inspection, mark: str, left_out: Sequence[SetAside]
) -> tuple[Dataset, int]:
    """The version, written down, and how many items it has more."""
    n_added, before = len(items) - len(dataset.items), dataset.version
    of = VersionOf(
        number=family.next_number(dataset), parent=dataset.fingerprint,
        root=before.root if before else dataset.fingerprint, root_name=before.root_name if before else dataset.name,
        n_relabelled=0, n_dropped=0, n_added=n_added,
    )  # fmt: skip
    note = f"Version {of.number} of {of.root_name}, made from {dataset.name}: {family.what_changed(of)}."
    notes = tuple(dict.fromkeys([note, *dataset.notes]))
    content = dataset.model_dump() | {
        "name": f"{of.root_name}, version {of.number}",
        "source": f"{family.VERSION}{mark[:16]}",
        "folder": str(store.folder_of(mark)),
        "n_in": dataset.n_in + n_added + len(left_out),
        "n_used": len(items),
        "n_set_aside": dataset.n_set_aside + len(left_out),
        "set_aside": (*dataset.set_aside, *left_out),
        "fingerprint": mark,
        "notes": notes,
        "content_notes": notes,
        "version": of,
    }
    version = Dataset.model_validate(content)
    items = items.assign(label=items["label"].astype("int64")).reset_index(drop=True)
    Decisions().save(version.files.applied)
    store.write(version, items, inspection)
    listed_ns = store.listed_ns(dataset) if places.PATH in items else None
    return (store.listed_at(version, listed_ns) if listed_ns is not None else version), n_added


def _clause(reason: str) -> str:
    """A reason inside a sentence; a label keeps its capitals."""
    return f"{reason[:1].lower()}{reason[1:].rstrip('.')}"


def _fingerprint(dataset: Dataset, rows: pd.DataFrame) -> str:
    """SHA-256 of the parent's fingerprint and what is added, in the order of the contents."""
    running = hashlib.sha256(f"labels\n{dataset.fingerprint}\n".encode())
    for digest, label in sorted(zip(rows["digest"], rows["label"], strict=True)):
        running.update(f"{digest}\x1f{label}\x1e".encode())
    return running.hexdigest()
