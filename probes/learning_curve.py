"""How much more data would help: error(n) = a + b n^-0.5, fitted to nested subsets, with a band.

With the exponent fixed the curve extrapolates four times further within about 2.4 points; a free exponent misses by up
to 4.9 (Hoiem et al., "Learning Curves for Analysis of Deep Networks", ICML 2021, https://arxiv.org/abs/2010.11029, use
the same form; docs/design.md, what is known, 6). It is drawn up to four times the largest measured n and no further.

The band: items are resampled (a Bayesian bootstrap, Rubin, Ann. Statist. 1981), which moves the points together, as
they share their held-out items; and the extrapolated part is uncertain by `FORM_SPREAD` of itself, since no curve has
exactly this form.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.folds import assign_folds, stratified_subset
from probes.heads import Recipe, class_weights, one_hot, single_blas_thread
from probes.interval import TRAINED, measured_score
from probes.logistic import fit_logistic
from probes.measured import Measured
from probes.ridge import Spectrum, ridge_solve, spectrum

#: Shares of the training folds that are trained on, each with its number of repeats.
SHARES = {0.125: 4, 0.25: 3, 0.5: 2, 1.0: 1}
MAX_ITEMS = 3000
FURTHEST = 4
LEVEL = 0.80
DRAWS = 1000
#: Standard deviation of the true gain about the extrapolated one, as a share of it.
FORM_SPREAD = 0.5


@dataclass(frozen=True)
class Reach:
    """Training items at which a target is expected; None where the curve does not reach it before its end."""

    target: float
    value: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Curve:
    """error(n) = a + b n^-0.5 with b >= 0, in the metric's unit.

    ``points``: the metric measured at each size; ``sizes``: the training items there. Shape: draws (DRAWS, 2) of a
    and b.
    """

    a: float
    b: float
    sizes: tuple[int, ...]
    points: tuple[Measured, ...]
    draws: np.ndarray
    seconds: float

    @property
    def furthest(self) -> int:
        """The most items that the curve may be read at."""
        return FURTHEST * max(self.sizes)

    def error(self, n: float) -> float:
        """The expected error, 0 to 1, of a probe trained on n items."""
        return float(np.clip(self.a + self.b * max(n, 1.0) ** -0.5, 0.0, 1.0))

    def band(self, n: float, level: float = LEVEL, n_test: int | None = None) -> tuple[float, float]:
        """(low, high) of the metric at n training items; with `n_test`, of one measured on so many items."""
        values = self._values(n)
        if n_test:
            values = np.random.default_rng(2).binomial(n_test, values) / n_test
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def labels_needed(self, target: float) -> Reach:
        """Training items at which the metric is expected to reach `target`, and where the 80 % band reaches it."""
        grid = np.unique(np.geomspace(10, self.furthest, 400).astype(int))
        expected = np.array([1.0 - self.error(n) for n in grid])
        bands = np.array([self.band(n) for n in grid])

        def first(values: np.ndarray) -> int | None:
            reached = np.flatnonzero(values >= target)
            return int(grid[reached[0]]) if len(reached) else None

        return Reach(target, first(expected), first(bands[:, 1]), first(bands[:, 0]))

    def _values(self, n: float) -> np.ndarray:
        """Draws of the metric at n items; beyond the largest size they include the uncertainty of the form."""
        last = float(max(self.sizes))
        a, b = self.draws[:, 0], self.draws[:, 1]
        values = 1.0 - (a + b * n**-0.5)
        ahead = self.error(last) - self.error(n)
        spread = np.random.default_rng(1).normal(0.0, FORM_SPREAD * abs(ahead), len(values))
        clipped: np.ndarray = np.clip(values + spread, 0.0, 1.0)
        return clipped


def learning_curve(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    recipe: Recipe,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
    n_classes: int | None = None,
    axes: Spectrum | None = None,
) -> Curve:
    """Train on nested, stratified shares of each training fold, with repeats, and fit the curve.

    Shape: features (n, d), labels (n,) class indices, groups (n,). More than 3,000 items are sampled. axes: as
    `linear_probe` takes them. Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    classes = n_classes or int(labels.max()) + 1
    chosen = stratified_subset(labels, MAX_ITEMS, seed)
    labels, groups = labels[chosen], None if groups is None else np.asarray(groups)[chosen]
    weights = class_weights(labels, metric != "accuracy")
    with single_blas_thread():
        if axes is None or not axes.is_of(len(labels), weights):
            axes = spectrum(np.asarray(features)[chosen], weights)
        answers = [_answers(axes, labels, groups, recipe, share, folds, seed) for share in SHARES]
    sizes = [size for size, _ in answers]
    wrong = np.stack([(predicted != labels[None]).mean(axis=0) for _, predicted in answers])
    a, b, draws = _fit(np.array(sizes), wrong, labels, metric)
    seconds = time.monotonic() - started
    points = [
        measured_score(metric, labels, predicted[0], classes, seconds, design_effect=TRAINED)
        for _, predicted in answers
    ]
    means = 1.0 - wrong @ _item_weights(labels, metric)
    return Curve(a, b, tuple(sizes), tuple(map(_moved, points, means)), draws, seconds)


