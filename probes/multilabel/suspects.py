"""Which labels are missing, or should not be there? Confident learning on each label by itself.

As Northcutt, Jiang and Chuang (JAIR 2021, https://arxiv.org/abs/1911.00068) for two classes: an item without a label
whose probability of it is at least the mean over the items that have it probably misses it, and one with a label at
most as probable as the mean over the items without it probably has it by mistake. The linear probe's probabilities and
the shares among the nearest neighbours count alike, as in `probes.labels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Labels that fewer items have, or lack, say nothing of what is usual.
LEAST_ITEMS = 5
#: A label is doubted only where it is so much less probable than for any item: a probe that knows little of a rare
#: label is about as unsure of the items that have it. With 4 % of the traits of 900 digits flipped, that costs 4 points
#: of recall (68 instead of 72 %) at the same precision (98 %).
RULED_OUT = 0.25


@dataclass(frozen=True)
class SuspectSets:
    """Shape: belief (n, L), the probability of each label; missing, surplus (n, L) bool."""

    belief: np.ndarray
    missing: np.ndarray
    surplus: np.ndarray

    @property
    def score(self) -> np.ndarray:
        """How far the least believed part of an item's labels is believed, (n,): low is suspect."""
        doubt = np.where(self.missing, self.belief, np.where(self.surplus, 1.0 - self.belief, 0.0))
        score: np.ndarray = 1.0 - doubt.max(axis=1)
        return score

    @property
    def suspect(self) -> np.ndarray:
        """Whether an item is on the list, (n,) bool."""
        listed: np.ndarray = (self.missing | self.surplus).any(axis=1)
        return listed


def suspect_sets(probability: np.ndarray, targets: np.ndarray, shares: np.ndarray | None = None) -> SuspectSets:
    """The labels that look missing or wrong. Shape: probability (n, L) out of fold, targets, shares (n, L)."""
    belief = probability if shares is None else (probability + shares) / 2
    truth = np.asarray(targets, dtype=bool)
    missing, surplus = np.zeros(truth.shape, dtype=bool), np.zeros(truth.shape, dtype=bool)
    for c in range(truth.shape[1]):
        have, own = truth[:, c], belief[:, c]
        if min(have.sum(), (~have).sum()) < LEAST_ITEMS:
            continue
        missing[:, c] = ~have & (own >= max(float(own[have].mean()), 0.5))
        surplus[:, c] = have & (own <= min(float(own[~have].mean()), RULED_OUT * float(have.mean())))
    return SuspectSets(belief, missing, surplus)
