"""Datasets in the workspace, one folder each: ``datasets/<first 16 of the fingerprint>/``.

In it lie dataset.json, items.parquet, documents.parquet (of questions), inspection.parquet and clusters.json;
dataset.json is written last, so its presence says that the rest is whole.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.core import storage
from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import Dataset
from advisor.core.wording import listed
from advisor.core.workspace import RECORD, DatasetFiles, Workspace
from advisor.data.inspect.inspection import Inspection
from advisor.data.modality import modality_of


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
    """The whole dataset of this fingerprint, None when it was never read or its files are damaged."""
    folder = folder_of(fingerprint)
    if not DatasetFiles(folder).record.exists():
        return None
    try:
        dataset = _loaded(folder)
        return dataset if len(dataset.items) == dataset.n_used else None
    except (StorageError, OSError, ValueError):
        return None


def _loaded(folder: Path) -> Dataset:
    """A dataset with its folder as it is now (a workspace may have been moved)."""
    dataset = Dataset.load(DatasetFiles(folder).record)
    return dataset if dataset.folder == str(folder) else dataset.model_copy(update={"folder": str(folder)})


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
    write_table(files.items, items)
    if documents is not None:
        write_table(files.documents, documents)
    write_table(files.inspection, measures)
    storage.write_json(files.clusters, clusters)
    dataset.save(files.record)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, atomically."""
    storage.write_bytes(path, table.to_parquet(index=False))


def listed_ns(dataset: Dataset) -> int:
    """When the files of the items were last listed, in nanoseconds of the system's clock: their digests held then."""
    return dataset.files.items.stat().st_mtime_ns


def listed_at(dataset: Dataset, ns: int) -> Dataset:
    """The dataset, its files having been listed just now, from `ns` on; `listed_ns` tells it from now on."""
    os.utime(dataset.files.items, ns=(ns, ns))
    return dataset


def moved(dataset: Dataset, source: str, items: pd.DataFrame) -> Dataset:
    """The same content read from another place: paths and source are brought up to date."""
    updated = dataset.model_copy(update={"source": source})
    table = modality_of(dataset).relocated(dataset.items, items)
    if table is not None:
        write_table(dataset.files.items, table)
    updated.save(dataset.files.record)
    return _loaded(Path(dataset.folder))  # read anew: a copy would carry the old items along


def kept_clusters(dataset: Dataset) -> list[dict[str, Any]]:
    """The duplicate clusters found when the dataset was read, each with its ``kind`` and ``keys``; none if not kept."""
    path = dataset.files.clusters
    clusters: list[dict[str, Any]] = storage.read_json(path) if path.is_file() else []
    return clusters
