"""A table of features that is filled in any order: in memory while it is small, else in a memory-mapped file.

Extracting 20,000 images thus takes no more memory than 2,000; readers of the table pay only for the pages they use.
"""

from __future__ import annotations

import contextlib
import errno
import tempfile
from pathlib import Path
from typing import IO

import numpy as np

IN_MEMORY_BYTES = 32_000_000


class FeatureTable:
    """n rows of `dim` float32, zeros until `put`. The file in `folder` has no name and vanishes with the table."""

    def __init__(self, n: int, dim: int, folder: Path) -> None:
        self.shape = (n, dim)
        self._row_bytes = dim * 4
        self._file: IO[bytes] | None = None
        if n * self._row_bytes > IN_MEMORY_BYTES:
            with contextlib.suppress(OSError):  # no room for a file: use memory
                folder.mkdir(parents=True, exist_ok=True)
                file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 - lives as long as the table
                file.truncate(n * self._row_bytes)
                self._file = file
        self._array = np.zeros(self.shape, dtype=np.float32) if self._file is None else None

    def put(self, positions: np.ndarray, rows: np.ndarray) -> None:
        """Set the rows at `positions`. Shape: positions (b,), rows (b, dim)."""
        if self._array is not None:
            self._array[positions] = rows
            return
        assert self._file is not None
        rows = np.ascontiguousarray(rows, dtype=np.float32)
        breaks = np.flatnonzero(np.diff(positions) != 1) + 1
        try:
            for run, block in zip(np.split(positions, breaks), np.split(rows, breaks), strict=True):
                if len(run):
                    self._file.seek(int(run[0]) * self._row_bytes)
                    if self._file.write(block.tobytes()) != block.nbytes:
                        raise OSError(errno.ENOSPC, "The disk is full")
        except OSError:  # the disk is full: continue in memory
            self._array = np.array(self._mapped())
            self._array[positions] = rows

    def get(self, positions: np.ndarray) -> np.ndarray:
        """A copy of the rows at `positions`, (b, dim)."""
        rows: np.ndarray = np.asarray(self.array()[positions])
        return rows

    def array(self) -> np.ndarray:
        """The whole table, (n, dim); the caller's changes to it are not written back."""
        return self._mapped() if self._array is None else self._array

    def _mapped(self) -> np.ndarray:
        assert self._file is not None
        return np.memmap(self._file, dtype=np.float32, mode="c", shape=self.shape)
