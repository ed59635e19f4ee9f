"""Folders are written whole or not at all: filled aside, then renamed to their place.

A kill in between leaves the folder aside behind, as large as an unpacked archive may be. Whoever writes the next one
deletes it: a lock beside each tells those that are being written from those that nobody writes any more.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from advisor.core import disk

PREFIX = ".new-"
_LOCK = ".lock"


@contextlib.contextmanager
def filled(place: Path) -> Iterator[Path]:
    """A new empty folder beside `place`, to be filled and renamed to it; what is still there at the end is deleted.

    Raises StorageError naming the disk when the folder cannot be made.
    """
    with disk.writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        _sweep(place.parent)
        folder = place.parent / f"{PREFIX}{secrets.token_hex(8)}"
        lock = FileLock(f"{folder}{_LOCK}")
        lock.acquire()
    try:
        with disk.writing(place):
            folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _released(lock)


def _sweep(parent: Path) -> None:
    """Delete the folders that writers which were killed have left in `parent`."""
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.is_dir():
            lock = FileLock(f"{folder}{_LOCK}", timeout=0)
            with contextlib.suppress(Timeout, OSError):
                lock.acquire()
                shutil.rmtree(folder, ignore_errors=True)
                _released(lock)


def _released(lock: FileLock) -> None:
    lock.release()
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)
