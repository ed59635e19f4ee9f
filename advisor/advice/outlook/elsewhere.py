"""What other datasets teach of a choice: usual gains, how often what was tuned is kept, and the winner's curse.

A decision between rungs rests on forecasts whose errors are as large as what is to be chosen, so what usually holds
counts beside them (`advisor.advice.decide`). The rung that is ahead by luck is the one that is taken (the winner's
curse; Smith and Winkler, "The Optimizer's Curse", Management Science 2006): on LadderBench, prompting and retrieval
that were forecast up to 2 points below fine-tuning came out 5 below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.signals import logit_error
from advisor.core.kinds import TaskName, kind_row
from advisor.core.ladder import BASE, RUNG_NAMES, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Kind

#: Points taken off a rung that trains nothing, level with or ahead of the better of frozen and tuned; e times fewer for
#: each `CURSE_REACH` points that it lies behind. Both were chosen on LadderBench, each dataset judged by the others'.
CURSE_POINTS, CURSE_REACH = 5.3, 3.0
#: The share of these points that is taken off the upper bound, too: the forecast may be right. With a quarter, 90.8 %
#: of 141 such outcomes on LadderBench lie inside (91.9 % of the 62 with over 2 points off); with all 83.7 and 75.8 %.
OF_HIGH = 0.25
#: Where the better of the two errs less than this, fewer points in proportion: little is left to be lucky with.
FULL_FROM = 1.0 / 30.0
#: How often tuning is kept where nothing is known: as on LadderBench's first 42 datasets, with the weight of 2 tasks.
KEPT, KEPT_WEIGHT = 0.63, 2.0
#: Tasks whose gains are counted together: the advice was chosen and is scored on their mean. Points of entity F1 or of
#: macro F1 are of another size and say nothing of these, nor these of them, so every other task has gains of its own.
TOGETHER: frozenset[TaskName] = frozenset({"classification", "answering"})
#: Gains of fewer datasets than this are not called usual.
LEAST_DATASETS = 3


def informed(estimates: Sequence[Estimate], kind: Kind, experience: Experience) -> tuple[Estimate, ...]:
    """The estimates with what is usual: each rung's gain over the frozen one, and the chance that tuning is kept."""
    gains, kept = usual_gains(experience, kind_row(kind).task), kept_chance(experience, kind)

    def one(estimate: Estimate) -> Estimate:
        told: dict[str, float | None] = {"usual_gain": gains.get(estimate.rung)}
        if row_of(estimate.rung).falls_back_to:
            told |= {"kept_chance": kept, "place": place(estimate.rung, kind, kept)}
        return estimate.model_copy(update=told)

    return tuple(one(estimate) for estimate in estimates)


def place(rung: RungName, kind: Kind, kept: float) -> float:
    """The expected place on the ladder (0 to 4) of the model that is served, where what was tuned is kept so often.

    >>> place("fine-tune", "image", 0.5)
    2.5
    """
    row = row_of(rung)
    back = row.falls_back_to.get(kind_row(kind).task)
    return float(row.place) if back is None else kept * row.place + (1.0 - kept) * row_of(back).place


@lru_cache(maxsize=128)
def usual_gains(experience: Experience, task: TaskName) -> Mapping[RungName, float]:
    """The mean gain of each rung over the frozen one (a share) on datasets of this task, every dataset weighing alike.

    Empty with fewer than `LEAST_DATASETS`, or where none is of this very task. A rung that a dataset has no value of
    counts as the next cheaper one that has: that is what one would go back to.
    """
    alike = TOGETHER if task in TOGETHER else {task}
    gains: dict[str, list[list[float]]] = {}
    met = set[TaskName]()
    for one in experience.tasks:
        own = kind_row(one.situation.kind).task
        met.add(own)
        values = _filled(one) if own in alike else {}
        if values:
            gains.setdefault(one.dataset, []).append([values[rung] - values[BASE] for rung in RUNG_NAMES])
    if task not in met or len(gains) < LEAST_DATASETS:
        return {}
    means = np.mean([np.mean(rows, axis=0) for rows in gains.values()], axis=0)
    return dict(zip(RUNG_NAMES, means.tolist(), strict=True))


def _filled(task: CompletedTask) -> dict[RungName, float]:
    """A value for every rung; empty where the task is not complete or has none."""
    known = {rung: value for rung in RUNG_NAMES if (value := task.value(rung)) is not None}
    if not known or set(RUNG_NAMES) - set(task.outcomes):
        return {}
    values: dict[RungName, float] = {}
    last = next(iter(known.values()))
    for rung in RUNG_NAMES:
        last = values[rung] = known.get(rung, last)
    return values


@lru_cache(maxsize=128)
def kept_chance(experience: Experience, kind: Kind) -> float:
    """The share of tunings of this kind of data that were kept and not rolled back, 0 to 1."""
    kept = [number for task in experience.of_kind(kind) if (number := task.number(TUNED, "kept")) is not None]
    return (sum(kept) + KEPT * KEPT_WEIGHT) / (len(kept) + KEPT_WEIGHT)


def curse(estimate: Estimate, estimates: Sequence[Estimate]) -> float:
    """What the winner's curse takes off an estimate's value (a share); 0 for what trains, and for what a run measured.

    ``CURSE_POINTS exp(-gap / CURSE_REACH)`` points, with the gap to the better of frozen and tuned, at least 0, and
    less where that errs on less than `FULL_FROM`. It is luck of the forecasts before any run. Runs of other rungs have
    told a share of the forecast's variance, and that share of the luck is in the value already. The estimates are taken
    with their luck (`with_luck`).
    """
    trained = [forecast for e in estimates if e.rung in (BASE, TUNED) and (forecast := before_runs(e)) is not None]
    own = before_runs(estimate)
    if row_of(estimate.rung).trains or estimate.run or not trained or own is None:
        return 0.0
    best = max(trained)
    gap, room = max(100.0 * (best - own), 0.0), min((1.0 - best) / FULL_FROM, 1.0)
    return CURSE_POINTS * math.exp(-gap / CURSE_REACH) / 100.0 * room * untold(estimate)


def with_luck(estimate: Estimate) -> Estimate:
    """The estimate as it was forecast, with what the winner's curse takes off put back."""
    if estimate.before_luck is None:
        return estimate
    value, low, high = estimate.before_luck
    return estimate.model_copy(update={"value": value, "low": low, "high": high, "before_luck": None})


def without_luck(estimate: Estimate, curse: float) -> Estimate:
    """A forecast with so much of its value and lower bound taken off, and `OF_HIGH` of that off the upper one."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if not curse or value is None or low is None or high is None:
        return estimate.model_copy(update={"curse": curse})
    less = max(value - curse, 0.0)
    counted = {"value": less, "low": max(low - curse, 0.0), "high": max(high - OF_HIGH * curse, less)}
    return estimate.model_copy(update={**counted, "curse": curse, "before_luck": (value, low, high)})


def before_runs(estimate: Estimate) -> float | None:
    """The value that was forecast before any run; None where the rung is not available."""
    if not estimate.available:
        return None
    return estimate.value if estimate.before is None else estimate.before.value


def untold(estimate: Estimate) -> float:
    """The share of a forecast's variance that runs of other rungs have not told, 0 to 1."""
    before, value, low, high = estimate.before, estimate.value, estimate.low, estimate.high
    if before is None or value is None or low is None or high is None:
        return 1.0
    was = logit_error(before.value, before.low, before.high)
    return min((logit_error(value, low, high) / was) ** 2, 1.0) if was > 0.0 else 1.0
