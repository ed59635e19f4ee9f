"""Digests of contents and the fingerprint of a whole listing.

A file's digest is BLAKE2b of its content when it has at most 32 KiB, else of its size with its first and last
16 KiB: reading 100,000 photos whole would take minutes, their ends tell them apart just as well.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from advisor.dataset.listing import Listing
from probes.progress import Progress, silent

WHOLE_BYTES = 32 * 1024
END_BYTES = 16 * 1024
VERSION = "1"


def digest_bytes(content: bytes) -> str:
    """BLAKE2b of a content, 32 hex digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def digest_text(text: str) -> str:
    """The digest of a text, over its UTF-8 form."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def digest_file(path: str) -> tuple[str, str]:
    """(digest, "") of a file, or ("", reason) when it is empty or cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        return "", f"The file cannot be opened ({(error.strerror or 'unknown cause').lower()})."
    try:
        head = os.read(descriptor, WHOLE_BYTES + 1)
        if not head:
            return "", "The file is empty (0 bytes)."
        if len(head) <= WHOLE_BYTES:
            return digest_bytes(head), ""
        size = os.fstat(descriptor).st_size
        os.lseek(descriptor, -END_BYTES, os.SEEK_END)
        tail = os.read(descriptor, END_BYTES)
        return digest_bytes(size.to_bytes(8, "little") + head[:END_BYTES] + tail), ""
    except OSError as error:
        return "", f"The file cannot be read ({(error.strerror or 'unknown cause').lower()})."
    finally:
        os.close(descriptor)


def digest_files(paths: Sequence[str], progress: Progress = silent) -> list[tuple[str, str]]:
    """`digest_file` of every path, in order, by a few threads."""
    step = 1024
    chunks = [paths[i : i + step] for i in range(0, len(paths), step)]
    found: list[tuple[str, str]] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        for chunk in pool.map(lambda chunk: [digest_file(path) for path in chunk], chunks):
            found += chunk
            progress(f"Listing files: {len(found):,} of {len(paths):,}", len(found) / len(paths))
    return found


def fingerprint(listing: Listing) -> str:
    """SHA-256 over kind, every item's key, label, part, group and digest, the documents, and the items set aside.

    The place on disk and the options are left out: the same rows read from another folder or through
    columns named by hand are the same dataset.
    """
    items = listing.items.drop(columns=["path", "text"], errors="ignore").sort_values("key", kind="stable")
    running = hashlib.sha256(f"{VERSION}\n{listing.kind}\n".encode())
    for row in items.itertuples(index=False, name=None):
        running.update(
            ("\x1f".join("" if cell is None else str(cell) for cell in row) + "\x1e").encode("utf-8", "replace")
        )
    if listing.documents is not None:
        for row in listing.documents[["document", "digest"]].itertuples(index=False, name=None):
            running.update("\x1f".join(("document", *row, "\x1e")).encode("utf-8", "replace"))
    for entry in sorted(listing.set_aside, key=lambda e: (e.key, e.reason)):
        running.update(f"{entry.key}\x1f{entry.reason}\x1d".encode("utf-8", "replace"))
    return running.hexdigest()
