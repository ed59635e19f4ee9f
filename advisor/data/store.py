"""Datasets in the workspace, one folder each: ``datasets/<first 16 of the fingerprint>/``.

In it lie dataset.json, items.parquet, documents.parquet (of questions), inspection.parquet and clusters.json;
dataset.json is written last, so its presence says that the rest is whole. Several sources may hold the same content:
what belongs to one of them (name, options, notes, paths) lies in ``sources/``, and dataset.json is that of the one read
last.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.core import disk, places, storage
from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import Dataset, Plan, ReadOptions
from advisor.core.tables import read_table, write_table
from advisor.core.wording import listed
from advisor.core.workspace import RECORD, DatasetFiles, Workspace
from advisor.data.inspect.inspection import Inspection


def folder_of(fingerprint: str) -> Path:
    """The workspace folder of a fingerprint (64 hex digits, or its first 16)."""
    return Workspace.here().dataset(fingerprint).folder


def open_dataset(fingerprint: str) -> Dataset:
    """The dataset read before under this fingerprint (its first 8 hex digits or more).

    Raises DatasetError when there is none, or several begin so.
    """
    wanted = fingerprint.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{8,64}", wanted):
        raise DatasetError(f"{fingerprint!r} is not a fingerprint. Give 8 to 64 hexadecimal digits (0 to 9, a to f).")
    base = Workspace.here().datasets
    folders = [path.parent for path in base.glob(f"{wanted[:16]}*/{RECORD}")]
    if len(folders) != 1:
        what = "No dataset" if not folders else f"More than one dataset ({listed(f.name for f in folders)})"
        raise DatasetError(f"{what} with the fingerprint {fingerprint} is in the workspace. Read the dataset again.")
    return _loaded(folders[0])


def known_dataset(fingerprint: str) -> Dataset | None:
    """The dataset read before under this fingerprint; None where the workspace has it no longer."""
    try:
        return open_dataset(fingerprint[:16])
    except (DatasetError, StorageError):
        return None


def known_datasets() -> list[Dataset]:
    """Every dataset in the workspace, the one read last first; damaged ones are left out."""
    paths = sorted(Workspace.here().datasets.glob(f"*/{RECORD}"), key=lambda p: -p.stat().st_mtime)
    datasets = []
    for path in paths:
        try:
            datasets.append(_loaded(path.parent))
        except StorageError:
            continue
    return datasets


def stored(fingerprint: str) -> Dataset | None:
    """The whole dataset of this fingerprint, None when it was never read or one of its files is damaged."""
    folder = folder_of(fingerprint)
    if not DatasetFiles(folder).record.exists():
        return None
    try:
        dataset = _loaded(folder)
        tables = [dataset.items, dataset.measures, *([dataset.documents] if dataset.kind == "qa" else [])]
        kept_clusters(dataset)
    except StorageError:
        return None
    return dataset if len(tables[0]) == len(tables[1]) == dataset.n_used else None


def planned(plan: Plan) -> Dataset:
    """The dataset of a plan, as the source that it was planned with has it.

    Raises DatasetError when it is no longer in the workspace, StorageError when it is damaged.
    """
    for folder in (Path(plan.dataset_folder), folder_of(plan.fingerprint)):  # a workspace may have been moved
        files = DatasetFiles(folder)
        own = files.source(plan.dataset_source)
        if files.record.is_file():
            return _loaded(folder, own if own.is_file() else files.record)
    raise DatasetError(
        f"The dataset {plan.dataset_name} of this run is no longer in the workspace "
        f"({folder_of(plan.fingerprint)} is gone). Read it again: advisor profile {plan.dataset_source or 'PATH'}"
    )


def _loaded(folder: Path, record: Path | None = None) -> Dataset:
    """A dataset with its folder as it is now (a workspace may have been moved)."""
    dataset = Dataset.load(record or DatasetFiles(folder).record)
    if dataset.folder == str(folder):
        return dataset
    then, now = (str(places.home_of(DatasetFiles(Path(place)))) for place in (dataset.folder, folder))
    inside = dataset.source.startswith(then + os.sep)
    source = now + dataset.source.removeprefix(then) if inside else dataset.source
    return dataset.model_copy(update={"folder": str(folder), "source": source})


def write(dataset: Dataset, items: pd.DataFrame, inspection: Inspection, documents: pd.DataFrame | None = None) -> None:
    """Write a dataset that was just read; documents: the table beside the questions of a "qa" dataset."""
    files = dataset.files
    keys = items["key"].tolist()
    measures = inspection.measures.copy()
    measures.insert(0, "key", keys)
    clusters = [
        {"kind": likeness, "keys": [keys[row] for row in rows]}
        for rows, likeness in zip(inspection.clusters, inspection.cluster_kinds, strict=True)
    ]
    if places.PATH in items:
        paths = items[places.PATH].tolist()
        places.write(files, dataset.source, paths)
        items = items.assign(**{places.PATH: places.kept(paths, places.home_of(files))})
    write_table(files.items, items)
    if documents is not None:
        write_table(files.documents, documents)
    write_table(files.inspection, measures)
    storage.write_json(files.clusters, {"clusters": clusters})
    dataset.save(files.source(dataset.source))
    dataset.save(files.record)


def write_unlabelled(dataset: Dataset, table: pd.DataFrame | None) -> None:
    """Keep the items without a label of the source that was just read; None removes those of a former one."""
    path = dataset.files.unlabelled(dataset.source)
    if table is None or not len(table):
        if path.exists():
            with disk.writing(path):
                path.unlink()
        return
    try:
        kept = read_table(path).equals(table.reset_index(drop=True))
    except StorageError:
        kept = False
    if not kept:  # a disk that is read-only must not keep anybody from reading what is known
        write_table(path, table)


def at_hand(
    known: Dataset,
    name: str,
    source: str,
    options: ReadOptions,
    notes: Sequence[str],
    items: pd.DataFrame,
    columns: Mapping[str, tuple[str, ...]],
) -> Dataset | None:
    """The known content as the source that was just read has it: its name, options, notes and paths.

    notes, columns: those of this source; items: its listing. None where a former version read the content from another
    source, since it did not keep the notes of the two apart: it is read anew then.
    """
    if known.content_notes is None and known.source != source:
        return None
    both = (*notes, *known.content_notes) if known.content_notes is not None else known.notes
    changes = {
        "name": name, "source": source, "options": options, "notes": tuple(dict.fromkeys(both)),
        "columns": dict(columns),
    }  # fmt: skip
    dataset = Dataset.model_validate(known.model_dump() | changes)  # no copy, which would carry the items' paths along
    if places.PATH in items:
        path_of = dict(zip(items["key"], items[places.PATH], strict=True))
        old = zip(known.items["key"], known.items[places.PATH], strict=True)
        places.write(dataset.files, source, [path_of.get(key, path) for key, path in old])
    for path in (dataset.files.source(source), dataset.files.record):
        kept = Dataset.saved(path)
        if kept is None or kept.model_copy(update={"folder": dataset.folder}) != dataset:
            with contextlib.suppress(StorageError):  # on a read-only or full disk the name and notes hold for now
                dataset.save(path)
    return dataset


def listed_ns(dataset: Dataset) -> int:
    """When the files of the items were last listed, in nanoseconds of the system's clock: their digests held then."""
    if places.PATH in dataset.items:
        return places.listed_ns(dataset.files, dataset.source, dataset.items[places.PATH].tolist())
    return dataset.files.items.stat().st_mtime_ns


def listed_at(dataset: Dataset, ns: int) -> Dataset:
    """The dataset, its files having been listed just now, from `ns` on; `listed_ns` tells it from now on."""
    for path in (dataset.files.places(dataset.source), dataset.files.record):
        with contextlib.suppress(OSError):  # on a read-only disk they count as listed earlier, and are hashed again
            os.utime(path, ns=(ns, ns))
    return dataset


def kept_clusters(dataset: Dataset) -> list[dict[str, Any]]:
    """The duplicate clusters found when the dataset was read, each with its ``kind`` and ``keys``; none if not kept.

    Raises StorageError when the file is damaged.
    """
    path = dataset.files.clusters
    content = storage.read_json(path) if path.is_file() else []
    former = dataset.content_notes is None  # its version wrote a bare list
    clusters = content.get("clusters") if isinstance(content, dict) else content if former else None
    if not isinstance(clusters, list) or not all(
        isinstance(one, dict) and {"kind", "keys"} <= {*one} for one in clusters
    ):
        raise StorageError(f"{path} is damaged. Read the dataset again: advisor profile {dataset.source}")
    return clusters
