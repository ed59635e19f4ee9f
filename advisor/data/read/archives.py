"""Archives are unpacked into the workspace once, under their hash, and never outside their folder.

An entry that climbs out (`../x`, `/etc/x`, `C:\\x`, a link that leads out) refuses the whole archive: nobody makes
one by accident. A single damaged entry is set aside. Sizes are counted while writing, as declared ones can lie.
"""

from __future__ import annotations

import bz2
import contextlib
import errno
import gzip
import hashlib
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from advisor.core import aside, disk, storage
from advisor.core.errors import DatasetError, StorageError
from advisor.core.records import SetAside
from advisor.core.wording import counted, listed
from advisor.core.workspace import UNPACKED, Workspace
from advisor.data.read.archive_entries import Entry, Limits, checked_name, entries_of, opened
from advisor.data.read.names import FOREIGN_ARCHIVES, is_junk, suffix
from probes.progress import Progress, silent

_CHUNK = 1 << 20
_DIGEST_BYTES = 16
#: The disk is the cause, and not one entry or the archive.
_DISK = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EROFS, errno.EIO)
#: A name that this file system cannot give is one entry's trouble; another error of a tar's stream ends it.
_UNNAMEABLE = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ)
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, NotImplementedError, ValueError)


class Unpacked:
    """An unpacked archive: its folder, damaged entries, and notes for the user."""

    def __init__(self, folder: Path, set_aside: list[SetAside], notes: list[str]) -> None:
        self.folder, self.set_aside, self.notes = folder, set_aside, notes


def unpack(path: Path, progress: Progress = silent, limits: Limits | None = None) -> Unpacked:
    """Unpack an archive into ``workspace()/unpacked/<hash>`` unless it is there already.

    Raises DatasetError for a damaged, locked, unsafe or oversized archive, StorageError when the disk is too full.
    """
    program = FOREIGN_ARCHIVES.get(suffix(path.name))
    if program and not is_packed(path):
        raise DatasetError(f"{path} is a {program} archive, which cannot be read. Unpack it, or make a zip of it.")
    folder = Workspace.here().unpacked / archive_hash(path)[:32]
    if (known := kept(folder)) is not None:
        return known
    with aside.filled(folder) as new:
        _fill(path, new, limits or Limits(), progress)
        put_in_place(new, folder)
    unpacked = kept(folder)
    if unpacked is None:
        raise StorageError(f"{folder} does not hold what was just unpacked from {path}. Check that disk and try again.")
    return unpacked


def kept(folder: Path) -> Unpacked | None:
    """What was unpacked here before; None where that is nothing, or a file of it is missing or damaged."""
    try:
        record = storage.read_object(folder / UNPACKED)
        if not all(_is_whole(folder / name, facts) for name, facts in record.get("files", {}).items()):
            return None
        return Unpacked(folder, [SetAside(**entry) for entry in record["set_aside"]], list(record["notes"]))
    except (StorageError, ValueError, KeyError, TypeError, AttributeError):
        return None


def facts_of(path: Path, digest: str | None = None) -> list[Any]:
    """By which an unpacked file is known: its size, the time of its last change, and the hash of its content."""
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, digest or _hash(path, _DIGEST_BYTES)]


def _is_whole(path: Path, facts: list[Any]) -> bool:
    """Whether a file is the one that was unpacked; it is hashed only where its time says that it was written since."""
    try:
        now = path.stat()
        if now.st_size != facts[0]:
            return False
        if now.st_mtime_ns == facts[1]:
            return os.access(path, os.R_OK)
        return _hash(path, _DIGEST_BYTES) == str(facts[2])
    except OSError:
        return False


def put_in_place(new: Path, folder: Path) -> None:
    """Put the finished folder in place of none or a damaged one; another process may have been quicker.

    Raises StorageError naming the disk.
    """
    try:
        with disk.writing(folder):
            if folder.exists() and kept(folder) is None:
                shutil.rmtree(folder)
            new.rename(folder)
    except StorageError:
        if kept(folder) is None:
            raise


def archive_hash(path: Path) -> str:
    """BLAKE2b of the whole archive; remembered by path, size and times, so that a second reading is quick.

    The time of the last change counts beside that of the last writing, which copying can keep.
    """
    facts = path.stat()
    place = hashlib.blake2b(os.fsencode(path.resolve()), digest_size=16).hexdigest()
    known = Workspace.here().archive_hashes / f"{place}.json"
    state = [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]
    if known.exists():
        try:
            record = storage.read_object(known)
            if record["state"] == state:
                return str(record["hash"])
        except (StorageError, KeyError):  # damaged: it is hashed and written again
            pass
    try:
        digest = _hash(path, 32)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be read ({(error.strerror or '').lower()}). Check its permissions."
        ) from error
    with contextlib.suppress(StorageError):  # on a read-only disk it is hashed again each time
        storage.write_json(known, {"path": str(path), "state": state, "hash": digest})
    return digest


