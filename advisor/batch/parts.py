"""Parts of an answer on their way: each written whole and noted in a manifest, so that a kill loses one part at most.

They lie in a hidden folder beside the file to be. The file itself appears whole, once, by a rename.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from advisor.batch.formats import Format, Header
from advisor.core import disk, storage
from advisor.core.errors import RunError, StorageError

MANIFEST = "manifest.json"


@dataclass
class Tally:
    """What rows came to. ``counted``: how often each label was given, or whether an answer was supported."""

    n_rows: int = 0
    n_not_sure: int = 0
    n_problems: int = 0
    counted: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Take another part's in."""
        self.n_rows += other.n_rows
        self.n_not_sure += other.n_not_sure
        self.n_problems += other.n_problems
        for name, n in other.counted.items():
            self.counted[name] = self.counted.get(name, 0) + n


class Parts:
    """The parts of one answer. ``question``: what is predicted with what; parts of another question are dropped."""

    def __init__(self, out: Path, question: dict[str, Any]) -> None:
        self.out, self.question = out, question
        self.folder = out.parent / f".{out.name}.parts"
        self.written: list[dict[str, str]] = []
        self.tally = Tally()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the parts, with those that a former process has left. Raises RunError where another one writes them."""
        with disk.writing(self.out):
            self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self.folder}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunError(f"Another process is writing {self.out}. Wait for it, or give another name.") from None
        try:
            self._take_up()
            yield
        finally:
            lock.release()
            with contextlib.suppress(OSError):
                Path(lock.lock_file).unlink(missing_ok=True)

    def add(self, content: bytes, tally: Tally) -> None:
        """Keep a part. Raises StorageError naming the disk."""
        name = f"{len(self.written):06d}"
        storage.write_bytes(self.folder / name, content)
        self.written.append({"name": name, "sha256": hashlib.sha256(content).hexdigest()})
        self.tally.add(tally)
        manifest = {"question": self.question, "parts": self.written, "tally": asdict(self.tally)}
        storage.write_json(self.folder / MANIFEST, manifest)

    def finish(self, form: Format, header: Header) -> None:
        """Join the parts to the file, which appears at once, and drop them."""
        aside = self.folder / "whole"
        with disk.writing(self.out):
            form.join(header, [self.folder / part["name"] for part in self.written], aside)
            with aside.open("rb+") as content:
                os.fsync(content.fileno())
            aside.replace(self.out)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _take_up(self) -> None:
        """Go on with the parts of a former process, where all of them are there and whole; else begin anew."""
        with contextlib.suppress(StorageError, KeyError, TypeError, OSError):
            kept = storage.read_object(self.folder / MANIFEST)
            tally = Tally(**kept["tally"])
            whole = all(storage.sha256_file(self.folder / part["name"]) == part["sha256"] for part in kept["parts"])
            if whole and kept["question"] == self.question:
                self.written, self.tally = kept["parts"], tally
                return
        shutil.rmtree(self.folder, ignore_errors=True)
        with disk.writing(self.out):
            self.folder.mkdir(parents=True, exist_ok=True)
