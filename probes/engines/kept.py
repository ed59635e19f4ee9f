"""Translated graphs on disk: made once per weights, engine and version, and made again when damaged.

A graph lies in a folder of its own, with the hash of every file in its manifest, written aside and renamed. What is
used longest ago goes when they take more than `LIMIT_BYTES` together. Nothing here is a program: an engine's files hold
operations and numbers.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from probes.backbones.weights import file_sha256, sync

FOLDER = "engines"
MANIFEST = "manifest.json"
LIMIT_BYTES = 2_000_000_000


def folder_of(cache: Path, key: str, engine: str, version: str) -> Path:
    """Where the graph `key` (SHA-256) lies for one engine and version."""
    return cache / FOLDER / f"{engine}-{version}-{key[:32]}"


def opened(folder: Path, key: str) -> Path | None:
    """The folder when everything in it is as it was written, else None."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files: dict[str, str] = manifest["files"]
        whole = manifest["key"] == key and all(file_sha256(folder / name) == sha for name, sha in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if whole:
        with contextlib.suppress(OSError):
            os.utime(folder)  # "used now", for `_make_room`
    return folder if whole else None


def made(folder: Path, key: str, write: Callable[[Path], None]) -> Path:
    """The folder, written by `write` where it is missing or damaged. Raises OSError, and what `write` raises."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if (known := opened(folder, key)) is not None:
            return known
        for left in (folder, *folder.parent.glob(f".{folder.name}.*")):  # damaged, or left by a kill
            shutil.rmtree(left, ignore_errors=True)
        aside = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            aside.mkdir()
            write(aside)
            files = {path.name: file_sha256(path) for path in sorted(aside.iterdir())}
            (aside / MANIFEST).write_text(json.dumps({"key": key, "files": files}, indent=1) + "\n", encoding="utf-8")
            for path in (*aside.iterdir(), aside):
                sync(path)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    _make_room(folder)
    return folder


def used(cache: Path) -> int:
    """The bytes of all graphs under `cache`."""
    return sum(map(_size, _folders(cache / FOLDER)))


def clear(cache: Path) -> int:
    """Delete all graphs under `cache`; returns the bytes freed."""
    freed = used(cache)
    shutil.rmtree(cache / FOLDER, ignore_errors=True)
    return freed


def _make_room(newest: Path) -> None:
    """Delete those used longest ago until the limit is kept; the newest stays."""
    others = sorted((f for f in _folders(newest.parent) if f != newest), key=lambda f: f.stat().st_mtime)
    total = _size(newest) + sum(map(_size, others))
    for folder in others:
        if total <= LIMIT_BYTES:
            return
        total -= _size(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _folders(place: Path) -> list[Path]:
    return [path.parent for path in place.glob(f"*/{MANIFEST}")]


def _size(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0
