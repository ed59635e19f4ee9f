"""Uploads are written to the workspace below their content's hash, by their own names; nothing in them is executed.

The server has put an upload on the disk while it arrived and left a receipt (`advisor.ui.server.receive`); what has
none, as in a test of a page, is written here. Either way a file is moved to its place and lies there once.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from advisor.core.errors import DatasetError, StorageError
from advisor.core.wording import count
from advisor.core.workspace import Workspace
from advisor.data.read.naming import name_of_files
from advisor.ui.server import receive

CHUNK = 1 << 20
MOST_FILES = 5000
RECEIPT_BYTES = 1024
MOST_NAME_BYTES = 180
#: Invisible signs inside emoji and inside Indic and Persian words.
JOINERS = "\u200c\u200d"

#: Where a receipt's file lies by now: a page asks for it again each time it is drawn.
_placed: OrderedDict[str, Path] = OrderedDict()
_KEPT = 10_000


def tame(name: str) -> str:
    """A file's own name where every system can hold it: without a folder, not hidden, nothing invisible, 180 bytes at
    most. The signs that Windows forbids become underscores.

    >>> tame("../../etc/My cats (1).zip"), tame("Was läuft?.csv")
    ('My cats (1).zip', 'Was läuft_.csv')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(c for c in last if c.isspace() or c in JOINERS or not unicodedata.category(c).startswith("C"))
    plain = unicodedata.normalize("NFC", " ".join(re.sub(r'[<>:"|?*]', "_", visible).split()))
    while len(plain.encode()) > MOST_NAME_BYTES:
        plain = plain[1:]  # the ending says what a file is
    return plain.lstrip(" .-").rstrip(" .") or "upload"


def shown(source: str) -> str:
    """A source as its owner knows it: an upload by its own name, anything else as it is."""
    uploads = f"{Workspace.here().uploads}{os.sep}"
    return source.removeprefix(uploads).partition(os.sep)[2] if source.startswith(uploads) else source


def keep(stream: BinaryIO, name: str) -> Path:
    """Put an uploaded file at `workspace()/uploads/<hash>/<name>` and return its path.

    Raises StorageError when it did not fit or the disk is full.
    """
    with _failing_in_words():
        path, digest = _on_disk(stream)
        return _placed_at(path, Workspace.here().uploads / digest.hex()[:16] / tame(name))


def keep_together(files: Sequence[tuple[BinaryIO, str]]) -> Path:
    """Put files uploaded together into one folder named by all their contents, and return the folder; a lone file
    is kept by itself.

    Raises DatasetError for too many files, and StorageError when one did not fit or the disk is full.
    """
    _check_number(len(files))
    if len(files) == 1:
        return keep(*files[0])
    with _failing_in_words():
        named = [(*_on_disk(stream), tame(name)) for stream, name in files]
        whole = hashlib.sha256()
        for _, digest, name in named:
            whole.update(f"{name}\x1f".encode() + digest)
        called = tame(name_of_files([name for *_, name in named]))
        folder = Workspace.here().uploads / whole.hexdigest()[:16] / called
        taken: set[str] = set()
        for number, (path, _, name) in enumerate(named):
            own = name if name.lower() not in taken else f"{number}-{name}"
            taken.add(own.lower())
            _placed_at(path, folder / own)
        return folder


def keep_folder(files: Sequence[tuple[BinaryIO, str]]) -> Path:
    """Put the files of a folder, named by their paths from it, into one that is laid out alike; returns that folder.

    Raises DatasetError and StorageError as `keep_together` does.
    """
    _check_number(len(files))
    with _failing_in_words():
        named = [(*_on_disk(stream), [tame(part) for part in name.strip("/").split("/")]) for stream, name in files]
        tops = {parts[0] for *_, parts in named if len(parts) > 1}
        inside = len(tops) == 1 and all(len(parts) > 1 for *_, parts in named)
        whole = hashlib.sha256()
        for _, digest, parts in sorted(named, key=lambda file: file[2]):
            whole.update(f"{'/'.join(parts)}\x1f".encode() + digest)
        folder = Workspace.here().uploads / whole.hexdigest()[:16] / (tops.pop() if inside else "Folder")
        for path, _, parts in named:
            _placed_at(path, folder.joinpath(*parts[1:] if inside else parts))
        return folder


def _check_number(n_files: int) -> None:
    """Raise DatasetError for too many files."""
    if n_files > MOST_FILES:
        raise DatasetError(
            f"{count(n_files)} files are more than the {count(MOST_FILES)} of one upload. Put them into an archive."
        )


def _on_disk(stream: BinaryIO) -> tuple[Path, bytes]:
    """Where an upload lies, and the SHA-256 of its content. Raises StorageError when the server could not keep it."""
    stream.seek(0)
    found = receive.arrived(stream.read(RECEIPT_BYTES))
    if isinstance(found, str):
        raise StorageError(found)
    found = _written(stream) if found is None else _placed.get(found.name, found)
    if not found.is_file():
        raise StorageError("The upload is gone, since it was not read within a day. Choose the file again.")
    with found.open("rb") as content:
        return found, hashlib.file_digest(content, "sha256").digest()


def _written(stream: BinaryIO) -> Path:
    folder = receive.folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / secrets.token_hex(16)
    stream.seek(0)
    try:
        with path.open("xb") as target:
            while block := stream.read(CHUNK):
                target.write(block)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def _placed_at(path: Path, place: Path) -> Path:
    """Move a file to its place, where the same content may lie already, and remember it."""
    if path == place:
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.parent != receive.folder():  # read before under another name
        if not place.exists():
            os.link(path, place)
        return place
    if place.exists():
        path.unlink()
    else:
        with path.open("rb+") as content:
            os.fsync(content.fileno())
        path.replace(place)
    _placed[path.name] = place
    while len(_placed) > _KEPT:
        _placed.popitem(last=False)
    return place


@contextmanager
def _failing_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = Workspace.here().uploads
        raise StorageError(
            f"The upload cannot be written below {folder} ({error.strerror or error}). Free some space, or set "
            f"ADVISOR_HOME to a larger disk."
        ) from error
