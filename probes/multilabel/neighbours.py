"""The nearest labelled examples vote on each label by itself, leave-one-out, without any training.

Weighted by exp(cosine / temperature), as `probes.neighbours`; a label's share of the votes is its score. The number of
neighbours is the one with the best mean average precision, which needs no threshold.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.folds import assign_folds
from probes.heads import single_blas_thread
from probes.measured import Measured
from probes.multilabel.scores import average_precisions, cross_fitted, measured_f1, thresholds_of
from probes.neighbours import TEMPERATURE, nearest_of, nearest_others

KS = (3, 5, 10, 20, 40)


@dataclass(frozen=True)
class LabelVotes:
    """The best k and what it reached. Shape: probability, predicted (n, L), thresholds (L,)."""

    measured: Measured
    k: int
    probability: np.ndarray
    predicted: np.ndarray
    thresholds: np.ndarray


def labels_knn(
    features: np.ndarray, targets: np.ndarray, strata: np.ndarray, groups: np.ndarray | None = None,
    ks: tuple[int, ...] = KS,
) -> LabelVotes:  # fmt: skip
    """Each item gets the vote of its nearest among all items of other groups.

    Shape: features (n, d), targets (n, L), strata, groups (n,). Thresholds are those of other folds. Raises ProbeError
    for fewer than two items.
    """
    started = time.monotonic()
    if len(targets) < 2:
        raise ProbeError("Nearest neighbours need at least two items. Give the dataset more items.")
    near, closeness = nearest_others(features, groups, min(max(ks), len(targets) - 1))
    shares = {k: _shares(targets[near[:, :k]], closeness[:, :k]) for k in ks if k == min(ks) or k <= near.shape[1]}
    k = max(shares, key=lambda one: float(np.nanmean(average_precisions(targets, shares[one]))))
    predicted = cross_fitted(targets, shares[k], assign_folds(strata, groups))
    measured = measured_f1(targets, predicted, time.monotonic() - started)
    return LabelVotes(measured, k, shares[k], predicted, thresholds_of(targets, shares[k]))


def shares_of_others(features: np.ndarray, targets: np.ndarray, groups: np.ndarray | None, k: int) -> np.ndarray:
    """The share of each label among each item's k nearest of other groups. Shape: (n, d), (n, L), (n,) to (n, L)."""
    near, closeness = nearest_others(features, groups, min(k, len(targets) - 1))
    return _shares(targets[near], closeness)


@single_blas_thread()
def vote_labels(query: np.ndarray, memory: np.ndarray, targets: np.ndarray, k: int) -> np.ndarray:
    """The share of each label among the k nearest of the memory. Shape: (q, d), (m, d), (m, L) to (q, L) float32."""
    near, closeness = nearest_of(query, memory, k)
    return _shares(targets[near], closeness)


def _shares(votes: np.ndarray, closeness: np.ndarray) -> np.ndarray:
    """Shape: votes (q, k, L), closeness (q, k); a neighbour at -inf (the item's own group) has no vote."""
    top = np.where(np.isfinite(closeness[:, :1]), closeness[:, :1], 0.0)
    weights = np.exp((closeness - top) / TEMPERATURE)
    total = np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    shares: np.ndarray = np.einsum("qk,qkl->ql", weights / total, votes).astype(np.float32)
    return shares