def _hash(path: Path, n_bytes: int) -> str:
    """BLAKE2b of a file, `n_bytes` long, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=n_bytes)).hexdigest()


def _fill(path: Path, folder: Path, limits: Limits, progress: Progress) -> None:
    """Write the archive's files below `folder`, and the record of how it went."""
    damaged: list[SetAside] = []
    limits.begin(path, shutil.disk_usage(folder).free, disk.disk_of(folder))
    n_links, files = 0, {}
    hidden: set[str] = set()
    notes: list[str] = []
    try:
        with opened(path) as archive:
            if archive is None:
                files = _single(path, folder, limits)
            else:
                for entry in entries_of(archive, path, limits, notes):
                    if entry.hidden:
                        hidden.add(entry.hidden)
                    elif entry.is_link:
                        n_links += 1
                    else:
                        reason, digest = _write(entry, folder, limits)
                        if reason:
                            damaged.append(SetAside(key=entry.name, reason=reason))
                        else:
                            files[entry.name] = facts_of(folder / entry.name, digest)
                    if limits.n_entries % 200 == 0:
                        progress(f"Unpacking {path.name}: {limits.n_entries:,} files", limits.share)
    except OSError as error:
        if error.errno in _DISK:
            raise StorageError(disk.sentence(folder, error)) from error
        raise DatasetError(
            f"{path} cannot be unpacked ({error.strerror or error}). Copy or download it again."
        ) from error
    except _BROKEN as error:
        raise DatasetError(
            f"{path} is damaged and cannot be unpacked ({str(error) or 'it ends early'}). Copy or download it again."
        ) from error
    notes += _left_out(path.name, n_links, hidden)
    entries = [entry.model_dump(include={"key", "reason"}) for entry in damaged]
    storage.write_json(folder / UNPACKED, {"archive": str(path), "set_aside": entries, "notes": notes, "files": files})


def _left_out(archive: str, n_links: int, hidden: set[str]) -> list[str]:
    """Notes on what an archive holds and is not read."""
    notes = []
    if n_links:
        notes.append(f"{counted(n_links, 'link or special file', 'links or special files')} inside {archive} left out.")
    if hidden:
        what = counted(len(hidden), "hidden file or folder", "hidden files and folders")
        was = "was" if len(hidden) == 1 else "were"
        notes.append(f"{what} inside {archive} {was} not read: {listed(sorted(hidden), 3)}.")
    return notes


def _write(entry: Entry, folder: Path, limits: Limits) -> tuple[str, str]:
    """Write one file; the reason when it is damaged or cannot be named so here, or "" and the hash of its content."""
    target = folder / entry.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with entry.open() as source, target.open("xb") as sink:
            return "", _copied(source, sink, entry.name, limits)
    except FileExistsError:
        return "The archive holds two entries of this name. The first one is used.", ""
    except NotImplementedError as error:
        target.unlink(missing_ok=True)
        return f"The entry cannot be decompressed ({error}).", ""
    except RuntimeError as error:
        if "password" in str(error) or "encrypted" in str(error):
            raise DatasetError(f"{limits.path} is locked with a password. Unpack it and give the folder.") from error
        target.unlink(missing_ok=True)
        return f"The entry is damaged ({error}).", ""
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        target.unlink(missing_ok=True)
        return f"The entry is damaged ({error}).", ""
    except OSError as error:
        if error.errno in _DISK or (entry.in_stream and error.errno not in _UNNAMEABLE):
            raise
        return f"The entry cannot be written ({(error.strerror or str(error)).lower()}).", ""


def is_packed(path: Path) -> bool:
    """Whether a file is a zip or a tar by its content, whatever it is called."""
    try:
        with path.open("rb") as stream:
            start = stream.read(512)
    except OSError:
        return False
    return start.startswith(b"PK\3\4") or start[257:262] == b"ustar"


def _copied(source: IO[bytes], sink: IO[bytes], name: str, limits: Limits) -> str:
    """Copy a stream, counted against the limits; the hash of its content."""
    running = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    while block := source.read(_CHUNK):
        limits.count(len(block), name)
        running.update(block)
        sink.write(block)
    return running.hexdigest()


def _single(path: Path, folder: Path, limits: Limits) -> dict[str, list[Any]]:
    """One compressed file (`name.csv.xz`, `notes.gz`), written without its last suffix."""
    name = checked_name(Path(path.name).stem, path)
    if not name or is_junk(name):
        name = "content"
    with _decompressed(path) as source, (folder / name).open("xb") as sink:
        digest = _copied(source, sink, name, limits)
    return {name: facts_of(folder / name, digest)}


def _decompressed(path: Path) -> IO[bytes]:
    openers: dict[str, Callable[[Path], Any]] = {".bz2": bz2.open, ".xz": lzma.open}
    return cast(IO[bytes], openers.get(suffix(path.name), gzip.open)(path))
