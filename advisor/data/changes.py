"""Whether the data still are what was read: between two readings of a source, and between reading and measuring."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from advisor.core import places, storage
from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import Dataset, ReadOptions
from advisor.core.wording import counted
from advisor.core.workspace import Workspace
from advisor.data.modality import modality_of
from advisor.data.store import listed_ns
from probes.timings import stage


def since_last_time(source: str, options: ReadOptions, fingerprint: str) -> list[str]:
    """A note where this source, read in the same way, had another content when it was read last; else none."""
    try:
        last = storage.read_object(Workspace.here().source(source))
        if last["fingerprint"] == fingerprint or last["options"] != options.model_dump(mode="json"):
            return []
        return [
            f"The content has changed since it was read last, when {counted(int(last['n_used']), 'item')} could be "
            f"used (fingerprint {str(last['fingerprint'])[:8]}). What was measured then does not count; it is measured "
            f"anew."
        ]
    except (StorageError, KeyError, TypeError, ValueError):  # the source is read for the first time, or as if it were
        return []


def keep(dataset: Dataset) -> None:
    """Keep which content the source of a dataset has now; a read-only or full disk costs this memory only."""
    path = Workspace.here().source(dataset.source)
    content = {
        "source": dataset.source,
        "options": dataset.options.model_dump(mode="json"),
        "fingerprint": dataset.fingerprint,
        "n_used": dataset.n_used,
    }
    try:
        known = storage.read_object(path) == content
    except StorageError:
        known = False
    if not known:
        with contextlib.suppress(StorageError):
            storage.write_json(path, content)


@stage("hashing")
def check_unchanged(dataset: Dataset) -> None:
    """Compare the files of the items with what was read; only files changed since then are read again.

    Raises DatasetError naming the folder that is gone, or how many files are missing or changed.
    """
    if places.PATH not in dataset.items:  # texts lie in the table itself
        return
    paths: list[str] = dataset.items[places.PATH].tolist()
    gone = [path for path in paths if not os.path.exists(path)]  # noqa: PTH110 (100,000 Path objects are slow)
    if gone:
        raise DatasetError(_gone(dataset, paths, gone))
    as_of_ns, then = listed_ns(dataset), dataset.items["digest"].tolist()
    now = modality_of(dataset).digests(dataset.items, as_of_ns)
    changed = [
        path
        for path, a, b in zip(paths, then, now, strict=True)
        if _is_empty(path) or (a != b and (len(a) == len(b) or _written_since(path, as_of_ns)))
    ]
    if changed:
        raise DatasetError(
            f"{counted(len(changed), 'file')} of {dataset.name} changed since the dataset was read, the first is "
            f"{changed[0]}. Read it again and advise on what it is now: advisor advise {dataset.source}"
        )


def _is_empty(path: str) -> bool:
    return Path(path).stat().st_size == 0


def _written_since(path: str, ns: int) -> bool:
    """Whether a file was written since: a digest of another length alone is that of a former version."""
    facts = Path(path).stat()
    return max(facts.st_ctime_ns, facts.st_mtime_ns) > ns


def _gone(dataset: Dataset, paths: list[str], gone: list[str]) -> str:
    if len(gone) < len(paths):
        return (
            f"{len(gone):,} of the {counted(len(paths), 'file')} of {dataset.name} are gone since the dataset was "
            f"read, the first is {gone[0]}. Put them back, or read what is left: advisor advise {dataset.source}"
        )
    folder = Path(os.path.commonpath([os.path.dirname(path) for path in gone]))  # noqa: PTH120
    missing = next((place for place in (*reversed(folder.parents), folder) if not place.exists()), folder)
    return (
        f"The files of {dataset.name} are gone: {missing} is not there. Put it back or connect its disk; if it was "
        f"moved, read it from its new place: advisor profile PATH"
    )
