"""What is wrong with a disk that cannot be written, in sentences that name the disk, its room and the next step."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from advisor.core.errors import StorageError

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
_FORBIDDEN = (errno.EACCES, errno.EPERM)
_IN_THE_WAY = (*_FORBIDDEN, errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST)
_LOST = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN)
#: A disk with less than this free is full when a library's error says nothing of the cause.
_LITTLE_BYTES = 1_000_000
#: A disk with room for fewer files than this holds as many as it can: SQLite opens three at a time.
_FEW_FILES = 4
_DATABASE = {"SQLITE_FULL": errno.ENOSPC, "SQLITE_READONLY": errno.EROFS, "SQLITE_CANTOPEN": errno.EACCES,
             "SQLITE_IOERR": errno.EIO, "SQLITE_PERM": errno.EACCES}  # fmt: skip


def disk_of(path: Path) -> Path:
    """The disk that holds `path`, or would: the folder at which it is mounted."""
    place = nearest(path).resolve()
    return next((folder for folder in (place, *place.parents) if folder.is_mount()), place)


def nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return next((place for place in (path, *path.absolute().parents) if _exists(place)), Path(path.anchor or "."))


@contextlib.contextmanager
def writing(path: Path, n_bytes: int | None = None) -> Iterator[None]:
    """Raise any error of the disk inside as a StorageError about writing `path`; n_bytes: what it needs, if known."""
    try:
        yield
    except OSError as error:
        raise StorageError(sentence(path, error, n_bytes)) from error


def sentence(path: Path, error: OSError, n_bytes: int | None = None) -> str:
    """Why `path` was not written, and what to do; n_bytes: the room that it needs, if known."""
    disk, number = disk_of(path), error.errno
    if path.is_dir() and number in _IN_THE_WAY:
        return f"{path} is a folder where a file should be. Move it away and try again."
    if number == errno.ENOSPC and _without_inodes(path):
        return (
            f"The disk {disk} holds as many files as it can: {path} was not written, though there may be space left. "
            f"Delete files that you no longer need, or set ADVISOR_HOME to a folder on another disk, and try again."
        )
    if number in _FULL or (number is None and _free(path) < _LITTLE_BYTES):
        needed = f", {_size(n_bytes)}," if n_bytes is not None else ""
        return (
            f"The disk {disk} is full: {path}{needed} was not written, and {_size(_free(path))} is free. Free some "
            f"space there, or set ADVISOR_HOME to a folder on a larger disk, and try again. Nothing finished is lost."
        )
    if number == errno.EROFS:
        return (
            f"The disk {disk} is read-only: {path} was not written. Set ADVISOR_HOME to a folder on a disk that can be "
            f"written, and try again."
        )
    if number in _FORBIDDEN:
        return (
            f"{path} was not written: you have no permission to write in {nearest(path.parent)}. Change its "
            f"permissions, or set ADVISOR_HOME to a folder of your own."
        )
    if number in _LOST:
        return (
            f"The disk {disk} fails ({_cause(error)}): {path} was not written. Check the disk or the network share, "
            f"or set ADVISOR_HOME to a folder on another one."
        )
    return f"{path} was not written ({_cause(error)}). Check that folder, or set ADVISOR_HOME to another one."


def obstacle(path: Path) -> str:
    """Why the disk of `path` takes nothing more at present, a sentence; "" where it does."""
    disk = disk_of(path)
    if _is_read_only(path):
        return f"The disk {disk} is read-only."
    if _free(path) < _LITTLE_BYTES:
        return f"The disk {disk} is full: {_size(_free(path))} is free."
    return f"The disk {disk} holds as many files as it can." if _without_inodes(path) else ""


def explained(error: BaseException) -> str | None:
    """The sentence for an error that comes of the disk, whatever library met it; None where it is not the disk."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and (found := _explained(cause)):
            return found
        cause = cause.__cause__ or cause.__context__
    return None


def _explained(error: OSError) -> str | None:
    known = (*_FULL, errno.EROFS, *_LOST)
    forbidden = error.errno in _FORBIDDEN and error.filename is not None
    if error.errno not in known and not forbidden:
        return None
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else _workspace()
    return sentence(path, error)


def of_database(path: Path, error: sqlite3.Error) -> str | None:
    """The sentence for an SQLite file that the disk kept from being opened or written; None for any other cause."""
    name = str(getattr(error, "sqlite_errorname", ""))
    number = next((number for start, number in _DATABASE.items() if name.startswith(start)), None)
    if number is None:
        return None
    if number in (errno.EROFS, errno.EACCES):  # SQLite says one for the other
        number = errno.EROFS if _is_read_only(path) else errno.EACCES
    if number in (errno.EACCES, errno.EIO) and (_free(path) < _LITTLE_BYTES or _without_inodes(path)):
        number = errno.ENOSPC
    return sentence(path, OSError(number, str(error)))


def _workspace() -> Path:
    from advisor.core.workspace import Workspace

    return Workspace.here().folder


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _free(path: Path) -> int:
    """Bytes that are free on the disk of `path`."""
    try:
        return shutil.disk_usage(nearest(path)).free
    except OSError:
        return 0


def _without_inodes(path: Path) -> bool:
    try:
        facts = os.statvfs(nearest(path))
    except (OSError, AttributeError):  # Windows has no statvfs
        return False
    few = facts.f_favail < _FEW_FILES and _free(path) >= _LITTLE_BYTES
    return facts.f_files > 0 and (facts.f_favail == 0 or few)


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(nearest(path)).f_flag & os.ST_RDONLY)
    except (OSError, AttributeError):
        return False


def _size(n_bytes: int) -> str:
    for unit, divisor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= divisor:
            return f"{n_bytes / divisor:.1f} {unit}"
    return f"{n_bytes} bytes"


def _cause(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()
