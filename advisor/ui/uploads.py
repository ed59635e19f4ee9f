"""Uploads are written to the workspace under their content's hash and a tame name; nothing in them is executed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from advisor.core.storage import write_bytes
from advisor.core.workspace import Workspace
from advisor.data.read.names import UPLOADED_DOCUMENTS, suffix

CHUNK = 1 << 20


def tame(name: str) -> str:
    """A file name of letters, digits, dots, dashes and underscores, without a folder and not hidden.

    >>> tame("../../etc/My cats (1).zip")
    'My_cats_1_.zip'
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    return re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip("._-")[-80:] or "upload"


def keep(stream: BinaryIO, name: str) -> Path:
    """Write an uploaded file to `workspace()/uploads/<hash>/<name>` once and return its path.

    Raises StorageError when the disk is full.
    """
    stream.seek(0)
    digest = hashlib.sha256()
    while block := stream.read(CHUNK):
        digest.update(block)
    path = Workspace.here().uploads / digest.hexdigest()[:16] / tame(name)
    if not path.exists():
        stream.seek(0)
        write_bytes(path, stream.read())
    return path


def keep_together(files: Sequence[tuple[BinaryIO, str]]) -> Path:
    """Write files uploaded together into one folder named by all their contents, and return the folder; a lone file
    that is an archive or a table is kept by itself.

    Raises StorageError when the disk is full.
    """
    if len(files) == 1 and suffix(tame(files[0][1])) not in UPLOADED_DOCUMENTS:
        return keep(*files[0])
    named = [(stream, tame(name)) for stream, name in files]
    whole = hashlib.sha256()
    for stream, name in named:
        stream.seek(0)
        whole.update(f"{name}\x1f".encode() + hashlib.file_digest(stream, "sha256").digest())  # type: ignore[arg-type]
    called = Path(named[0][1]).stem + (f"_and_{len(named) - 1}_more" if len(named) > 1 else "")
    folder = Workspace.here().uploads / whole.hexdigest()[:16] / called
    taken: set[str] = set()
    for number, (stream, name) in enumerate(named):
        own = name if name.lower() not in taken else f"{number}-{name}"
        taken.add(own.lower())
        if not (folder / own).exists():
            stream.seek(0)
            write_bytes(folder / own, stream.read())
    return folder
