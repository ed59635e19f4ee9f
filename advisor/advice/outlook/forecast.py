"""The outcome model of images and texts: what every rung is expected to reach, from what the probes measured.

In logits, y = logit(test value):

    frozen rung:   y = logit(m) + b . x             every other rung:   y = y_frozen + b . x

where m is what the probe measured, moved along the learning curve to all labels, and x three numbers of the situation:
labels per class, distance from pre-training, and the rung's measured gain (`signals.features`). Each b is a ridge
regression on the tasks of `Experience`, every dataset weighing alike. How strongly slopes are shrunk to zero, and on
how many items a measured gain counts for half, is what predicts whole datasets left out best: with few labels the
measured gain of one rung over another is mostly noise, and which leads in general says more. Eight numbers (layers,
slope of the curve, classes, frozen value) did no better on LadderBench. Intervals are conformal (Lei et al. 2018,
https://arxiv.org/abs/1604.04173, locally weighted): the residuals of held-out datasets, each divided by its expected
spread, give the factor at which 90 % are inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.advice.outlook import ridge
from advisor.advice.outlook.experience import CompletedTask, Experience, TaskKey
from advisor.advice.outlook.ridge import Ridge
from advisor.advice.outlook.signals import (
    SHRINKAGES,
    Z,
    effective_items,
    expit,
    features,
    is_measured,
    logit,
    measured,
    tuning_way,
)
from advisor.core.ladder import BASE, RUNG_NAMES, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Kind, Situation
from probes.measured import Provenance

#: The variance of a logit that sampling does not explain, before any experience, and the least.
PRIOR_VARIANCE, LEAST_VARIANCE = 0.1, 0.01
#: A gain's error is taken at 2 to 98 % at most: nearer to the ends one test item is more than the whole of it.
LEAST_SLOPE = 0.02 * 0.98
#: Fewer tasks than this decide nothing: the interval is the prior's.
LEAST_TASKS = 6


@dataclass(frozen=True)
class Forecast:
    """What a rung is expected to reach: the metric with its 90 % interval (shares).

    ``gain_error``: standard error of its difference from the frozen rung, the noise that both share left out.
    """

    value: float
    low: float
    high: float
    gain_error: float
    provenance: Provenance


@dataclass(frozen=True)
class RungModel:
    """The fit of a rung of one kind. ``variance``: of the logit beyond sampling; ``factor``: conformal, in spreads.

    ``shrinkage``: items on which a measured gain counts for half.
    """

    line: Ridge | None
    shrinkage: float
    variance: float
    gain_variance: float
    factor: float
    n_tasks: int


def forecast(situation: Situation, experience: Experience, n_labels: float | None = None) -> dict[RungName, Forecast]:
    """Every rung that can be forecast, at all labels or at `n_labels` (up to `FURTHEST` times those at hand)."""
    n = float(n_labels or situation.n_labels)
    if measured(situation, BASE, n) is None:
        return {}
    forecasts: dict[RungName, Forecast] = {}
    for rung in RUNG_NAMES:
        model = fitted(experience, situation.kind, rung)
        step = _step(model, situation, rung, n)
        centre = _start(situation, experience, rung, n)
        if centre is None:
            continue
        centre += step
        if not row_of(rung).needs_labels:  # what was measured is not raised by what others reached with labels
            own = measured(situation, rung, n)
            assert own is not None
            centre = min(centre, logit(own, effective_items(situation)))
        spread = model.factor * math.sqrt(sampling_variance(situation, centre) + model.variance)
        p = expit(centre)
        forecasts[rung] = Forecast(
            value=p,
            low=to_the_end(expit(centre - spread), situation.n_test),
            high=to_the_end(expit(centre + spread), situation.n_test),
            gain_error=0.0 if rung == BASE else math.sqrt(model.gain_variance) * max(p * (1 - p), LEAST_SLOPE),
            provenance="measured" if is_measured(situation.kind, rung) else "predicted",
        )
    return forecasts


def to_the_end(bound: float, n_test: int) -> float:
    """A bound within half a test item of 0 or 1 as that end: a test of 31 items can reach 30/31 or 1, no more.

    >>> to_the_end(0.999, 31), to_the_end(0.95, 31), to_the_end(0.001, 31)
    (1.0, 0.95, 0.0)
    """
    edge = 0.5 / max(n_test, 1)
    return 1.0 if bound >= 1.0 - edge else 0.0 if bound <= edge else bound


def _step(model: RungModel, s: Situation, rung: RungName, n: float) -> float:
    """What the line adds: nothing below zero where the rung rolls back, nothing at all where it stays frozen."""
    rolls_back = bool(row_of(rung).falls_back_to)
    if rolls_back and tuning_way(s, n) == "frozen":
        return 0.0
    step = 0.0 if model.line is None else float(model.line.at(features(s, rung, n, model.shrinkage)[None])[0])
    return max(step, 0.0) if rolls_back else step


def _start(s: Situation, experience: Experience, rung: RungName, n: float) -> float | None:
    """The logit that the line adds to: the frozen rung's measure, or its forecast; None where a rung has no measure.

    A rung that no completed task has carried out has no line: its own measure stands, and without one there is nothing
    to expect.
    """
    frozen, own = measured(s, BASE, n), measured(s, rung, n)
    if frozen is None or own is None:
        return None
    if fitted(experience, s.kind, rung).line is None:
        return logit(own, effective_items(s)) if is_measured(s.kind, rung) else None
    start = logit(frozen, effective_items(s))
    return start if rung == BASE else start + _step(fitted(experience, s.kind, BASE), s, BASE, n)


def sampling_variance(s: Situation, centre: float) -> float:
    """The variance of a logit from the sample that was measured on and from the test part."""
    p = min(max(expit(centre), 0.02), 0.98)
    n = effective_items(s)
    n_test = s.n_test * n / max(s.n_sample, 5)
    return (1.0 / n + 1.0 / max(n_test, 1.0)) / (p * (1 - p))


@dataclass(frozen=True, eq=False)
class Fit:
    """A rung's line with the tasks it was fitted to. Shape: y, held_out (n,): to explain, and predicted unseen.

    ``shrinkage``: items on which a measured gain counts for half.
    """

    tasks: tuple[CompletedTask, ...]
    line: Ridge
    shrinkage: float
    y: np.ndarray
    held_out: np.ndarray
    groups: np.ndarray
    weights: np.ndarray

    @property
    def error(self) -> float:
        """The weighted mean squared error on datasets left out."""
        return float(self.weights @ (self.y - self.held_out) ** 2)


@lru_cache(maxsize=512)
def fitted(experience: Experience, kind: Kind, rung: RungName) -> RungModel:
    """The model of a rung, from the tasks of its kind."""
    fit = best_fit(experience, kind, rung)
    if fit is None:
        return RungModel(None, SHRINKAGES[0], PRIOR_VARIANCE, PRIOR_VARIANCE, Z, 0)
    base = residuals(experience, kind, BASE)
    own = fit.y - fit.held_out
    predicted = rung != BASE
    total = own + np.array([base.get(_key(t), 0.0) for t in fit.tasks]) if predicted else own
    gains = own if predicted else own - np.array([base.get(_key(t), 0.0) for t in fit.tasks])
    noise = np.array([_noise(t, rung) for t in fit.tasks])
    variance = max(float(fit.weights @ (total**2 - noise)), LEAST_VARIANCE)
    gain_variance = max(float(fit.weights @ (gains**2 - (0.0 if predicted else 0.5) * noise)), LEAST_VARIANCE)
    factor = ridge.quantile(np.abs(total) / np.sqrt(noise + variance), fit.groups)
    return RungModel(fit.line, fit.shrinkage, variance, gain_variance, factor, len(fit.tasks))


@lru_cache(maxsize=128)
def residuals(experience: Experience, kind: Kind, rung: RungName) -> dict[TaskKey, float]:
    """How far each task came out above what lines without its dataset predict, in logits."""
    fit = best_fit(experience, kind, rung)
    if fit is None:
        return {}
    return {_key(t): float(residual) for t, residual in zip(fit.tasks, fit.y - fit.held_out, strict=True)}


def misses(experience: Experience, kind: Kind) -> dict[RungName, dict[TaskKey, float]]:
    """How far each task came out above its forecast without its dataset, by rung, in logits."""
    base = residuals(experience, kind, BASE)
    steps = {rung: residuals(experience, kind, rung) for rung in RUNG_NAMES if rung != BASE}
    every: dict[RungName, dict[TaskKey, float]] = {BASE: base}
    for rung, own in steps.items():
        every[rung] = {task: miss + base[task] for task, miss in own.items() if task in base}
    return every


@lru_cache(maxsize=512)
def best_fit(experience: Experience, kind: Kind, rung: RungName) -> Fit | None:
    """The line with the penalty and the shrinkage that predict whole datasets left out best.

    None where the tasks of the kind on which the rung was carried out are too few to learn from.
    """
    tasks = tuple(t for t in experience.of_kind(kind) if _to_explain(t, rung) is not None)
    groups = np.unique([t.dataset for t in tasks], return_inverse=True)[1]
    if len(tasks) < LEAST_TASKS or len(set(groups.tolist())) < 3:
        return None
    y = np.array([_to_explain(t, rung) for t in tasks])
    weights = ridge.balanced(groups, np.array([1.0 / (_noise(t, rung) + PRIOR_VARIANCE) for t in tasks]))
    fits = []
    for shrinkage in SHRINKAGES if rung != BASE and is_measured(kind, rung) else SHRINKAGES[:1]:
        x = np.stack([features(t.situation, rung, t.situation.n_labels, shrinkage) for t in tasks])
        line, held_out = ridge.choose(x, y, weights, groups)
        fits.append(Fit(tasks, line, shrinkage, y, held_out, groups, weights))
    return min(fits, key=lambda fit: fit.error)


def _to_explain(t: CompletedTask, rung: RungName) -> float | None:
    """What the line has to explain: the outcome over what was measured, or over the frozen rung's outcome."""
    s, own, frozen = t.situation, t.value(rung), t.value(BASE)
    start = measured(s, rung, float(s.n_labels))
    if own is None or start is None or frozen is None:
        return None
    expected = logit(start, effective_items(s)) if rung == BASE else logit(frozen, s.n_test)
    return logit(own, s.n_test) - expected


def _noise(t: CompletedTask, rung: RungName) -> float:
    return sampling_variance(t.situation, logit(t.value(rung) or 0.0, t.situation.n_test))


def _key(t: CompletedTask) -> TaskKey:
    return t.dataset, t.labels, t.seed
