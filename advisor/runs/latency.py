"""How long a run's model takes for one prediction on this machine, measured on test items and kept beside the model."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core import storage
from advisor.core.errors import RunError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.core.workspace import RunFiles
from advisor.runs.processes import read_small
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

#: Items asked one by one, and those of one call; a language model answers few questions a minute.
SINGLE, BATCH = 24, 32
MOST_SECONDS = 20.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one prediction, alone (median and 95 % point) and as one of a batch; ``n`` were asked alone."""

    single_ms: float
    p95_ms: float
    batch_ms: float
    n: int
    device: str


def kept(folder: Path) -> Latency | None:
    """What was measured of the model in a run's folder; None where nothing was, or it cannot be read."""
    content = read_small(RunFiles(folder).latency)
    try:
        numbers = [float(content[name]) for name in ("single_ms", "p95_ms", "batch_ms")]
        return Latency(numbers[0], numbers[1], numbers[2], int(content["n"]), str(content["device"]))
    except (KeyError, TypeError, ValueError):
        return None


def measure(folder: Path, dataset: Dataset, device: str = "cpu", progress: Progress = silent) -> Latency:
    """Load the model and time it on items of the test part: alone, then as a batch. The result is kept.

    Raises RunError without test items, and what loading raises.
    """
    from advisor.rungs.saved.loading import load

    rows = dataset.where("test")[:BATCH]
    if not len(rows):
        raise RunError(f"{dataset.name} has no test items, so no prediction can be timed.")
    column = kind_row(dataset.kind).column
    items = dataset.items[column].iloc[rows].tolist()
    progress("Loading the model", 0.1)
    model = load(folder, device)
    _asked(model, items[:1])  # the first call pays for what is set up once
    progress("Timing predictions", 0.4)
    times = _alone(model, items)
    started = time.perf_counter()
    batch = items if max(times) * len(items) < MOST_SECONDS else items[:2]
    _asked(model, batch)
    each = (time.perf_counter() - started) / len(batch)
    latency = Latency(
        1000 * float(np.median(times)), 1000 * float(np.quantile(times, 0.95)), 1000 * each, len(times), device
    )
    storage.write_json(RunFiles(folder).latency, asdict(latency))
    return latency


def _alone(model: Model, items: list[Any]) -> list[float]:
    """Seconds of each item by itself, as many as the time allows."""
    times: list[float] = []
    while len(times) < SINGLE and sum(times) < MOST_SECONDS:
        started = time.perf_counter()
        _asked(model, [items[len(times) % len(items)]])
        times.append(time.perf_counter() - started)
    return times


def _asked(model: Model, items: list[Any]) -> None:
    from advisor.rungs.saved.answering import Answerer

    if isinstance(model, Answerer):
        model.answer(items)
    else:
        model.predict(items)
