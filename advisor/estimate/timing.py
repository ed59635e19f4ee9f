"""Training time and memory on this device: from a few timed steps, corrected by what runs really took.

The probes time the backbone on items of the data at hand, the pilots a training step. Items over speed leaves out the
looks at the validation part, the first pass, loading and saving; by how much is the median ratio of the runs in
`Experience`, those of this machine before LadderBench's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from advisor.estimate.experience import Experience, Lived
from advisor.ladder import RungName
from advisor.records import Kind, Situation

#: What no formula leaves out: reading the plan, writing the model.
OVERHEAD_SECONDS = 0.2
#: Runs of this machine that outweigh the bench's.
ENOUGH_LOCAL = 3


def plain_seconds(s: Situation, rung: RungName, items: float) -> float | None:
    """Seconds of a training that passes `items` through a step; None where no step was timed.

    Features of the probes' sample are there already. A language model's answers are not trained for: see the question
    estimates.
    """
    each = s.seconds_per_item or 0.0
    reading = max(s.n_labels - s.n_sample, 0) * each
    if rung == "prompting" or (rung == "scratch" and s.kind == "text"):
        return OVERHEAD_SECONDS + (1e-4 * s.n_labels if rung == "scratch" else 0.0)
    if rung in ("rag", "frozen"):
        return OVERHEAD_SECONDS + reading + 1e-3 * s.n_labels
    speed = s.pilot_speed if rung == "fine-tune" else s.fresh_speed
    if speed is None and rung == "fine-tune" and each > 0:
        speed = 1.0 / (3.0 * each)  # a training step costs three forward passes
    return None if not speed else OVERHEAD_SECONDS + reading + items / speed


def train_seconds(s: Situation, rung: RungName, items: float, experience: Experience) -> float | None:
    """The same, corrected by experience."""
    plain = plain_seconds(s, rung, items)
    return None if plain is None else plain * correction(experience, s.kind, rung)


@lru_cache(maxsize=512)
def correction(experience: Experience, kind: Kind, rung: RungName) -> float:
    """Median of what runs took over `plain_seconds`; this machine's own where there are enough, 1 without any."""
    found = [(task.local, ratio) for task in experience.tasks if (ratio := _ratio(task, kind, rung)) is not None]
    own = [ratio for local, ratio in found if local]
    known = own if len(own) >= ENOUGH_LOCAL else [ratio for _, ratio in found]
    return float(np.median(known)) if known else 1.0


@lru_cache(maxsize=512)
def peak_bytes(experience: Experience, kind: Kind, rung: RungName) -> float | None:
    """Median peak memory of the runs of a rung; None without any."""
    rows = [task.outcomes.get(rung, {}) for task in experience.tasks if task.situation.kind == kind]
    known = [float(row["peak_memory_mb"]) for row in rows if row and not pd.isna(row.get("peak_memory_mb"))]
    return 2**20 * float(np.median(known)) if known else None


def taken(task: Lived, rung: RungName) -> tuple[float, float] | None:
    """(predicted without correction, taken) seconds of a run, both of the processor where it was measured.

    On a busy machine the pilot's speed counts waiting too; its own share of the processor takes that out.
    """
    row, s = task.outcomes.get(rung), task.situation
    if row is None or pd.isna(row.get("seconds")) or pd.isna(row.get("items")):
        return None
    by_cpu = not pd.isna(row.get("cpu_seconds")) and s.pilot_cpu_seconds > 0 and s.pilot_seconds > 0
    busy = s.pilot_cpu_seconds / s.pilot_seconds if by_cpu else 1.0
    plain = plain_seconds(s, rung, float(row["items"]))
    return None if plain is None else (plain * busy, float(row["cpu_seconds"] if by_cpu else row["seconds"]))


def _ratio(task: Lived, kind: Kind, rung: RungName) -> float | None:
    both = taken(task, rung) if task.situation.kind == kind else None
    return None if both is None else both[1] / max(both[0], 1e-3)
