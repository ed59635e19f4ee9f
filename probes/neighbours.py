"""The k nearest labelled examples decide: the retrieval rung's number, leave-one-out, without any training.

The vote is weighted as in DINO's k-NN protocol (Caron et al., ICCV 2021, https://arxiv.org/abs/2104.14294):
exp(cosine / temperature). Plain cosine on raw features: subtracting the mean changed five image sets by -.03 to +.01.
Brute force is enough (15 ms a query batch at 100,000 x 384).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.heads import single_blas_thread
from probes.interval import measured_score, score
from probes.measured import Measured

KS = (1, 3, 5, 10, 20)
#: What `nearest_others` gives: positions and cosines, (n, k) each, the nearest first.
Near = tuple[np.ndarray, np.ndarray]
TEMPERATURE = 0.05
#: Similarities held at once: 16 million float32 are 64 MB.
CHUNK = 16_000_000


@dataclass(frozen=True)
class Neighbours:
    """The best k and what it reached, leave-one-out. Shape: predicted (n,); ``scores`` maps each k to its value."""

    measured: Measured
    k: int
    predicted: np.ndarray
    scores: dict[int, float]


def knn(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    ks: tuple[int, ...] = KS,
    n_classes: int | None = None,
    near: Near | None = None,
) -> Neighbours:
    """Each item gets the vote of its nearest among all items of other groups, for every k at once.

    Shape: features (n, d), labels (n,) class indices, groups (n,). near: at least max(ks) of them, where they are
    known. The k is chosen on the same answers, out of five; that flatters by less than the width of the interval.
    Raises ProbeError for fewer than two items.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    if len(labels) < 2:
        raise ProbeError("Nearest neighbours need at least two items. Give the dataset more items.")
    classes = n_classes or int(labels.max()) + 1
    places, closeness = near or nearest_others(features, groups, min(max(ks), len(labels) - 1))
    answers = {k: _count(labels[places[:, :k]], closeness[:, :k], classes).argmax(axis=1) for k in ks}
    scores = {k: score(metric, labels, answers[k], classes) for k in ks}
    best = max(ks, key=lambda k: scores[k])
    measured = measured_score(metric, labels, answers[best], classes, time.monotonic() - started)
    return Neighbours(measured, best, answers[best], scores)


@single_blas_thread()
def nearest_others(features: np.ndarray, groups: np.ndarray | None = None, k: int = 10) -> Near:
    """Each item's k nearest among items of other groups: positions and cosines (n, k), the nearest first.

    Shape: features (n, d), groups (n,); k at most n - 1. Where there are fewer than k, the cosine is -inf.
    """
    unit = unit_rows(features)
    related = np.arange(len(unit)) if groups is None else np.asarray(groups)
    near, closeness = np.empty((len(unit), k), dtype=np.int64), np.empty((len(unit), k), dtype=np.float32)
    for rows, similar in _similarities(unit, unit):
        similar[related[rows][:, None] == related[None, :]] = -np.inf
        near[rows], closeness[rows] = _nearest(similar, k)
    return near, closeness


def nearest_of(query: np.ndarray, memory: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of the memory nearest to each query: positions and cosines, the nearest first.

    Shape: (q, d), (m, d) to (q, min(k, m)) twice; at least one query.
    """
    parts = [_nearest(similar, k) for _, similar in _similarities(unit_rows(query), unit_rows(memory))]
    near, closeness = (np.concatenate(each) for each in zip(*parts, strict=True))
    return near, closeness


def vote(query: np.ndarray, memory: np.ndarray, labels: np.ndarray, k: int, n_classes: int) -> np.ndarray:
    """Class probabilities of the queries by the k nearest of the memory.

    Shape: query (q, d), memory (m, d), labels (m,) class indices; returns (q, C) float32, rows summing to 1.
    """
    probabilities = np.empty((len(query), n_classes), dtype=np.float32)
    labels = np.asarray(labels, dtype=np.int64)
    for rows, similar in _similarities(unit_rows(query), unit_rows(memory)):
        near, closeness = _nearest(similar, k)
        votes = _count(labels[near], closeness, n_classes)
        probabilities[rows] = votes / votes.sum(axis=1, keepdims=True)
    return probabilities


def _similarities(query: np.ndarray, memory: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(row numbers, cosine similarities (rows, m)) chunk by chunk."""
    step = max(1, CHUNK // max(1, len(memory)))
    for start in range(0, len(query), step):
        rows = np.arange(start, min(start + step, len(query)))
        yield rows, query[rows] @ memory.T


def _nearest(similar: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k most similar, the nearest first. Shape: (q, m) to positions and similarities (q, min(k, m))."""
    k = min(k, similar.shape[1])
    near = np.argpartition(-similar, k - 1, axis=1)[:, :k]
    closeness = np.take_along_axis(similar, near, axis=1)
    order = np.argsort(-closeness, axis=1, kind="stable")
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(closeness, order, axis=1)


def _count(labels: np.ndarray, closeness: np.ndarray, n_classes: int) -> np.ndarray:
    """Weighted votes (q, C); a neighbour at -inf (the item itself, its group) has none."""
    top = np.where(np.isfinite(closeness[:, :1]), closeness[:, :1], 0.0)
    weights = np.exp((closeness - top) / TEMPERATURE)
    votes = np.zeros((len(labels), n_classes))
    np.add.at(votes, (np.arange(len(labels))[:, None], labels), weights)
    votes[votes.sum(axis=1) == 0] = 1.0  # no neighbour may vote: all classes get the same
    return votes


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    rows = np.asarray(rows, dtype=np.float32)
    scaled: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled
