"""Training time and memory on this device: from a few timed steps, corrected by what runs really took.

The probes time the backbone on items of the data at hand, `steps` a training step. Items over speed leaves out the
checks on the validation part, the first pass, loading and saving. By how much is the median ratio of the runs in
`Experience`, those of this machine before LadderBench's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.signals import counts_words, tuning_way
from advisor.core.kinds import kind_row
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Kind, Situation
from advisor.training import few

Way = tuple[Kind, RungName, bool, bool]

#: What no formula leaves out: reading the plan, writing the model.
OVERHEAD_SECONDS = 0.2
#: Loading the libraries and the model, on a machine where no short run has shown it: 5.7 s on two cores.
LOADING_SECONDS = 5.0
#: A head's fit, and counting words, for each labelled item.
HEAD_SECONDS, WORD_SECONDS = 1e-3, 3e-4
#: Checks on the validation part, the most that they may take of a run, and the share of the labels in that part.
CHECKS, MOST_CHECKS, VALIDATION_SHARE = 12, 0.36, 0.2
#: Of a language model's training, which runs are measured in.
BUDGET_SECONDS = 60.0
#: Runs of this machine that outweigh the bench's, and the least that the timed steps must make of one of them: one
#: whose steps take less is mostly the loading of libraries and weights, which takes no longer with more items.
ENOUGH_LOCAL, TELLING_SECONDS = 3, 10.0


def timed_seconds(s: Situation, rung: RungName, items: float) -> float | None:
    """The part of a training's seconds that follows from timed steps; None where none was timed.

    items: those that pass through a step. The features of the probes' sample are kept. What a language model's
    training takes is set by its budget (`advisor.advice.outlook.answering`), so it is as long as others were.
    """
    if row_of(rung).changes_weights and kind_row(s.kind).task == "answering":
        return BUDGET_SECONDS
    each = s.seconds_per_item or 0.0
    reading = max(s.n_labels - s.n_sample, 0) * each
    if not row_of(rung).needs_labels:
        return 0.0
    if counts_words(s.kind, rung):
        return WORD_SECONDS * s.n_labels
    if not row_of(rung).changes_weights or not items:
        return reading + HEAD_SECONDS * s.n_labels
    speed = training_speed(s, rung)
    checks = min(CHECKS * VALIDATION_SHARE * s.n_labels / 3, MOST_CHECKS * items)  # a forward pass: a third of a step
    return None if not speed else reading + (items + checks) / speed


def training_speed(s: Situation, rung: RungName) -> float | None:
    """Items a second through a step."""
    if not row_of(rung).starts_pretrained:
        return s.fresh_speed
    if s.tuned_speed is not None:
        return s.tuned_speed
    return 1.0 / (3.0 * s.seconds_per_item) if s.seconds_per_item else None  # a step costs three forward passes


def train_seconds(s: Situation, rung: RungName, items: float, experience: Experience) -> float | None:
    """Seconds of a run, corrected by experience, with loading and reading the test part; None where no step was timed.

    What runs took holds both; where the training itself is over at once they are most of it, and are counted apart.
    """
    timed = timed_seconds(s, rung, items)
    if timed is None:
        return None
    corrected = timed * correction(experience, way_of(s, rung, items))
    return OVERHEAD_SECONDS + max(corrected, timed + beside(s, rung, experience))


def beside(s: Situation, rung: RungName, experience: Experience) -> float:
    """Seconds that a run takes besides its training: loading libraries and the model, and reading the test part.

    Of a frozen model; 0 for a training, whose runs are long enough to be measured whole.
    """
    row = row_of(rung)
    if (
        row.changes_weights
        or not row.needs_labels
        or counts_words(s.kind, rung)
        or kind_row(s.kind).task == "answering"
    ):
        return 0.0
    return loading(experience, s.kind, rung) + s.n_test * (s.seconds_per_item or 0.0)


@lru_cache(maxsize=512)
def loading(experience: Experience, kind: Kind, rung: RungName) -> float:
    """Seconds of loading: the median of this machine's short runs, which are mostly that."""
    both = [taken(task, rung) for task in experience.of_kind(kind) if task.local]
    short = [one[1] - one[0] for one in both if one is not None and one[0] < TELLING_SECONDS]
    return max(0.0, float(np.median(short))) if short else LOADING_SECONDS


def tuned_items(s: Situation, epochs: float) -> float:
    """Items that pass through fine-tuning: so many epochs, what few labels take, or none."""
    return few.items(tuning_way(s, s.n_labels), s.n_labels, epochs * s.n_labels)


def way_of(s: Situation, rung: RungName, items: float) -> Way:
    """How the rung is carried out, as far as it changes what an item costs: in folds or by contrast with few labels."""
    is_few = row_of(rung).tunes and tuning_way(s, s.n_labels) != "usual"
    return s.kind, rung, is_few, bool(items)


@lru_cache(maxsize=512)
def correction(experience: Experience, way: Way) -> float:
    """Median of what runs took over `timed_seconds`: of this machine where it has enough, 1 without any run."""
    ratios = [(task.local, ratio) for task in experience.of_kind(way[0]) if (ratio := _ratio(task, way)) is not None]
    own = [ratio for local, ratio in ratios if local]
    known = own if len(own) >= ENOUGH_LOCAL else [ratio for _, ratio in ratios]
    return float(np.median(known)) if known else 1.0


@lru_cache(maxsize=512)
def peak_bytes(experience: Experience, kind: Kind, rung: RungName) -> float | None:
    """Median peak memory of the runs of a rung; None without any."""
    peaks = [task.number(rung, "peak_memory_mb") for task in experience.of_kind(kind)]
    known = [peak for peak in peaks if peak is not None]
    return 2**20 * float(np.median(known)) if known else None


def taken(task: CompletedTask, rung: RungName) -> tuple[float, float] | None:
    """(timed part without correction, taken) seconds of a run, both of the processor where it was measured.

    On a busy machine the timed steps include waiting; their share of processor time takes that out.
    """
    s, items = task.situation, task.number(rung, "items")
    wall, cpu = task.number(rung, "seconds"), task.number(rung, "cpu_seconds")
    timed = None if items is None or wall is None else timed_seconds(s, rung, items)
    if timed is None or wall is None:
        return None
    if cpu is None or s.steps_cpu_seconds <= 0 or s.steps_seconds <= 0:
        return timed, wall
    return timed * (s.steps_cpu_seconds / s.steps_seconds), cpu


def expected(task: CompletedTask, rung: RungName, experience: Experience) -> tuple[float, float] | None:
    """(predicted from experience, taken) seconds of a run."""
    both, items = taken(task, rung), task.number(rung, "items")
    if both is None or items is None:
        return None
    factor = correction(experience, way_of(task.situation, rung, items))
    return OVERHEAD_SECONDS + both[0] * factor, both[1]


def _ratio(task: CompletedTask, way: Way) -> float | None:
    """What a run took over its timed part; None where that tells nothing of this way."""
    rung = way[1]
    both, items = taken(task, rung), task.number(rung, "items")
    if both is None or items is None or (task.local and both[0] < TELLING_SECONDS):
        return None
    if way_of(task.situation, rung, items) != way:
        return None
    return max(both[1] - OVERHEAD_SECONDS, 0.0) / max(both[0], 1e-3)
