"""What a worker leaves behind whatever ends it: the input at hand, how many there were, where the reader failed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path


class Tally:
    """Three small files in a folder, written by the worker and read by whoever watches it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._count, self._content, self._failures = (folder / name for name in ("count", "content", "failures.jsonl"))
        self._files: tuple[int, int] | None = None

    def begins(self, n_inputs: int, content: bytes) -> None:
        """Note the input that is fed next."""
        if self._files is None:
            self._files = (_opened(self._count), _opened(self._content))
        count, at_hand = self._files
        os.pwrite(count, b"%020d" % n_inputs, 0)
        os.ftruncate(at_hand, 0)
        os.pwrite(at_hand, content, 0)

    def failed(self, where: str, path: Path) -> None:
        """Note a place that broke and the input that is kept for it."""
        with self._failures.open("a") as stream:
            stream.write(json.dumps([where, str(path)]) + "\n")

    @property
    def n_inputs(self) -> int:
        """How many inputs were begun."""
        return int(self._count.read_bytes() or 0) if self._count.exists() else 0

    @property
    def content(self) -> bytes:
        """The input that was fed last."""
        return self._content.read_bytes() if self._content.exists() else b""

    def failures(self) -> dict[str, Path]:
        """Each place that broke, and the input kept for it."""
        lines = self._failures.read_text().splitlines() if self._failures.exists() else []
        return {where: Path(path) for where, path in map(json.loads, lines)}

    def silent_seconds(self) -> float:
        """How long the last input has been at work."""
        return time.time() - self._count.stat().st_mtime if self._count.exists() else 0.0


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
