"""The entries of zip and tar archives in one shape, each name checked before anything is written."""

from __future__ import annotations

import posixpath
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from advisor.core.errors import DatasetError, StorageError
from advisor.data.read import archive_names, zip_forms
from advisor.data.read.names import COMPRESSED_SUFFIXES, hidden_part, is_junk, suffix

Archive = zipfile.ZipFile | tarfile.TarFile
_BYTES_SPARE = 50_000_000
_LARGER = "Free some space there, or set ADVISOR_HOME to a folder on a larger disk."


@dataclass
class Limits:
    """How much an archive may unpack to, and how much it has. Sizes in bytes."""

    total_bytes: int = 50_000_000_000
    ratio: float = 200.0
    ratio_from_bytes: int = 100_000_000
    entries: int = 2_000_000
    path: Path = field(default=Path())
    disk: Path = field(default=Path())
    packed_bytes: int = 0
    free_bytes: int = 0
    declared_bytes: int = 0
    n_bytes: int = 0
    n_entries: int = 0

    def begin(self, path: Path, free_bytes: int, disk: Path | None = None) -> None:
        """Start counting for one archive; disk: where it is unpacked, and has so much free."""
        self.path, self.free_bytes, self.disk = path, free_bytes, disk or self.disk
        self.packed_bytes = path.stat().st_size
        self.declared_bytes = self.n_bytes = self.n_entries = 0

    def declare(self, n_entries: int, n_bytes: int) -> None:
        """Check what the archive says about itself before anything is written."""
        self.declared_bytes = n_bytes
        if n_entries > self.entries:
            raise DatasetError(f"{self.path} holds {n_entries:,} entries, more than {self.entries:,}. Give the folder.")
        self._check(n_bytes, "says it holds")
        if n_bytes + _BYTES_SPARE > self.free_bytes:
            raise StorageError(
                f"{self.path} unpacks to {n_bytes / 1e6:,.1f} MB, and the disk {self.disk} has "
                f"{self.free_bytes / 1e6:,.1f} MB free, of which {_BYTES_SPARE / 1e6:.0f} are to stay free. {_LARGER}"
            )

    def count(self, n_bytes: int, name: str) -> None:
        """Count bytes as they are written."""
        self.n_bytes += n_bytes
        self._check(self.n_bytes, f"unpacks, at {name}, to")
        if self.n_bytes + _BYTES_SPARE > self.free_bytes:
            raise StorageError(
                f"The disk {self.disk} is too full to unpack {self.path}: {self.free_bytes / 1e6:,.1f} MB was free. "
                f"{_LARGER}"
            )

    def next_entry(self) -> None:
        """Count one entry."""
        self.n_entries += 1
        if self.n_entries > self.entries:
            raise DatasetError(f"{self.path} holds more than {self.entries:,} entries. Unpack it and give the folder.")

    @property
    def share(self) -> float:
        """About how much is done, 0 to 1."""
        return min(1.0, self.n_bytes / max(self.declared_bytes, self.packed_bytes, 1))

    def _check(self, n_bytes: int, what: str) -> None:
        if n_bytes > self.total_bytes:
            raise DatasetError(
                f"{self.path} {what} {n_bytes / 1e9:,.0f} GB, more than {self.total_bytes / 1e9:,.0f} GB. "
                f"If it is sound, unpack it yourself and give the folder."
            )
        if n_bytes > self.ratio_from_bytes and n_bytes > self.ratio * max(self.packed_bytes, 1):
            raise DatasetError(
                f"{self.path} looks like a decompression bomb: its {self.packed_bytes / 1e6:,.2f} MB unpack to "
                f"{n_bytes / 1e6:,.0f} MB or more. If it is sound, unpack it yourself and give the folder."
            )


@dataclass
class Entry:
    """One file of an archive: its safe relative POSIX name and a way to read it.

    hidden: its name up to the piece that begins with a dot, where it is not read for that.
    """

    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    is_link: bool = False
    in_stream: bool = False
    hidden: str = ""


