"""Work on shards in several processes: each shard is finished once and noted in a manifest, and only then done.

A job writes its shard's file aside and renames it; the one process that hands the jobs out notes it with its hash. So
whatever dies, a later call does the shards that are not noted and no others. A shard that cannot be read is noted
with its cause, and the rest goes on.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.core import storage
from advisor.core.errors import DatasetError, RunError
from advisor.core.wording import count
from probes.progress import Progress, silent

MANIFEST = "manifest.jsonl"
#: How often processes may die before the work is given up; each death costs the shards under way.
DEATHS = 5

#: Gets (shard, path of the file to write); writes it and returns what the manifest says of it.
Job = Callable[[int, Path], dict[str, Any]]
#: Makes a job in the process that does it, where a network is loaded once.
Maker = Callable[[], Job]


@dataclass
class Manifest:
    """The shards done: ``done`` by number, of ``question``; another question begins anew."""

    folder: Path
    question: dict[str, Any]
    done: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, question: dict[str, Any]) -> Manifest:
        """Go on with what is noted of the same question and still has the size noted."""
        manifest = cls(folder, question)
        head, *entries = storage.read_lines(folder / MANIFEST) or [{}]
        if head.get("question") != _plain(question):
            storage.write_bytes(folder / MANIFEST, b"")
            storage.append_line(folder / MANIFEST, {"question": question})
            return manifest
        for entry in entries:  # of a shard done twice, the last
            path = manifest.path(entry["shard"])
            whole = "problem" not in entry and path.is_file() and path.stat().st_size == entry["bytes"]
            manifest.done.pop(entry["shard"], None)
            if whole:
                manifest.done[entry["shard"]] = entry
        return manifest

    def path(self, shard: int) -> Path:
        """The file of a shard."""
        return self.folder / f"{shard:06d}.parquet"

    def note(self, shard: int, entry: dict[str, Any]) -> None:
        """A shard is done, or cannot be done: one line more, however many there are. Raises StorageError."""
        self.done[shard] = {"shard": shard, **entry}
        storage.append_line(self.folder / MANIFEST, self.done[shard])

    @property
    def whole(self) -> list[int]:
        """The shards that have a file, in order."""
        return sorted(shard for shard, entry in self.done.items() if "problem" not in entry)

    @property
    def problems(self) -> list[str]:
        """Why the other shards have none."""
        return [entry["problem"] for _, entry in sorted(self.done.items()) if "problem" in entry]


def carry_out(
    make: Maker, shards: Sequence[int], manifest: Manifest, n_processes: int = 1, progress: Progress = silent
) -> None:
    """Do the shards that are not done. Raises RunError where processes keep dying, StorageError.

    make: a picklable callable; with several processes it runs in each of them.
    """
    open_ = [shard for shard in shards if shard not in manifest.done]
    results = _alone(make, open_, manifest) if n_processes == 1 else _pooled(make, open_, manifest, n_processes)
    for n, (shard, entry) in enumerate(results, len(shards) - len(open_) + 1):
        manifest.note(shard, entry)
        progress(f"{count(n)} of {count(len(shards))} shards", n / len(shards))


def _alone(make: Maker, shards: list[int], manifest: Manifest) -> Iterator[tuple[int, dict[str, Any]]]:
    job = make() if shards else None
    for shard in shards:
        assert job is not None
        yield shard, do(job, shard, manifest.path(shard))


def _pooled(make: Maker, shards: list[int], manifest: Manifest, n: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Two shards a process are under way, so that none waits; when one dies the pool is made anew."""
    left, deaths = list(shards), 0
    while left:
        threads = max(1, (os.cpu_count() or 1) // n)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(n, context, _begin, (make, threads)) as pool:
            under_way: dict[Future[dict[str, Any]], int] = {}
            waiting = iter(list(left))
            try:
                while True:
                    while len(under_way) < 2 * n and (shard := next(waiting, None)) is not None:
                        under_way[pool.submit(_in_process, shard, manifest.path(shard))] = shard
                    if not under_way:
                        break
                    ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for one in ended:
                        entry = one.result()
                        shard = under_way.pop(one)
                        left.remove(shard)
                        yield shard, entry
            except BrokenProcessPool as error:
                deaths += 1
                if deaths > DEATHS:
                    raise RunError(
                        f"Processes died {deaths} times, probably for lack of memory. Start fewer: --processes"
                    ) from error


_job: list[Job] = []


def _begin(make: Maker, threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    _job.append(make())


def _in_process(shard: int, path: Path) -> dict[str, Any]:
    return do(_job[0], shard, path)


def do(job: Job, shard: int, path: Path) -> dict[str, Any]:
    """What the job says of its shard, with the hash of its file; one that cannot be read is a finding, not the end."""
    try:
        entry = job(shard, path)
    except DatasetError as error:
        return {"problem": str(error)}
    return {**entry, "file": path.name, "bytes": path.stat().st_size, "sha256": storage.sha256_file(path)}


def _plain(question: dict[str, Any]) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(question))
