"""Training time and memory on this device: from a few timed steps, corrected by what runs really took.

The probes time the backbone on items of the data at hand, `steps` a training step. Items over speed leaves out the
looks at the validation part, the first pass, loading and saving; by how much is the median ratio of the runs in
`Experience`, those of this machine before LadderBench's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.signals import tuning_way
from advisor.core.ladder import RungName
from advisor.core.records import Kind, Situation
from advisor.training import few

Way = tuple[Kind, RungName, bool, bool]

#: What no formula leaves out: reading the plan, writing the model.
OVERHEAD_SECONDS = 0.2
#: A head's fit, and counting words, for each labelled item.
HEAD_SECONDS, WORD_SECONDS = 1e-3, 3e-4
#: Looks at the validation part, what they may take of a run, and the share of the labels that they look at.
LOOKS, MOST_LOOKS, VALIDATION_SHARE = 12, 0.36, 0.2
#: Runs of this machine that outweigh the bench's, and the least that the timed steps must make of one of them: one
#: whose steps take less is mostly the loading of libraries and weights, which takes no longer with more items.
ENOUGH_LOCAL, TELLING_SECONDS = 3, 10.0


def timed_seconds(s: Situation, rung: RungName, items: float) -> float | None:
    """The part of a training's seconds that follows from timed steps; None where none was timed.

    items: those that pass through a step. Features of the probes' sample are there already. A language model's answers
    are not trained for: see the question estimates.
    """
    each = s.seconds_per_item or 0.0
    reading = max(s.n_labels - s.n_sample, 0) * each
    if rung == "prompting":
        return 0.0
    if rung == "scratch" and s.kind == "text":
        return WORD_SECONDS * s.n_labels
    if rung in ("rag", "frozen") or not items:
        return reading + HEAD_SECONDS * s.n_labels
    speed = training_speed(s, rung)
    looks = min(LOOKS * VALIDATION_SHARE * s.n_labels / 3, MOST_LOOKS * items)  # a look is a third of a step
    return None if not speed else reading + (items + looks) / speed


def training_speed(s: Situation, rung: RungName) -> float | None:
    """Items a second through a step."""
    if rung == "scratch":
        return s.fresh_speed
    if s.tuned_speed is not None:
        return s.tuned_speed
    return 1.0 / (3.0 * s.seconds_per_item) if s.seconds_per_item else None  # a step costs three forward passes


def train_seconds(s: Situation, rung: RungName, items: float, experience: Experience) -> float | None:
    """Seconds of a training, corrected by experience; None where no step was timed."""
    timed = timed_seconds(s, rung, items)
    return None if timed is None else OVERHEAD_SECONDS + timed * correction(experience, way_of(s, rung, items))


def tuned_items(s: Situation, epochs: float) -> float:
    """Items that fine-tuning passes: so many epochs, what few labels take, or none."""
    return few.items(tuning_way(s, s.n_labels), s.n_labels, epochs * s.n_labels)


def way_of(s: Situation, rung: RungName, items: float) -> Way:
    """How the rung is carried out, as far as it changes what an item costs: in folds or by contrast with few labels."""
    is_few = rung == "fine-tune" and tuning_way(s, s.n_labels) != "usual"
    return s.kind, rung, is_few, bool(items)


@lru_cache(maxsize=512)
def correction(experience: Experience, way: Way) -> float:
    """Median of what runs took over `timed_seconds`; this machine's own where there are enough, 1 without any."""
    found = [(task.local, ratio) for task in experience.tasks if (ratio := _ratio(task, way)) is not None]
    own = [ratio for local, ratio in found if local]
    known = own if len(own) >= ENOUGH_LOCAL else [ratio for _, ratio in found]
    return float(np.median(known)) if known else 1.0


@lru_cache(maxsize=512)
def peak_bytes(experience: Experience, kind: Kind, rung: RungName) -> float | None:
    """Median peak memory of the runs of a rung; None without any."""
    rows = [task.outcomes.get(rung, {}) for task in experience.tasks if task.situation.kind == kind]
    known = [float(row["peak_memory_mb"]) for row in rows if row and not pd.isna(row.get("peak_memory_mb"))]
    return 2**20 * float(np.median(known)) if known else None


def taken(task: CompletedTask, rung: RungName) -> tuple[float, float] | None:
    """(timed steps' part without correction, taken) seconds of a run, both of the processor where it was measured.

    On a busy machine the timed steps count waiting too; their own share of the processor takes that out.
    """
    row, s = task.outcomes.get(rung), task.situation
    if row is None or pd.isna(row.get("seconds")) or pd.isna(row.get("items")):
        return None
    by_cpu = not pd.isna(row.get("cpu_seconds")) and s.steps_cpu_seconds > 0 and s.steps_seconds > 0
    busy = s.steps_cpu_seconds / s.steps_seconds if by_cpu else 1.0
    timed = timed_seconds(s, rung, float(row["items"]))
    return None if timed is None else (timed * busy, float(row["cpu_seconds"] if by_cpu else row["seconds"]))


def expected(task: CompletedTask, rung: RungName, experience: Experience) -> tuple[float, float] | None:
    """(predicted from experience, taken) seconds of a run."""
    both = taken(task, rung)
    if both is None:
        return None
    factor = correction(experience, way_of(task.situation, rung, float(task.outcomes[rung]["items"])))
    return OVERHEAD_SECONDS + both[0] * factor, both[1]


def _ratio(task: CompletedTask, way: Way) -> float | None:
    rung = way[1]
    both = taken(task, rung) if task.situation.kind == way[0] else None
    if (
        both is None
        or (task.local and both[0] < TELLING_SECONDS)
        or way_of(task.situation, rung, float(task.outcomes[rung]["items"])) != way
    ):
        return None
    return max(both[1] - OVERHEAD_SECONDS, 0.0) / max(both[0], 1e-3)