@contextmanager
def opened(path: Path) -> Iterator[Archive | None]:
    """The archive, found by its content and not its suffix; None for a single compressed file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield archive
        return
    try:
        tar = tarfile.open(path, "r:*")  # noqa: SIM115 (closed below)
    except tarfile.ReadError:
        ending = suffix(path.name)
        if ending not in COMPRESSED_SUFFIXES or suffix(path.name[: -len(ending)]) == ".tar":
            raise DatasetError(
                f"{path} is no readable archive: it is damaged or cut short. Copy or download it again."
            ) from None
        yield None
        return
    with tar:
        yield tar


def entries_of(archive: Archive, path: Path, limits: Limits, notes: list[str]) -> Iterator[Entry]:
    """The files of an archive, hidden ones too; folders and system files are left out. Notes for the user are added.

    Raises DatasetError for an unsafe entry, a piece of a split archive, and where no entry can be decompressed.
    """
    if isinstance(archive, zipfile.ZipFile):
        yield from _zip_entries(archive, path, limits, notes)
    else:
        yield from _tar_entries(archive, path, limits, notes)


def _zip_entries(archive: zipfile.ZipFile, path: Path, limits: Limits, notes: list[str]) -> Iterator[Entry]:
    infos = archive.infolist()
    zip_forms.check(archive, path)
    limits.declare(len(infos), sum(info.file_size for info in infos))
    names, told = archive_names.of_zip(infos, path.name)
    notes += told
    for info, name in zip(infos, names, strict=True):
        checked_name(name, path)
        if stat.S_ISLNK(info.external_attr >> 16) and info.file_size < 4096:
            with archive.open(info) as stream:
                checked_link(name, stream.read().decode("utf-8", "replace"), path)
    for info, written in zip(infos, names, strict=True):
        name = checked_name(written, path)
        if not name or zip_forms.is_folder(info) or _tools_own(name):
            continue
        limits.next_entry()

        def read(info: zipfile.ZipInfo = info) -> AbstractContextManager[IO[bytes]]:
            return archive.open(info)

        yield Entry(name, read, is_link=stat.S_ISLNK(info.external_attr >> 16), hidden=hidden_part(name))


def _tar_entries(archive: tarfile.TarFile, path: Path, limits: Limits, notes: list[str]) -> Iterator[Entry]:
    """A tar is read once from front to back: it has no list of its contents to check first."""
    encoding = ""
    for info in archive:
        if not encoding and archive_names.is_open(info):
            encoding, told = archive_names.of_tar(path)
            notes += told
        name = checked_name(archive_names.decoded(info, encoding), path)
        if info.issym() or info.islnk():
            target = info.linkname if info.issym() else "/".join([*[".."] * name.count("/"), info.linkname])
            checked_link(name, target, path)
        if not name or info.isdir() or _tools_own(name):
            continue
        limits.next_entry()
        if info.isfile() and info.size + limits.n_bytes > limits.total_bytes:
            limits.declare(limits.n_entries, info.size + limits.n_bytes)

        def read(info: tarfile.TarInfo = info) -> AbstractContextManager[IO[bytes]]:
            stream = archive.extractfile(info)
            if stream is None:
                raise NotImplementedError("it is no plain file")
            return stream

        yield Entry(name, read, is_link=not info.isfile(), in_stream=True, hidden=hidden_part(name))


def _tools_own(name: str) -> bool:
    return any(is_junk(piece) for piece in name.split("/")) and not hidden_part(name)


def checked_name(name: str, path: Path) -> str:
    """The entry's name as a relative POSIX path. Raises DatasetError when it leads out of the folder.

    >>> checked_name("./a\\\\b/c.png", Path("x.zip"))
    'a/b/c.png'
    """
    plain = name.replace("\\", "/")
    pieces = [piece for piece in plain.split("/") if piece not in ("", ".")]
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain) or ".." in pieces or "\0" in plain:
        raise DatasetError(
            f"{path} was not unpacked: its entry {name!r} would be written outside its folder. "
            f"Do not trust this archive; make a new one from the folder."
        )
    return "/".join(pieces).encode("utf-8", "replace").decode("utf-8")


def checked_link(name: str, target: str, path: Path) -> None:
    """Raise DatasetError when a link's target lies outside the archive's folder."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(name.replace("\\", "/")), target.replace("\\", "/")))
    if place.startswith(("/", "..")) or re.match(r"[A-Za-z]:", target):
        raise DatasetError(
            f"{path} was not unpacked: its entry {name!r} is a link to {target!r}, outside its folder. "
            f"Do not trust this archive; make a new one from the folder."
        )
