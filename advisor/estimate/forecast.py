"""The outcome model of images and texts: what every rung is expected to reach, from what the probes saw.

In logits, y = logit(test value). A rung's test value is the frozen rung's plus a gain:

    y_frozen = logit(m_frozen) + b_frozen . x          y_rung = y_frozen + offset + b_rung . x

where m is what was measured, moved along the learning curve to all labels, ``offset`` the measured lead of a rung that
was measured itself (prompting, retrieval, counted words), and x a few numbers of the situation (`features`). Each b is
a ridge regression on the tasks of `Experience`, every dataset weighing alike, its penalty chosen by leaving whole
datasets out. Intervals are conformal (Lei et al. 2018, https://arxiv.org/abs/1604.04173, locally weighted): the
residuals of held-out datasets, each divided by its expected spread, give the factor at which 90 % are inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from advisor.estimate.experience import Experience, Lived
from advisor.estimate.signals import BASE, expit, features, is_measured, lead, logit, measured
from advisor.ladder import RUNG_NAMES, RungName
from advisor.records import Kind, Situation
from probes.measured import Provenance

LEVEL = 0.9
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
#: The variance of a logit that sampling does not explain, before any experience, and the least.
PRIOR_VARIANCE, LEAST_VARIANCE = 0.1, 0.01
#: Fewer tasks than this decide nothing: the interval is the prior's.
LEAST_TASKS = 6
Z = 1.645


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
class Ridge:
    """A fitted line: ``weights`` on standardised features, the first being the constant."""

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    penalty: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """Predictions. Shape: x (n, p) to (n,)."""
        answer: np.ndarray = self.weights[0] + ((x - self.centre) / self.scale) @ self.weights[1:]
        return answer


@dataclass(frozen=True)
class RungModel:
    """The fit of a rung of one kind. ``variance``: of the logit beyond sampling; ``factor``: conformal, in spreads."""

    ridge: Ridge | None
    variance: float
    gain_variance: float
    factor: float
    n_tasks: int


def forecast(situation: Situation, experience: Experience, n_labels: float | None = None) -> dict[RungName, Forecast]:
    """Every rung that can be forecast, at all labels or at `n_labels` (up to `FURTHEST` times those at hand)."""
    n = float(n_labels or situation.n_labels)
    if measured(situation, BASE, n) is None:
        return {}
    first = _frozen(situation, experience, n)
    found: dict[RungName, Forecast] = {}
    for rung in RUNG_NAMES:
        offset = lead(situation, rung, n)
        if offset is None:
            continue
        model = fitted(experience, situation.kind, rung)
        shift = 0.0 if rung == BASE else offset + _step(model, situation, rung, n)
        centre = first + shift
        noise = sampling_variance(situation, rung, centre)
        spread = model.factor * math.sqrt(noise + model.variance)
        p = expit(centre)
        found[rung] = Forecast(
            value=p,
            low=expit(centre - spread),
            high=expit(centre + spread),
            gain_error=0.0 if rung == BASE else math.sqrt(model.gain_variance) * p * (1 - p),
            provenance="measured" if is_measured(situation.kind, rung) else "predicted",
        )
    return found


def sampling_variance(s: Situation, rung: RungName, centre: float) -> float:
    """The variance of a logit from the sample that was measured on and from the test part."""
    p = min(max(expit(centre), 0.02), 0.98)
    n = max(s.n_sample, 1)
    return (1.0 / n + 1.0 / max(s.n_test, 1)) / (p * (1 - p))


def _frozen(s: Situation, experience: Experience, n: float) -> float:
    """The frozen rung's logit."""
    value = measured(s, BASE, n)
    assert value is not None
    return logit(value, s.n_sample) + _step(fitted(experience, s.kind, BASE), s, BASE, n)


def _step(model: RungModel, s: Situation, rung: RungName, n: float) -> float:
    return 0.0 if model.ridge is None else float(model.ridge.at(features(s, rung, n)[None])[0])


@lru_cache(maxsize=512)
def fitted(experience: Experience, kind: Kind, rung: RungName) -> RungModel:
    """The model of a rung, from the tasks of its kind."""
    known = [t for t in experience.tasks if t.situation.kind == kind and _usable(t, rung)]
    if len(known) < LEAST_TASKS or len({t.dataset for t in known}) < 3:
        return RungModel(None, PRIOR_VARIANCE, PRIOR_VARIANCE, Z, len(known))
    x = np.stack([features(t.situation, rung, t.situation.n_labels) for t in known])
    y = np.array([_gain(t, rung) for t in known])
    groups = np.unique([t.dataset for t in known], return_inverse=True)[1]
    penalty, held_out = _chosen(x, y, groups)
    residuals = y - held_out
    weights = _alike(groups)
    noise = np.array([_gain_noise(t, rung) for t in known])
    gain_variance = max(float(weights @ np.maximum(residuals**2 - noise, 0.0)), LEAST_VARIANCE)
    total, spreads = _whole(experience, kind, rung, known, held_out)
    variance = max(float(weights @ (total**2 - spreads)), LEAST_VARIANCE)
    scores = np.abs(total) / np.sqrt(spreads + variance)
    return RungModel(_ridge(x, y, weights, penalty), variance, gain_variance, _quantile(scores, weights), len(known))


