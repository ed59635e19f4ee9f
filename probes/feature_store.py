"""The cache behind `probes.features`: rows of float32 that survive a kill at any moment.

One folder per (weights, preprocessing): ``rows.f32`` holds the rows one after another, ``index.txt`` one line of fixed
width per row with the item's key and the row's CRC-32. Rows are written and synced before their index lines, so a kill
leaves at most rows without a line, which the next append overwrites. A row with a wrong checksum counts as missing.
Writers hold a file lock, because dashboard and worker may extract at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

#: The size of the whole cache, beyond which the least recently used folders go. 4 GB are 800,000 rows of 1,280.
LIMIT_BYTES = 4_000_000_000
_KEY = 32
#: One line of the index as bytes; a key of `_KEY` hex digits and the row's CRC-32 in eight.
_LINE = np.dtype([("key", f"S{_KEY}"), ("blank", "S1"), ("checksum", "S8"), ("end", "S1")])


@dataclass(frozen=True)
class Index:
    """The index of a store at one moment, sorted by key. Shape: keys, numbers (of the row), checksums (m,)."""

    keys: np.ndarray
    numbers: np.ndarray
    checksums: np.ndarray

    def find(self, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The row number of each key, -1 where missing, and the row's checksum. Shape: (n,), (n,)."""
        wanted = np.array([_hashed(key) for key in keys], dtype=self.keys.dtype)
        if not len(self.keys) or not len(wanted):
            return np.full(len(wanted), -1), np.zeros(len(wanted), dtype=self.checksums.dtype)
        last = np.maximum(
            np.searchsorted(self.keys, wanted, side="right") - 1, 0
        )  # the newer one of a key written twice
        return np.where(self.keys[last] == wanted, self.numbers[last], -1), self.checksums[last]


class FeatureStore:
    """Rows of `dim` float32 for item keys, under one `name` (weights and preprocessing) in the folder `cache`."""

    def __init__(self, cache: Path, name: str, dim: int, limit_bytes: int = LIMIT_BYTES) -> None:
        self.cache = cache
        self.dim = dim
        self.limit_bytes = limit_bytes
        self.folder = cache / hashlib.sha256(f"{name}-{dim}".encode()).hexdigest()[:24]
        self.rows = self.folder / "rows.f32"
        self.index_file = self.folder / "index.txt"

    def index(self) -> Index:
        """Where each key's row is, as of now; one index serves many `read`s."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)  # "used now", for `_make_room`
        try:
            content = self.index_file.read_bytes()
        except OSError:
            content = b""
        lines = np.frombuffer(content[: self._n_rows() * _LINE.itemsize], dtype=_LINE)
        order = np.argsort(lines["key"], kind="stable")
        return Index(lines["key"][order], order, lines["checksum"][order])

    def read(self, keys: Sequence[str], index: Index | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The cached rows of the keys. Shape: (n, dim) float32, zeros where missing; (n,) bool: cached."""
        array = np.zeros((len(keys), self.dim), dtype=np.float32)
        ok = np.zeros(len(keys), dtype=bool)
        numbers, checksums = (index or self.index()).find(keys)
        known = np.flatnonzero(numbers >= 0)
        if not len(known):
            return array, ok
        try:
            with self.rows.open("rb") as stream:
                for position in known[np.argsort(numbers[known])]:  # in the order of the file, hence of the disk
                    stream.seek(int(numbers[position]) * self.dim * 4)
                    content = stream.read(self.dim * 4)
                    if len(content) == self.dim * 4 and _checksum(content) == checksums[position]:
                        array[position] = np.frombuffer(content, dtype=np.float32)
                        ok[position] = True
        except OSError:  # cleared by another process in between
            pass
        return array, ok

    def append(self, keys: Sequence[str], rows: np.ndarray) -> bool:
        """Cache rows (n, dim) under their keys; False where that failed (disk full, or over the limit)."""
        if not len(keys):
            return True
        content = np.ascontiguousarray(rows, dtype=np.float32)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._make_room(content.nbytes):
                return False
            with self._lock():
                n_rows = self._n_rows()
                _write_at(self.rows, n_rows * self.dim * 4, content.tobytes())
                pairs = zip(keys, content, strict=True)
                lines = (_hashed(key) + b" " + _checksum(row.tobytes()) + b"\n" for key, row in pairs)
                _write_at(self.index_file, n_rows * _LINE.itemsize, b"".join(lines))
        except OSError:  # a full or read-only disk costs the cache, not the answer
            return False
        return True

    @staticmethod
    def used(cache: Path) -> int:
        """The bytes of every store under `cache`."""
        return sum(_size(folder) for folder in _stores(cache))

    @staticmethod
    def clear(cache: Path) -> int:
        """Delete all stores under `cache`; returns the bytes freed."""
        freed = 0
        for folder in _stores(cache):
            freed += _size(folder)
            shutil.rmtree(folder, ignore_errors=True)
        return freed

    def _n_rows(self) -> int:
        """The number of complete index lines with a complete row; a kill may truncate the last one."""
        try:
            n_lines = self.index_file.stat().st_size // _LINE.itemsize
            return min(n_lines, self.rows.stat().st_size // (self.dim * 4))
        except OSError:
            return 0

    def _lock(self, timeout: float = 30) -> FileLock:
        return FileLock(self.cache / f"{self.folder.name}.lock", timeout=timeout)

    def _make_room(self, n_bytes: int) -> bool:
        """Delete the least recently used stores until `n_bytes` more fit; False when this one alone is too large."""
        others = sorted((f for f in _stores(self.cache) if f != self.folder), key=lambda f: f.stat().st_mtime)
        total = _size(self.folder) + sum(_size(folder) for folder in others) + n_bytes
        for folder in others:
            if total <= self.limit_bytes:
                break
            total -= _size(folder)
            with contextlib.suppress(Timeout), FileLock(self.cache / f"{folder.name}.lock", timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        return total <= self.limit_bytes


def _hashed(key: str) -> bytes:
    """Any key as `_KEY` hex digits, so that index lines have a fixed width."""
    return hashlib.sha256(key.encode()).hexdigest()[:_KEY].encode()


def _checksum(content: bytes) -> bytes:
    return f"{zlib.crc32(content):08x}".encode()


def _write_at(path: Path, offset: int, content: bytes) -> None:
    """Write `content` at `offset`, truncate the file after it, and sync."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "r+b") as stream:
        stream.seek(offset)
        stream.write(content)
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())


def _stores(cache: Path) -> list[Path]:
    return [path.parent for path in cache.glob("*/rows.f32")]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
