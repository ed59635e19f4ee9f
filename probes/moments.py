"""Ridge regression on the classes from sums alone: one pass over features that need not fit into memory.

The sums of x, xx' and of x by class determine the standardised normal equations of `probes.ridge` exactly, up to
rounding, whatever the order and the cut into blocks; sums of two machines are added. They take d² numbers for any
number of items. Gram matrices of blocks are made in float32 around a fixed point near the mean and added up in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.heads import ABSENT_LOGIT, Head


@dataclass
class Moments:
    """Sums over items, of x less ``origin``. Shape: origin, (d,), gram (d, d), sums by class (C, d), counts (C,)."""

    origin: np.ndarray
    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, origin: np.ndarray, n_classes: int) -> Moments:
        """No items yet. Shape: origin (d,), any point near the mean, such as the first block's mean."""
        d = len(origin)
        return cls(origin.astype(np.float32), np.zeros((d, d)), np.zeros((n_classes, d)), np.zeros(n_classes))

    def add(self, features: np.ndarray, labels: np.ndarray) -> None:
        """Take a block of items in. Shape: features (n, d), labels (n,) class indices."""
        from scipy.linalg import blas

        x = np.asarray(features, dtype=np.float32) - self.origin
        self.gram += blas.ssyrk(1.0, x.T, lower=True)
        order = np.argsort(labels, kind="stable")
        present, starts = np.unique(labels[order], return_index=True)
        if len(present):
            self.sums[present] += np.add.reduceat(x[order], starts, axis=0, dtype=np.float64)
        self.counts += np.bincount(labels, minlength=len(self.counts))

    def grow(self, n_classes: int) -> None:
        """Room for classes that turn up later in the stream."""
        more = n_classes - len(self.counts)
        if more > 0:
            self.sums = np.vstack([self.sums, np.zeros((more, self.sums.shape[1]))])
            self.counts = np.concatenate([self.counts, np.zeros(more)])

    def merge(self, other: Moments) -> None:
        """Take the sums of other items in. Raises ProbeError where they are around another point."""
        if not np.array_equal(self.origin, other.origin):
            raise ProbeError("Sums around different points cannot be added. Give both the same origin.")
        self.gram, self.sums, self.counts = self.gram + other.gram, self.sums + other.sums, self.counts + other.counts

    def head(self, penalty: float) -> Head:
        """The ridge head at an L2 penalty on standardised features. A class without an item never wins.

        Raises ProbeError for fewer than two classes with items.
        """
        from scipy.linalg import solve

        present = np.flatnonzero(self.counts)
        if len(present) < 2:
            raise ProbeError("A head needs labelled items of at least two classes. Give the dataset more labels.")
        n = self.counts.sum()
        mean = self.sums.sum(axis=0) / n
        lower = np.tril(self.gram) - n * np.tril(np.outer(mean, mean))
        scatter = lower + np.tril(lower, -1).T
        scale = np.sqrt(np.maximum(scatter.diagonal() / n, 0.0))
        scale = np.where(scale > 1e-6, scale, 1.0)
        targets = (self.sums[present] - self.counts[present, None] * mean) / scale
        gram = scatter / np.outer(scale, scale) + penalty * np.eye(len(mean))
        turned = solve(gram, targets.T, assume_a="pos", check_finite=False).T  # (present, d)
        turned = (turned - turned.mean(axis=0)) / scale
        share = self.counts[present] / n
        weight = np.zeros((len(self.counts), len(mean)), dtype=np.float32)
        bias = np.full(len(self.counts), ABSENT_LOGIT, dtype=np.float32)
        weight[present] = turned
        bias[present] = share - share.mean() - turned @ (self.origin + mean)
        return Head(weight, bias)