def _usable(t: Lived, rung: RungName) -> bool:
    n = float(t.situation.n_labels)
    both = t.value(rung) is not None and t.value(BASE) is not None
    return both and lead(t.situation, rung, n) is not None


def _gain(t: Lived, rung: RungName) -> float:
    """What the line has to explain: the frozen rung's surprise, or another's lead over it beyond the measured one."""
    s, n = t.situation, float(t.situation.n_labels)
    first, own = t.value(BASE), t.value(rung)
    assert first is not None and own is not None
    if rung == BASE:
        known = measured(s, BASE, n)
        assert known is not None
        return logit(own, s.n_test) - logit(known, s.n_sample)
    return logit(own, s.n_test) - logit(first, s.n_test) - (lead(s, rung, n) or 0.0)


def _gain_noise(t: Lived, rung: RungName) -> float:
    """Of a gain, what the measured lead's own sampling explains (both are measured on the same items)."""
    return 0.0 if not is_measured(t.situation.kind, rung) else 0.5 * sampling_variance(t.situation, rung, 0.0)


def _whole(
    experience: Experience, kind: Kind, rung: RungName, known: list[Lived], held_out: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(residuals of the whole forecast, each rung's own and the frozen rung's, with its dataset left out; sampling)."""
    total, spreads = [], []
    first = {} if rung == BASE else _base_steps(experience, kind)
    for t, step in zip(known, held_out, strict=True):
        s, n = t.situation, float(t.situation.n_labels)
        value, own = measured(s, BASE, n), t.value(rung)
        assert value is not None and own is not None
        moved = step if rung == BASE else first.get(_key(t), 0.0) + (lead(s, rung, n) or 0.0) + step
        centre = logit(value, s.n_sample) + moved
        total.append(logit(own, s.n_test) - centre)
        spreads.append(sampling_variance(s, rung, centre))
    return np.array(total), np.array(spreads)


def _key(t: Lived) -> tuple[str, str, int]:
    return t.dataset, t.labels, t.seed


@lru_cache(maxsize=64)
def _base_steps(experience: Experience, kind: Kind) -> dict[tuple[str, str, int], float]:
    """The frozen rung's own correction of every task, its dataset left out."""
    known = [t for t in experience.tasks if t.situation.kind == kind and _usable(t, BASE)]
    x = np.stack([features(t.situation, BASE, t.situation.n_labels) for t in known])
    y = np.array([_gain(t, BASE) for t in known])
    groups = np.unique([t.dataset for t in known], return_inverse=True)[1]
    return {_key(t): float(step) for t, step in zip(known, _chosen(x, y, groups)[1], strict=True)}


def _chosen(x: np.ndarray, y: np.ndarray, groups: np.ndarray) -> tuple[float, np.ndarray]:
    """(penalty with the least squared error on datasets left out, its predictions there)."""
    weights = _alike(groups)
    held = {penalty: _left_out(x, y, groups, penalty) for penalty in PENALTIES}
    best = min(PENALTIES, key=lambda penalty: float(weights @ (y - held[penalty]) ** 2))
    return best, held[best]


def _left_out(x: np.ndarray, y: np.ndarray, groups: np.ndarray, penalty: float) -> np.ndarray:
    answer = np.zeros(len(y))
    for group in np.unique(groups):
        inside, outside = groups != group, groups == group
        answer[outside] = _ridge(x[inside], y[inside], _alike(groups[inside]), penalty).at(x[outside])
    return answer


def _ridge(x: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> Ridge:
    """Weighted ridge regression on standardised features; the constant is penalised a little too, towards none."""
    centre = weights @ x
    scale = np.sqrt(weights @ (x - centre) ** 2)
    scale = np.where(scale > 1e-9, scale, 1.0)
    full = np.column_stack([np.ones(len(y)), (x - centre) / scale])
    n = 1.0 / float((weights**2).sum())  # tasks that so many unequal weights are worth
    shrink = np.diag([0.3, *[penalty] * x.shape[1]]) / n
    solved = np.linalg.solve((full * weights[:, None]).T @ full + shrink, (full * weights[:, None]).T @ y)
    return Ridge(centre, scale, solved, penalty)


def _alike(groups: np.ndarray) -> np.ndarray:
    """Weights (n,) that add up to one, every dataset's together the same."""
    counts = np.bincount(groups)
    weights = 1.0 / counts[groups]
    answer: np.ndarray = weights / weights.sum()
    return answer


def _quantile(scores: np.ndarray, weights: np.ndarray) -> float:
    """The weighted quantile at `LEVEL`, a step further for the task to come (split conformal's n + 1)."""
    order = np.argsort(scores)
    reached = np.cumsum(weights[order])
    n = len(scores)
    level = min(LEVEL * (n + 1) / n, 1.0)
    return float(scores[order][min(int(np.searchsorted(reached, level - 1e-12)), n - 1)])
