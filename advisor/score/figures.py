"""Figures with their intervals: means, ratios and maxima over tasks, with whole datasets drawn again.

Tasks of one dataset are alike, so the bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993) draws
datasets, not tasks. The draws are the same for every adviser, so that a difference of two is a paired one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.90
RESAMPLES = 2000
SEED = 0
#: The normal quantile of a two-sided 90 % interval.
Z = 1.6448536269514722


@dataclass(frozen=True)
class Figure:
    """A number with its 90 % interval and what it counts over; None where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING = Figure(None, None, None, 0)


def drawn(datasets: Sequence[str]) -> np.ndarray:
    """How often each task stands in each resample of the datasets. Shape: datasets (n,) to (RESAMPLES, n) counts."""
    names, at = np.unique(np.asarray(datasets, dtype=str), return_inverse=True)
    picks = np.random.default_rng(SEED).integers(0, len(names), size=(RESAMPLES, len(names)))
    counts = np.zeros((RESAMPLES, len(names)))
    np.add.at(counts, (np.arange(RESAMPLES)[:, None], picks), 1.0)
    answer: np.ndarray = counts[:, at]
    return answer


def ratio(over: np.ndarray, under: np.ndarray, draws: np.ndarray) -> Figure:
    """Sum over sum. Shape: over, under (n,), draws (RESAMPLES, n). Resamples whose sum below is 0 are left out."""
    n, total = int(np.count_nonzero(under)), float(np.sum(under))
    if total <= 0:
        return NOTHING
    below = draws @ under
    kept = below > 0
    return _figure(float(np.sum(over)) / total, (draws @ over)[kept] / below[kept], n)


def mean(values: np.ndarray, draws: np.ndarray) -> Figure:
    """Mean over the tasks. Shape: values (n,), draws (RESAMPLES, n)."""
    return ratio(values, np.ones(len(values)), draws)


def largest(values: np.ndarray, draws: np.ndarray) -> Figure:
    """The largest value, and of the resamples. Shape: values (n,), draws (RESAMPLES, n)."""
    if not len(values):
        return NOTHING
    return _figure(float(np.max(values)), np.where(draws > 0, values, -np.inf).max(axis=1), len(values))


def wilson(right: float, n: int) -> Figure:
    """A share of n independent trials with Wilson's interval (JASA 22, 1927).

    >>> figure = wilson(8, 10)
    >>> round(figure.low, 3), round(figure.high, 3)
    (0.541, 0.931)
    """
    if n == 0:
        return NOTHING
    share, z2 = right / n, Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n**2)) ** 0.5
    return Figure(share, max(0.0, centre - half), min(1.0, centre + half), n)


def _figure(value: float, resampled: np.ndarray, n: int) -> Figure:
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value, float(low), float(high), n)
