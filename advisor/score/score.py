"""The score: every adviser on every task, one whole dataset left out at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from advisor.advice.outlook.experience import Experience
from advisor.core.errors import AdviceError
from advisor.core.ladder import TUNED, RungName
from advisor.core.records import Goal, Kind
from advisor.score import figures
from advisor.score.choice import Adviser, Choice, Learner
from advisor.score.figures import Figure
from advisor.score.forecasts import (  # fmt: skip
    Bin,
    Prediction,
    chances_of,
    covered,
    in_time,
    predictions_of,
    promises_kept,
    reliability,
)
from advisor.score.measures import Judged, Truth, nearest, truths

#: Targets that are asked for besides none; only tasks on which some rung reaches one count for it.
TARGETS = (0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class TaskRow:
    """A task under one adviser. ``chosen``: the rung of each seed; ``regret`` in points; ``why`` it was wrong."""

    dataset: str
    kind: Kind
    labels: str
    metric: str
    values: dict[RungName, float]
    cpu_seconds: dict[RungName, float]
    ideal: RungName
    best: RungName
    chosen: tuple[RungName, ...]
    right: float
    regret: float
    utility_regret: float
    why: str


@dataclass(frozen=True)
class Score:
    """One adviser's score. Shares are 0 to 1, regrets in points, ``compute`` a multiple.

    ``targets``: share of tasks on which the recommended rung reaches the target, where some rung does;
    ``target_training``: its training there as a share of fine-tuning's; both by target and "all". Of an adviser
    that estimates: ``coverage`` of the 90 % intervals and ``in_time`` (predicted within 1.5 times), by rung and "all";
    ``promises``: targets reached of those that it was sure of; ``reliability``: P(target) against what came out.
    """

    name: str
    n_tasks: int
    n_datasets: int
    ideal: Figure
    too_high: Figure
    too_low: Figure
    mean_regret: Figure
    max_regret: Figure
    compute: Figure
    utility_regret: Figure
    targets: dict[str, Figure]
    target_training: dict[str, Figure]
    coverage: dict[str, Figure]
    in_time: dict[str, Figure]
    promises: Figure
    reliability: tuple[Bin, ...]
    tasks: tuple[TaskRow, ...]
    predictions: tuple[Prediction, ...]

    def to_json(self) -> dict[str, Any]:
        """The score as plain dictionaries and lists."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class Held:
    """Truths with an adviser for each dataset that has not seen it, and the draws of the bootstrap."""

    truths: tuple[Truth, ...]
    advisers: dict[str, Adviser]
    draws: np.ndarray

    def judged(self, goal: Goal) -> list[Judged]:
        """The choices for every task and seed."""
        return [Judged(t, tuple(self.advisers[t.dataset](case, goal) for case in t.cases)) for t in self.truths]


def score(experience: Experience, learner: Learner, name: str) -> Score:
    """Score an adviser. Raises AdviceError when no task is complete."""
    return scored(hold_out(experience, learner), name)


def hold_fresh(experience: Experience, fresh: Experience, learner: Learner) -> Held | None:
    """An adviser that knows all of `experience`, for other tasks; None where none of them is complete."""
    known = truths(fresh)
    if not known:
        return None
    names = [truth.dataset for truth in known]
    return Held(known, dict.fromkeys(names, learner(experience)), figures.drawn(names))


def scored(held: Held, name: str) -> Score:
    """The figures of an adviser's choices."""
    judged = held.judged(Goal())
    aimed = {target: held.judged(Goal(target=target)) for target in TARGETS}
    datasets = {truth.dataset for truth in held.truths}
    return Score(
        name=name,
        n_tasks=len(judged),
        n_datasets=len(datasets),
        **_choices(judged, held.draws),
        targets=_targets(aimed, held.draws),
        target_training=_target_training(aimed, held.draws),
        coverage=covered(judged),
        in_time=in_time(judged),
        promises=promises_kept(aimed),
        reliability=reliability(chances_of(aimed)),
        tasks=tuple(_row(j) for j in judged),
        predictions=predictions_of(judged),
    )


def hold_out(experience: Experience, learner: Learner) -> Held:
    """An adviser for every dataset, learned from the others alone."""
    known = truths(experience)
    if not known:
        raise AdviceError("No task of LadderBench is complete here. Carry some out with: python -m benchmarks.ladder")
    names = dict.fromkeys(truth.dataset for truth in known)
    advisers = {dataset: learner(without(experience, dataset)) for dataset in names}
    return Held(known, advisers, figures.drawn([truth.dataset for truth in known]))