def fit_curve(sizes: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares of error on n^-0.5 with a, b >= 0, for many curves at once; weights grow with n.

    Shape: sizes (s,), errors (k, s) to a (k,), b (k,). Raises ProbeError for fewer than two different sizes.

    >>> a, b = fit_curve(np.array([100, 400]), np.array([[0.30, 0.20]]))
    >>> a.round(3).tolist(), b.round(3).tolist()
    ([0.1], [2.0])
    """
    x, weights = np.asarray(sizes, dtype=float) ** -0.5, np.asarray(sizes, dtype=float)
    weights = weights / weights.sum()
    spread = float(weights @ (x - weights @ x) ** 2)
    if spread < 1e-12:
        raise ProbeError("A learning curve needs at least two sizes. Give the dataset more items.")
    mean = errors @ weights
    b = np.maximum((errors - mean[:, None]) @ (weights * (x - weights @ x)) / spread, 0.0)
    a = mean - b * (weights @ x)
    through_zero = np.maximum(errors @ (weights * x) / float(weights @ x**2), 0.0)
    return np.maximum(a, 0.0), np.where(a < 0, through_zero, b)


def _answers(
    axes: Spectrum,
    labels: np.ndarray,
    groups: np.ndarray | None,
    recipe: Recipe,
    share: float,
    folds: int,
    seed: int,
) -> tuple[int, np.ndarray]:
    """(training items, predictions (repeats, n)) of heads trained on `share` of each training fold."""
    predicted = np.empty((SHARES[share], len(labels)), dtype=np.int64)
    n_train = []
    for repeat in range(SHARES[share]):
        fold_of = assign_folds(labels, groups, folds, seed)
        for fold in range(int(fold_of.max()) + 1):
            train, held_out = np.flatnonzero(fold_of != fold), fold_of == fold
            train = train[stratified_subset(labels[train], round(share * len(train)), seed + repeat, at_least=1)]
            predicted[repeat, held_out] = _predict(axes, labels, train, held_out, recipe)
            n_train.append(len(train))
    return round(float(np.mean(n_train))), predicted


def _predict(axes: Spectrum, labels: np.ndarray, train: np.ndarray, held_out: np.ndarray, recipe: Recipe) -> np.ndarray:
    present, own = np.unique(labels[train], return_inverse=True)
    if len(present) < 2:
        return np.full(int(held_out.sum()), present[0])
    rows, weights = axes.rows[train], axes.weights[train]
    if recipe.method == "ridge":
        weight, bias = ridge_solve(rows, one_hot(own, len(present)), weights, recipe.penalty)
    else:
        weight, bias = fit_logistic(rows, own, weights, axes.power, recipe.penalty, len(present))
    answers: np.ndarray = present[(axes.rows[held_out] @ weight + bias).argmax(axis=1)]
    return answers


def _fit(sizes: np.ndarray, wrong: np.ndarray, labels: np.ndarray, metric: str) -> tuple[float, float, np.ndarray]:
    """a, b and draws (DRAWS, 2) of them. Shape: wrong (s, n) share of repeats with a wrong answer."""
    base = _item_weights(labels, metric)
    a, b = fit_curve(sizes, (wrong @ base)[None])
    drawn = np.random.default_rng(0).exponential(size=(DRAWS, len(labels))) * base
    if metric != "accuracy":
        for label in np.unique(labels):
            own = labels == label
            drawn[:, own] *= base[own].sum() / drawn[:, own].sum(axis=1, keepdims=True)
    drawn /= drawn.sum(axis=1, keepdims=True)
    return float(a[0]), float(b[0]), np.stack(fit_curve(sizes, drawn @ wrong.T), axis=1)


def _item_weights(labels: np.ndarray, metric: str) -> np.ndarray:
    """Each item's weight in the metric, summing to 1."""
    weights = class_weights(labels, metric != "accuracy")
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _moved(point: Measured, value: float) -> Measured:
    """The interval moved to the mean over the repeats, from the value of the first one."""
    step = float(value) - point.value
    low, high = (float(np.clip(edge + step, 0.0, 1.0)) for edge in (point.low, point.high))
    return point.model_copy(update={"value": float(value), "low": min(low, value), "high": max(high, value)})
