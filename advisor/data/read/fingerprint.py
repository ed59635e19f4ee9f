"""Digests of contents and the fingerprint of a whole listing.

A file's digest is BLAKE2b of its whole content. Sizes and ends do not tell files apart: uncompressed images of one
size with equal borders differ only inside. Hashing costs about what reading costs (0.5 to 0.8 GB/s on two cores).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from advisor.data.read.listing import Listing
from probes.progress import Progress, silent

#: The digest of a larger file has LONG_DIGITS hex digits. Earlier versions hashed the size and both ends of such a file
#: into SHORT_DIGITS: `digests_now` recognises those by their length and makes them anew.
SMALL_BYTES = 32 * 1024
SHORT_DIGITS, LONG_DIGITS = 32, 40
BLOCK_BYTES = 256 * 1024
#: hashlib releases the lock, so a few threads hash side by side while others wait for the disk.
N_THREADS = 8
#: Files of one task for a thread: few enough to spread large files, enough to hide what a task costs.
N_FILES = 64
VERSION = "1"


def digest_bytes(content: bytes) -> str:
    """BLAKE2b of a content, 32 hex digits."""
    return hashlib.blake2b(content, digest_size=SHORT_DIGITS // 2).hexdigest()


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
        start = os.read(descriptor, SMALL_BYTES + 1)
        if not start:
            return "", "The file is empty (0 bytes)."
        return _digest(start, lambda n_bytes: os.read(descriptor, n_bytes)), ""
    except OSError as error:
        return "", f"The file cannot be read ({(error.strerror or 'unknown cause').lower()})."
    finally:
        os.close(descriptor)


def digest_stream(stream: IO[bytes]) -> str:
    """`digest_file` of what a stream gives from here on; of nothing, the digest of no bytes."""
    return _digest(stream.read(SMALL_BYTES + 1), stream.read)


def _digest(start: bytes, read: Callable[[int], bytes]) -> str:
    """The digest of a content of which `start` is read and `read` gives the rest, so many bytes at a time."""
    if len(start) <= SMALL_BYTES:
        return digest_bytes(start)
    running = hashlib.blake2b(start, digest_size=LONG_DIGITS // 2)
    while block := read(BLOCK_BYTES):
        running.update(block)
    return running.hexdigest()


def digest_files(paths: Sequence[str], progress: Progress = silent) -> list[tuple[str, str]]:
    """`digest_file` of every path, in order, by a few threads."""
    chunks = [paths[i : i + N_FILES] for i in range(0, len(paths), N_FILES)]
    digests: list[tuple[str, str]] = []
    with ThreadPoolExecutor(N_THREADS) as pool:
        for chunk in pool.map(lambda chunk: [digest_file(path) for path in chunk], chunks):
            digests += chunk
            progress(f"Reading files: {len(digests):,} of {len(paths):,}", len(digests) / len(paths))
    return digests


def digests_now(paths: Sequence[str], digests: Sequence[str], as_of_ns: int) -> list[str]:
    """The digests of files that were listed at `as_of_ns` (nanoseconds of the system's clock), as they are now.

    Only files changed since then, and large ones whose digest an earlier version made, are read. A file that is gone
    keeps its digest. An older file may stand in a file's place, too: where a link was turned to it, or its folder was
    renamed or linked. So the times of links and of folders count as well.
    """
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 (100,000 Path objects are slow)
    root = _root(folders)
    exchanged = {folder for folder in folders if _exchanged(folder, root, as_of_ns)}

    def now(pair: tuple[str, str]) -> str:
        path, digest = pair
        with contextlib.suppress(OSError):
            facts = os.stat(path)  # noqa: PTH116
            earlier = facts.st_size > SMALL_BYTES and len(digest) != LONG_DIGITS
            changed = max(facts.st_mtime_ns, facts.st_ctime_ns, os.lstat(path).st_ctime_ns) > as_of_ns
            if earlier or changed or os.path.dirname(path) in exchanged:  # noqa: PTH120
                return digest_file(path)[0] or digest
        return digest

    with ThreadPoolExecutor(N_THREADS) as pool:
        return list(pool.map(now, zip(paths, digests, strict=True)))


def _root(folders: set[str]) -> str:
    """The folder that holds all of these; "" where there is none."""
    try:
        return os.path.commonpath(folders)
    except ValueError:  # on several drives, or no folder at all
        return ""


def _exchanged(folder: str, root: str, as_of_ns: int) -> bool:
    """Whether a folder, or one above it up to `root`, or a link to one changed since."""
    while True:
        with contextlib.suppress(OSError):
            if max(os.stat(folder).st_ctime_ns, os.lstat(folder).st_ctime_ns) > as_of_ns:  # noqa: PTH116
                return True
        above = os.path.dirname(folder)  # noqa: PTH120
        if folder == root or above == folder or not root:
            return False
        folder = above


def fingerprint(listing: Listing) -> str:
    """SHA-256 over kind, every item's key, label, part, group and digest, the documents, and the items set aside.

    The place on disk and the options are left out: the same rows read from another folder or through columns named by
    hand are the same dataset. Reasons count, so rewording one that a reader gives makes another dataset of old input.
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
