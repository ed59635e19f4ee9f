"""Whether probabilities mean what they say: of the items that a model calls 80 % sure, how many are right.

The reliability diagram of Guo et al., "On Calibration of Modern Neural Networks", ICML 2017,
https://arxiv.org/abs/1706.04599, each bin with the interval of its share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.interval import Counts, around, posterior
from probes.temperature import bins_of

#: Bins of equal width.
BINS = 10


@dataclass(frozen=True)
class Bin:
    """Items of similar confidence: its mean, and the share that is right with its 90 % interval."""

    confidence: float
    right: float
    low: float
    high: float
    n: int


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[Bin]:
    """The bins that hold items, the least confident first. Shape: confidence (n,) from 0 to 1, right (n,) bool.

    >>> [(b.n, b.right) for b in reliability(np.array([0.95, 0.99, 0.35]), np.array([True, True, False]))]
    [(1, 0.0), (2, 1.0)]
    """
    bin_of = bins_of(confidence, bins)
    return [_bin(confidence[bin_of == place], right[bin_of == place]) for place in np.unique(bin_of)]


def _bin(confidence: np.ndarray, right: np.ndarray) -> Bin:
    share, (low, high) = share_of(int(right.sum()), len(right))
    return Bin(float(confidence.mean()), share, low, high, len(right))


def share_of(n_right: int, n: int) -> tuple[float, tuple[float, float]]:
    """A share of at least one item and its 90 % interval (Jeffreys)."""
    share = n_right / n
    return share, around(share, posterior(Counts(np.array([n_right]), np.array([n])))[:, 0])


def expected_gap(bins: list[Bin]) -> float:
    """Expected calibration error of the bins: |right - confidence|, weighted by their items."""
    n = sum(one.n for one in bins)
    return sum(one.n * abs(one.right - one.confidence) for one in bins) / n if n else 0.0


def doubtful_mistakes(
    truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray, of_truth: np.ndarray
) -> np.ndarray:
    """Wrong answers of which the label may be wrong instead: a model is as sure of them as of items it has right.

    The count of confident learning (`probes.labels`) on a table of predictions: the probability of the class predicted
    is at least the mean one of that class over the items that carry it. Shape: all (n,): class indices, the probability
    of the class predicted, and of the label; returns (n,) bool.
    """
    doubtful: np.ndarray = (truth != predicted) & (probability >= usually(truth, predicted, of_truth))
    return doubtful


def usually(truth: np.ndarray, predicted: np.ndarray, of_truth: np.ndarray) -> np.ndarray:
    """The mean probability of each item's predicted class over the items that carry it; infinite where none does.

    Shape: as `doubtful_mistakes`; returns (n,) float.
    """
    n_classes = 1 + int(max(truth.max(initial=0), predicted.max(initial=0)))
    n = np.bincount(truth, minlength=n_classes)
    mean = np.bincount(truth, weights=of_truth, minlength=n_classes) / np.maximum(n, 1)
    usual: np.ndarray = np.where(n > 0, mean, np.inf)[predicted]
    return usual
