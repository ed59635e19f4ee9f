"""Deleted runs lie aside for a day, so that a deletion can be undone; then their room is freed.

A folder that lies aside begins with a dot and is no run to anybody. Its time of change says when it was put there.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from advisor.core.errors import RunError, StorageError
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, store
from advisor.runs.processes import read_small

#: Begins the name of a folder that lies aside; the run's id and a mark of its own follow.
PREFIX = ".deleted-"
UNDO_SECONDS = 86_400.0
_NAMED = re.compile(rf"{re.escape(PREFIX)}(?P<run>.+?)(-[0-9a-f]{{4}}~)?")


@dataclass(frozen=True)
class Aside:
    """A deleted run whose folder is still there. ``since``: seconds since 1970."""

    run: str
    folder: Path
    since: float

    @property
    def until(self) -> datetime:
        """Until when the deletion can be undone."""
        return datetime.fromtimestamp(self.since + UNDO_SECONDS).astimezone()

    @property
    def dataset_name(self) -> str:
        """The dataset that it was trained on."""
        return str(read_small(RunFiles(self.folder).plan).get("dataset_name", ""))


def put(folder: Path) -> None:
    """Take a run's folder out of the runs in one step, so that a kill half-way leaves no half of a run."""
    place = folder.with_name(f"{PREFIX}{folder.name}-{secrets.token_hex(2)}~")
    try:
        folder.rename(place)
        with contextlib.suppress(OSError):  # it lies there since its last change then
            os.utime(place)
    except OSError as error:
        raise StorageError(
            f"The run folder {folder} cannot be deleted ({error.strerror}). Check who may write there."
        ) from error


def runs() -> list[Aside]:
    """The deleted runs whose folders are still there, the one deleted last first."""
    return sorted(_found(), key=lambda one: -one.since)


def _found() -> Iterator[Aside]:
    for path in store.runs_folder().glob(f"{PREFIX}*"):
        named = _NAMED.fullmatch(path.name)
        with contextlib.suppress(OSError):
            if named and path.is_dir():
                yield Aside(named["run"], path, path.stat().st_mtime)


def find(name: str) -> Aside:
    """The deleted run of this id, or of an unambiguous end of it. Raises RunError naming those that are there."""
    known = runs()
    matching = [one for one in known if one.run == name] or [one for one in known if one.run.endswith(f"-{name}")]
    if len({one.run for one in matching}) == 1:
        return matching[0]
    there = f"Those that can be restored: {', '.join(one.run for one in known[:5])}." if known else "There is none."
    raise RunError(f"{name!r} is not a run that was deleted in the last 24 hours. {there}")


def restore(name: str) -> str:
    """Undo a deletion; the run's id. Raises RunError for a run that is not aside, StorageError on a full disk."""
    one = find(name)
    place = store.runs_folder() / one.run
    if place.exists():
        raise RunError(f"A run {one.run} is there again, so the deleted one cannot be restored.")
    try:
        one.folder.rename(place)
    except OSError as error:
        raise StorageError(f"The run {one.run} cannot be restored ({error.strerror}).") from error
    store.take_in(one.run)
    return one.run


def clear(every: bool = False) -> int:
    """Delete for good what has lain aside for a day, or `every` one; the bytes freed."""
    old = [one for one in runs() if every or time.time() - one.since > UNDO_SECONDS]
    return sum(clear_one(one) for one in old)


def clear_one(one: Aside) -> int:
    """Delete one for good; the bytes freed."""
    freed = size_of(one.folder)
    shutil.rmtree(one.folder, ignore_errors=True)
    climbs.clear_deleted(PREFIX)
    return freed


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, 0 where there is none."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
    return total
