"""Ridge regression judged by datasets left out, and the conformal quantile: the arithmetic of the outcome model.

Everywhere ``weights`` (n,) add up to one and ``groups`` (n,) number the datasets from 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.9
PENALTIES = (1.0, 3.0, 10.0, 30.0)
#: The constant is shrunk to zero too, as strongly as this many tasks at zero would.
CONSTANT_PENALTY = 0.3


@dataclass(frozen=True)
class Ridge:
    """A fitted line: ``weights`` on the standardised features, the first being the constant."""

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    penalty: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """Predictions. Shape: x (n, p) to (n,)."""
        standardised = (x - self.centre) / self.scale
        predicted: np.ndarray = self.weights[0] + standardised @ self.weights[1:]
        return predicted


def fit(x: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> Ridge:
    """The line of least weighted squares with its slopes shrunk to zero. Shape: x (n, p), y (n,)."""
    centre = weights @ x
    scale = np.sqrt(weights @ (x - centre) ** 2)
    scale = np.where(scale > 1e-9, scale, 1.0)
    full = np.column_stack([np.ones(len(y)), (x - centre) / scale])
    n = 1.0 / float((weights**2).sum())  # tasks that so many unequal weights are worth
    shrink = np.diag([CONSTANT_PENALTY, *[penalty] * x.shape[1]]) / n
    solved = np.linalg.solve((full * weights[:, None]).T @ full + shrink, (full * weights[:, None]).T @ y)
    return Ridge(centre, scale, solved, penalty)


def choose(x: np.ndarray, y: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> tuple[Ridge, np.ndarray]:
    """The line with the penalty that predicts whole datasets left out best.

    Returns the line fitted to all, and (n,) what lines fitted without its dataset predict of each task.
    """
    held_out = {penalty: left_out(x, y, weights, groups, penalty) for penalty in PENALTIES}
    best = min(held_out, key=lambda penalty: float(weights @ (y - held_out[penalty]) ** 2))
    return fit(x, y, weights, best), held_out[best]


def left_out(x: np.ndarray, y: np.ndarray, weights: np.ndarray, groups: np.ndarray, penalty: float) -> np.ndarray:
    """What lines fitted to the other datasets predict. Shape: (n,)."""
    predicted = np.zeros(len(y))
    for group in np.unique(groups):
        inside, outside = groups != group, groups == group
        own = weights[inside] / weights[inside].sum()
        predicted[outside] = fit(x[inside], y[inside], own, penalty).at(x[outside])
    return predicted


def balanced(groups: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Weights by precision (n,) within a dataset, the tasks of every dataset together counting about the same."""
    weights = precision / np.bincount(groups)[groups]
    shares: np.ndarray = weights / weights.sum()
    return shares


def quantile(scores: np.ndarray, groups: np.ndarray) -> float:
    """The value that `LEVEL` of the scores stay below, datasets counting alike, one step on for the task to come."""
    weights = balanced(groups, np.ones(len(scores)))
    order = np.argsort(scores)
    reached = np.cumsum(weights[order])
    n = len(scores)
    level = min(LEVEL * (n + 1) / n, 1.0)
    return float(scores[order][min(int(np.searchsorted(reached, level - 1e-12)), n - 1)])
