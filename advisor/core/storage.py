"""Writes are atomic or do not happen: written aside, synced, renamed. What is read back is compared with its hash.

A file that is written whole carries its own hash, its seal (`advisor.core.seals`), so that it can be replaced, copied
and checked by itself. A finished run has a manifest beside it, since not all of its files are written whole.

Measured before this was written: of 40 `torch.save` calls interrupted by SIGKILL 23 left an unreadable
file; written aside, synced and renamed, none of 40 did (docs/design.md, traps).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from advisor.core import disk, seals
from advisor.core.errors import StorageError

MANIFEST = "manifest.json"
AGAIN = "Copy it again, or make it anew."


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step; readers see the old file or the new one, never a part.

    Raises StorageError naming the disk that is full, read-only or forbidden.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.is_dir():
            path.rmdir()  # an empty folder in its place is in the way; one that holds something stays and is named
        Path(aside).replace(path)
    except BaseException as error:
        if aside is not None:
            with contextlib.suppress(OSError):
                Path(aside).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(disk.sentence(path, error, len(content))) from error
        raise


def read_bytes(path: Path) -> bytes:
    """The content of a file, compared with the seal in it where it has one.

    Raises StorageError naming the file when it is missing, cannot be read, or is damaged.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StorageError(f"{path} does not exist.") from error
    except OSError as error:
        cause = "it is a folder" if path.is_dir() else (error.strerror or str(error)).lower()
        raise StorageError(f"{path} cannot be read ({cause}). Check its permissions, or make it again.") from error
    if not seals.holds(content):
        raise StorageError(f"{path} is damaged: its content is not the one that was written. {AGAIN}")
    return content


def sweep(folder: Path) -> int:
    """Delete what writes that a kill interrupted have left beside their files, in all of `folder`; the bytes freed.

    Only for a folder that nobody writes into meanwhile.
    """
    freed = 0
    for path in folder.rglob(".*.*"):
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            freed += size
    return freed


def write_json(path: Path, content: Any) -> None:
    """Write `content` as readable JSON, atomically; an object is sealed."""
    if not isinstance(content, dict):
        write_bytes(path, _json(content))
        return
    write_bytes(path, seals.sealed(_json({**content, seals.NAME: seals.BLANK})))


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_json(path: Path) -> Any:
    """Read JSON, without its seal; a damaged file is a StorageError that names it."""
    content = read_bytes(path)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{path} is damaged and cannot be read as JSON ({error}). {AGAIN}") from error
    if isinstance(value, dict):
        value.pop(seals.NAME, None)
    return value


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object; a damaged file, or one that holds anything else, is a StorageError that names it."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise StorageError(f"{path} is damaged: it holds JSON, but not an object. {AGAIN}")
    return content


def append_line(path: Path, content: dict[str, Any]) -> None:
    """Append one JSON line in a single write, so that a reader never sees half of one and a flush.

    Raises StorageError naming the disk; a line that was cut short there is ended before the next one.
    """
    line = (json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n").encode()
    with disk.writing(path, len(line)):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            if os.fstat(descriptor).st_size:
                os.lseek(descriptor, -1, os.SEEK_END)
                line = line if os.read(descriptor, 1) == b"\n" else b"\n" + line
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(descriptor)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Every whole JSON object of `path`, one a line; a line cut by a kill or damaged is left out."""
    if not path.exists():
        return []
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({(error.strerror or str(error)).lower()}).") from error
    lines = []
    for line in content.split(b"\n"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            lines.append(entry)
    return lines


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path, names: Iterable[str]) -> None:
    """Write `manifest.json` with the SHA-256 of each named file of `folder`."""
    write_json(folder / MANIFEST, {name: sha256_file(folder / name) for name in sorted(names)})


def check_manifest(folder: Path, *names: str) -> None:
    """Compare the named files with their hashes in the folder's manifest, all of its files where none is named.

    Whoever reads a file back calls this first. A folder without a manifest passes: a run writes it last. A file is
    hashed once, and again when it has changed. Raises StorageError naming the file that is damaged or missing.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return
    expected = read_object(path)
    for name in names or expected:
        if name in expected:
            _check_file(folder / name, expected[name])


def _check_file(path: Path, expected: str) -> None:
    try:
        facts = path.stat()
        digest = _sha256_then(path, facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        raise StorageError(
            f"{path} is missing or cannot be read ({error.strerror}). Copy the whole folder again, or train again."
        ) from error
    if digest != expected:
        raise StorageError(
            f"{path} is damaged: its SHA-256 is not the one in {MANIFEST}. Copy the whole folder again, or train again."
        )


@lru_cache(maxsize=1024)
def _sha256_then(path: Path, size: int, changed_ns: int) -> str:
    """The SHA-256 of a file as it was then."""
    return sha256_file(path)
