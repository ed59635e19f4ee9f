"""A step of two processes on gloo against half of one process's computing plus the exchange."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.figures import Figure

BATCH, STEPS, REPEATS = 32, 20, 3


def figures() -> Iterator[Figure]:
    """Medians of alternating repeats, since a machine changes its pace."""
    ones, twos = [], []
    for _ in range(REPEATS):
        ones.append(timed(1))
        twos.append(timed(2))
    one, two = (statistics.median(run["step"] for run in runs) for runs in (ones, twos))
    exchange = statistics.median(run["exchange"] for run in twos)
    spread = max(run["step"] for run in ones) / min(run["step"] for run in ones)
    how = f"EfficientNet-Lite0, 96 px, batches of {BATCH}, one thread each, median of {REPEATS}"
    yield Figure("training", "step of one process", one, "s", "none", (), f"{how}; slowest over fastest {spread:.2f}")
    yield Figure("training", "exchange of the gradient alone", exchange, "s", "none", (), "all-reduce on gloo")
    yield Figure(
        "training", "step of two over half of one and exchange", two / (one / 2 + exchange), "", "at most", (1.15,), how
    )
    gap = abs(ones[-1]["value"] - twos[-1]["value"])
    yield Figure("training", "value of two processes less one's", gap, "", "at most", (0.1,), "80 validation items")


def timed(n: int) -> dict[str, Any]:
    """What process 0 of `n` prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(n), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "benchmarks.scale.steps", str(BATCH), str(STEPS)]
    workers = [
        subprocess.Popen(command, env={**os.environ, **meeting, "RANK": str(rank)}, stdout=subprocess.PIPE, text=True)
        for rank in range(n)
    ]
    said = [worker.communicate()[0] for worker in workers]
    answer: dict[str, Any] = json.loads(said[0].splitlines()[-1])
    return answer
