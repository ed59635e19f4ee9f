"""How long a run's model takes for one prediction on this machine, measured on test items and kept beside the model.

Each item is read, decoded and predicted by itself, as a service does it; the advice counts what the probes took: the
pass through the backbone in batches, or several questions at once. A language model is asked anew, since a remembered
answer takes no time, and a question that is refused before the model is asked counts for no answer.
"""

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
from advisor.llm.prompt_cache import asked_anew
from advisor.runs.processes import read_small
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.rungs.saved.loading import Model

#: Items asked one by one, and those of one call; a language model answers few questions a minute.
SINGLE, BATCH = 24, 32
MOST_SECONDS = 20.0
#: Raise it whenever something else is timed; what was measured otherwise is measured again. 1 timed memories too.
VERSION = 2


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one prediction, alone (median and 95 % point) and as one of a batch; ``n`` were timed alone."""

    single_ms: float
    p95_ms: float
    batch_ms: float
    n: int
    device: str


def kept(folder: Path) -> Latency | None:
    """What was measured of the model in a run's folder; None where nothing was, or it cannot be read.

    Of a language model a former version timed what it remembered: that is as if nothing were.
    """
    content = read_small(RunFiles(folder).latency)
    if content.get("version") != VERSION and {"language_model", "prompt"} & set(read_small(RunFiles(folder).model)):
        return None
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
    with asked_anew():
        _asked(model, items[:1])  # the first call pays for what is set up once
        progress("Timing predictions", 0.4)
        times, answered = _alone(model, items)
        started = time.perf_counter()
        batch = answered if max(times) * len(answered) < MOST_SECONDS else answered[:2]
        _asked(model, batch)
        each = (time.perf_counter() - started) / len(batch)
    latency = Latency(
        1000 * float(np.median(times)), 1000 * float(np.quantile(times, 0.95)), 1000 * each, len(times), device
    )
    storage.write_json(RunFiles(folder).latency, asdict(latency) | {"version": VERSION})
    return latency


def _alone(model: Model, items: list[Any]) -> tuple[list[float], list[Any]]:
    """Seconds of items by themselves, as many as the time allows, and the items; all, where each one is refused."""
    timed: list[tuple[float, Any, bool]] = []
    while len(timed) < SINGLE and sum(one[0] for one in timed) < MOST_SECONDS:
        item = items[len(timed) % len(items)]
        started = time.perf_counter()
        refused = _asked(model, [item])
        timed.append((time.perf_counter() - started, item, refused))
    counted = [one for one in timed if not one[2]] or timed
    return [one[0] for one in counted], [one[1] for one in counted]


def _asked(model: Model, items: list[Any]) -> bool:
    """Predict items; whether all were questions that the passages found support no answer to."""
    from advisor.rungs.saved.answering import Answerer

    if isinstance(model, Answerer):
        return all(answer.passages and not answer.supported for answer in model.answer(items))
    model.predict(items)
    return False
