"""Uploads are written to the workspace under their content's hash and a tame name; nothing in them is executed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from advisor.storage import workspace, write_bytes

TABLES = ("csv", "tsv", "jsonl", "parquet")
ARCHIVES = ("zip", "tar", "gz", "tgz", "bz2", "xz")
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
    path = workspace() / "uploads" / digest.hexdigest()[:16] / tame(name)
    if not path.exists():
        stream.seek(0)
        write_bytes(path, stream.read())
    return path
