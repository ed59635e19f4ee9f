"""How the linear probe's error falls with more labels: error(n) = a + b n^-0.5, the exponent fixed.

With the exponent fixed the curve extrapolates four times further within about 2.4 points; a free exponent misses by up
to 4.9 (DESIGN.md, what is known). Never quote beyond four times the largest n without saying so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.folds import assign_folds, stratified_subset
from probes.interval import score
from probes.linear import fit_head

SHARES = (0.25, 0.5, 1.0)
MAX_ITEMS = 3000


@dataclass(frozen=True)
class Curve:
    """error(n) = a + b n^-0.5, b >= 0, in the metric's unit; ``points`` are the measured (n trained on, error)."""

    a: float
    b: float
    points: tuple[tuple[int, float], ...]
    seconds: float

    def error(self, n: float) -> float:
        """The expected error, 0 to 1, of a probe trained on n items."""
        return float(np.clip(self.a + self.b * max(n, 1.0) ** -0.5, 0.0, 1.0))

    def gain(self, n: float, more: float) -> float:
        """What training on `more` instead of n items is expected to add to the metric; never negative for more > n."""
        return self.error(n) - self.error(more)


def slope(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    regularisation: float = 10.0,
    folds: int = 4,
    seed: int = 0,
    n_classes: int | None = None,
) -> Curve:
    """Train on a quarter, a half and all of each training fold (nested, stratified) and fit the curve.

    Shape: features (n, d), labels (n,) class indices, groups (n,). More than 3,000 items are sampled. The penalty is
    the same for every size, so it weighs less the more items there are. Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    classes = n_classes or int(labels.max()) + 1
    chosen = stratified_subset(labels, MAX_ITEMS, seed)
    features, labels = np.asarray(features)[chosen], labels[chosen]
    fold_of = assign_folds(labels, None if groups is None else np.asarray(groups)[chosen], folds, seed)
    points = []
    for share in SHARES:
        predicted, n_fit = _out_of_fold(features, labels, fold_of, share, regularisation, metric, classes, seed)
        points.append((n_fit, 1.0 - score(metric, labels, predicted, classes)))
    a, b = fit_curve(points)
    return Curve(a, b, tuple(points), time.monotonic() - started)


def fit_curve(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Least squares of error on n^-0.5 with b >= 0; (a, b). Raises ProbeError for fewer than two sizes.

    >>> a, b = fit_curve([(100, 0.30), (400, 0.20)])
    >>> round(a, 3), round(b, 3)
    (0.1, 2.0)
    """
    sizes = np.array([n for n, _ in points], dtype=float)
    errors = np.array([error for _, error in points])
    x = sizes**-0.5
    spread = float(((x - x.mean()) ** 2).sum())
    if spread < 1e-12:
        raise ProbeError("A learning curve needs at least two sizes. Give the dataset more items.")
    b = max(0.0, float(((x - x.mean()) * (errors - errors.mean())).sum()) / spread)
    return float(errors.mean() - b * x.mean()), b


def _out_of_fold(
    features: np.ndarray,
    labels: np.ndarray,
    fold_of: np.ndarray,
    share: float,
    regularisation: float,
    metric: str,
    n_classes: int,
    seed: int,
) -> tuple[np.ndarray, int]:
    """Predictions (n,) of heads trained on `share` of each training fold, and how many items that was on average."""
    predicted = np.empty(len(labels), dtype=np.int64)
    n_fit = []
    for fold in range(int(fold_of.max()) + 1):
        train = np.flatnonzero(fold_of != fold)
        train = train[stratified_subset(labels[train], round(share * len(train)), seed, at_least=1)]
        head = fit_head(features[train], labels[train], regularisation, metric != "accuracy", n_classes)
        held_out = fold_of == fold
        predicted[held_out] = head.logits(features[held_out]).argmax(axis=1)
        n_fit.append(len(train))
    return predicted, round(float(np.mean(n_fit)))
