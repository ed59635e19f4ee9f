"""When a classifier should answer, and what it should name instead: accuracy against coverage, a threshold, sets.

A model that answers only where its confidence reaches a threshold is right more often and answers less. The threshold
here is one that keeps a promise: with the wanted certainty at least the wanted share of its answers is right on items
like the held-out ones. Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017,
https://arxiv.org/abs/1705.08500: an exact binomial bound (Clopper and Pearson) at each of a few coverages that are
fixed before anything is seen, and the doubt divided among them (Bonferroni).

The sets are split-conformal: Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued Classifiers with Bounded Error
Levels", JASA 2019, https://arxiv.org/abs/1609.00451. Of items like the held-out ones they hold the truth as often as
wanted, averaged over items and over draws of the held-out items.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.reliability import share_of

#: The coverages that are tried; fixed, so that looking at all of them costs a known part of the doubt.
COVERAGES = tuple(round(0.05 * step, 2) for step in range(1, 21))
#: A promise holds with this probability over draws of the held-out items.
CERTAINTY = 0.9
#: Points of a curve that is drawn.
MOST_POINTS = 100


@dataclass(frozen=True)
class Point:
    """What becomes of the items when those below ``least`` are left: the share answered, and of these the share right.

    ``low``, ``high``: the 90 % interval of the share right; ``n``: items answered.
    """

    least: float
    covers: float
    right: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Threshold:
    """Answer from confidence ``least`` on: then ``promised`` of the answers are right, with the certainty asked for.

    ``covers``, ``right``: the share of the held-out items that it answers, and the share of these that is right.
    """

    least: float
    promised: float
    covers: float
    right: float
    n: int


def curve(confidence: np.ndarray, right: np.ndarray, points: int = MOST_POINTS) -> list[Point]:
    """Accuracy against coverage, from the surest items to all. Shape: confidence (n,) from 0 to 1, right (n,) bool.

    Items of equal confidence are answered together.

    >>> [(p.covers, p.right) for p in curve(np.array([0.9, 0.8, 0.8, 0.4]), np.array([True, True, False, False]))]
    [(0.25, 1.0), (0.75, 0.6666666666666666), (1.0, 0.5)]
    """
    levels, n_answered, n_right = _answered(confidence, right)
    steps: list[int] = (
        np.unique(np.linspace(0, len(levels) - 1, points).round().astype(int)).tolist() if len(levels) else []
    )
    found = []
    for step in steps:
        n = int(n_answered[step])
        share, (low, high) = share_of(int(n_right[step]), n)
        found.append(Point(float(levels[step]), n / len(confidence), share, low, high, n))
    return found


def thresholds(confidence: np.ndarray, right: np.ndarray, certainty: float = CERTAINTY) -> list[Threshold]:
    """One for each of `COVERAGES` that differ, the strictest first; all promises hold together with `certainty`.

    Shape: confidence (n,) from 0 to 1, right (n,) bool, both of items that the model has not learned from.
    """
    levels, n_answered, n_right = _answered(confidence, right)
    doubt = (1.0 - certainty) / len(COVERAGES)
    found: list[Threshold] = []
    for coverage in COVERAGES:
        step = int(np.searchsorted(n_answered, math.floor(coverage * len(confidence)), side="right")) - 1
        if step < 0 or (found and found[-1].n == n_answered[step]):
            continue
        n, k = int(n_answered[step]), int(n_right[step])
        least = float(levels[step]) if n < len(confidence) else 0.0
        found.append(Threshold(least, lower_bound(k, n, doubt), n / len(confidence), k / n, n))
    return found


def threshold(
    confidence: np.ndarray, right: np.ndarray, wanted: float, certainty: float = CERTAINTY
) -> Threshold | None:
    """The one that answers most of those that promise `wanted` (0 to 1); None where none does. As `thresholds`."""
    keeping = [one for one in thresholds(confidence, right, certainty) if one.promised >= wanted]
    return keeping[-1] if keeping else None


def lower_bound(n_right: int, n: int, doubt: float) -> float:
    """The share that the true one is below with a probability of `doubt` at most (Clopper and Pearson, one-sided).

    >>> round(lower_bound(100, 100, 0.05), 3), lower_bound(0, 9, 0.05)
    (0.97, 0.0)
    """
    from scipy.special import betaincinv

    return float(betaincinv(n_right, n - n_right + 1, doubt)) if n_right else 0.0


def answered(confidence: np.ndarray, right: np.ndarray, least: float) -> tuple[float, float | None, int]:
    """(share answered from `least` on, the share of these that is right, None without any, their number)."""
    kept = confidence >= least
    n = int(kept.sum())
    return n / max(1, len(kept)), float(right[kept].mean()) if n else None, n


def least_likely(of_truth: np.ndarray, level: float) -> float:
    """The probability from which on a class belongs to the set, so that it holds the truth with probability `level`.

    Shape: of_truth (n,), the probability that each held-out item's true class was given. The rank is that of n + 1
    items, which makes the level exact for any n; 0, for all classes, where the items are too few for the level. Raises
    ProbeError for a level that is no share.

    >>> least_likely(np.array([0.9, 0.8, 0.7, 0.6]), 0.8), least_likely(np.array([0.9]), 0.9)
    (0.6, 0.0)
    """
    if not 0 < level < 1:
        raise ProbeError(f"Sets hold the truth with a share between 0 and 1, not {level:g}. Give one, such as 0.9.")
    rank = math.ceil(round((len(of_truth) + 1) * level, 9))
    return float(np.sort(of_truth)[::-1][rank - 1]) if rank <= len(of_truth) else 0.0


def likely(probabilities: np.ndarray, least: float) -> np.ndarray:
    """The members of each item's set; the most probable class always is one. Shape: (n, C) to (n, C) bool."""
    members: np.ndarray = probabilities >= least
    members[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
    return members


def _answered(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each confidence that occurs, the highest first, with how many items reach it and how many of these are right."""
    order = np.argsort(-confidence, kind="stable")
    sorted_, n_right = confidence[order], np.cumsum(right[order])
    ends = np.flatnonzero(np.append(sorted_[1:] != sorted_[:-1], True)) if len(sorted_) else np.zeros(0, int)
    return sorted_[ends], ends + 1, n_right[ends] if len(ends) else np.zeros(0, int)
