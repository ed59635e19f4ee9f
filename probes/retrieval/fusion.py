"""One order out of two: by words and by meaning."""

from __future__ import annotations

import numpy as np

#: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
#: SIGIR 2009: score = sum over the lists of 1 / (k + rank), k = 60.
RRF_K = 60


def reciprocal_ranks(words: np.ndarray, dense: np.ndarray, share_dense: float = 0.5) -> np.ndarray:
    """Fused by ranks alone, the two lists weighted. Shape: words, dense (q, n) to (q, n) float64."""
    return (1 - share_dense) / (RRF_K + ranked(words)) + share_dense / (RRF_K + ranked(dense))


def weighted(words: np.ndarray, dense: np.ndarray, share_dense: float) -> np.ndarray:
    """A weighted sum of the scores, each divided by its question's best. Shape: (q, n) twice to (q, n) float64."""
    return (1 - share_dense) * scaled(words) + share_dense * scaled(dense)


def ranked(scores: np.ndarray) -> np.ndarray:
    """The rank of every score in its row, 1 = best, equal scores in order of their place. Shape: (q, n) int64."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return ranks


def scaled(scores: np.ndarray) -> np.ndarray:
    """Scores divided by the best of their row, below 0 cut off, so that 1 is the best. Shape: (q, n) float64."""
    positive = np.maximum(scores.astype(np.float64), 0)
    return positive / np.maximum(positive.max(axis=1, keepdims=True), 1e-12)