@lru_cache(maxsize=128)
def without(experience: Experience, dataset: str) -> Experience:
    """All but one dataset, the same object each time, so that what was fitted to it is kept."""
    return experience.without(dataset)


def _choices(judged: Sequence[Judged], draws: np.ndarray) -> dict[str, Any]:
    regret = np.array([j.regret for j in judged])
    spent, owed = np.array([j.cpu_seconds for j in judged]), np.array([ideal_seconds(j.truth) for j in judged])
    return {
        "ideal": figures.mean(np.array([j.share(0) for j in judged]), draws),
        "too_high": figures.mean(np.array([j.share(1) for j in judged]), draws),
        "too_low": figures.mean(np.array([j.share(-1) for j in judged]), draws),
        "mean_regret": figures.mean(regret, draws),
        "max_regret": figures.largest(regret, draws),
        "compute": figures.ratio(spent, owed, draws),
        "utility_regret": figures.mean(np.array([j.utility_regret for j in judged]), draws),
    }


def ideal_seconds(truth: Truth) -> float:
    """Processor seconds of the ideal rung's training."""
    return truth.cpu_seconds[truth.ideal]


def _targets(aimed: dict[float, list[Judged]], draws: np.ndarray) -> dict[str, Figure]:
    """Of each target, and of all together ("all")."""
    met = {t: np.array([j.reaches(t) * can_reach(j.truth, t) for j in judged]) for t, judged in aimed.items()}
    could = {t: np.array([can_reach(j.truth, t) for j in judged]) for t, judged in aimed.items()}
    each = {f"{t:g}": figures.ratio(met[t], could[t], draws) for t in aimed}
    every = figures.ratio(sum(met.values(), np.zeros(1)), sum(could.values(), np.zeros(1)), draws)
    return each | {"all": dataclasses.replace(every, n=int(sum(c.sum() for c in could.values())))}


def _target_training(aimed: dict[float, list[Judged]], draws: np.ndarray) -> dict[str, Figure]:
    """Training spent where some rung reaches the target, over what always fine-tuning spends there."""

    def spent(judged: list[Judged], target: float) -> tuple[np.ndarray, np.ndarray]:
        could = np.array([can_reach(j.truth, target) for j in judged])
        tuned = np.array([j.truth.cpu_seconds[nearest(TUNED, j.truth.values)] for j in judged])
        return could * np.array([j.cpu_seconds for j in judged]), could * tuned

    each = {target: spent(judged, target) for target, judged in aimed.items()}
    own, tuned = (sum((pair[i] for pair in each.values()), np.zeros(1)) for i in (0, 1))
    return {f"{t:g}": figures.ratio(*pair, draws) for t, pair in each.items()} | {
        "all": figures.ratio(own, tuned, draws)
    }


def can_reach(truth: Truth, target: float) -> float:
    """1 where some rung reaches the target, else 0."""
    return float(truth.values[truth.best] >= target)


def _row(j: Judged) -> TaskRow:
    t = j.truth
    return TaskRow(
        dataset=t.dataset, kind=t.kind, labels=t.labels, metric=t.metric, values=t.values, cpu_seconds=t.cpu_seconds,
        ideal=t.ideal, best=t.best, chosen=j.chosen, right=j.share(0), regret=j.regret,
        utility_regret=j.utility_regret, why=why(j),
    )  # fmt: skip


def why(j: Judged) -> str:
    """What was expected of the rung taken and of the ideal one, and what came; "" where every seed was right."""
    wrong = [(c, rung) for c, rung in zip(j.choices, j.chosen, strict=True) if rung != j.truth.ideal]
    if not wrong:
        return ""
    choice, rung = wrong[0]
    ideal, came = j.truth.ideal, 100.0 * (j.truth.values[rung] - j.truth.values[j.truth.ideal])
    expected = _expected_lead(choice, rung, ideal)
    if expected is None:
        return f"{rung} came out {points(came)} against {ideal}."
    return f"{rung} was expected {points(expected)} against {ideal} and came out {points(came)}."


def _expected_lead(choice: Choice, rung: RungName, ideal: RungName) -> float | None:
    taken, other = choice.estimate(rung), choice.estimate(ideal)
    if taken is None or other is None or taken.value is None or other.value is None:
        return None
    return 100.0 * (taken.value - other.value)


def points(difference: float) -> str:
    """Such as "+1.2 points"."""
    return f"{difference:+.1f} points"
