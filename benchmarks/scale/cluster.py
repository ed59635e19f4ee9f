"""A cluster on paper: the shards of a real extraction dealt out to many devices, by a clock that needs no device.

Shards take the times that were measured in `images`, scaled to a device's pace; an actor takes the next shard when it
is done with one, as Ray Data does. The one process that keeps the manifest is a queue of its own: its time for a shard
is measured here.
"""

from __future__ import annotations

import heapq
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from advisor.core import storage
from advisor.sharded.work import MANIFEST, Manifest
from benchmarks.figures import Figure
from benchmarks.scale import staged

ITEMS, PER_SHARD, DEVICES = 100_000_000, 10_000, 64
#: Assumed, not measured: images a second of one device, decoding included, and the seconds until an actor is ready.
PACES, READY_SECONDS = (500.0, 2_000.0, 8_000.0), 60.0
NOTED = 500


def figures() -> Iterator[Figure]:
    """Hours and idle devices by the pace of a device, and what a shard costs the process that hands them out."""
    note = note_seconds()
    yield Figure("cluster", "noting a shard", 1000 * note, "ms", "at most", (20.0,), f"{NOTED} after 10,000 others")
    shares = spread()
    for pace in PACES:
        seconds = shares * PER_SHARD / pace
        ended, busy = dealt(seconds, ITEMS // PER_SHARD, DEVICES, note)
        how = f"{ITEMS:,} images, {DEVICES} devices at an assumed {pace:,.0f} images/s, spread of {len(shares)} shards"
        yield Figure("cluster", f"hours at {pace:,.0f} images/s", ended / 3600, "h", "none", (), how)
        yield Figure("cluster", f"devices busy at {pace:,.0f} images/s", busy, "", "none", (), how)


def dealt(seconds: Sequence[float] | np.ndarray, n_shards: int, devices: int, note: float) -> tuple[float, float]:
    """Seconds until all shards are done and noted, and the share of them in which a device computes."""
    rng = np.random.default_rng(0)
    taken = rng.choice(np.asarray(seconds), n_shards)
    free, noted = [READY_SECONDS] * devices, 0.0
    heapq.heapify(free)
    for one in taken:
        done = heapq.heappop(free) + float(one)
        noted = max(noted, done) + note  # one at a time
        heapq.heappush(free, done)
    ended = max(noted, *free)
    return ended, float(taken.sum()) / devices / ended


def note_seconds() -> float:
    """What a shard costs the process that keeps the manifest, when it is long."""
    with tempfile.TemporaryDirectory() as path:
        manifest = Manifest.open(Path(path), {"of": 0})
        entry = {
            "rows": PER_SHARD,
            "unreadable": 0,
            "seconds": 1.0,
            "file": "x.parquet",
            "bytes": 1,
            "sha256": "0" * 64,
        }
        for shard in range(10_000):
            manifest.note(shard, entry)
        started = time.monotonic()
        for shard in range(NOTED):
            manifest.note(shard, entry)
        return (time.monotonic() - started) / NOTED


def spread() -> np.ndarray:
    """The times of shards over their mean, from the last extraction of images. Shape: (n,)."""
    with staged.folder() as at:
        lines = storage.read_lines(at / "image-out" / "features" / MANIFEST)[1:]
    seconds = np.array([line["seconds"] for line in lines if "seconds" in line])
    if not len(seconds):
        raise SystemExit("Measure images first, with ADVISOR_SCALE_FOLDER set: this part uses the times of its shards.")
    return np.asarray(seconds / seconds.mean())
