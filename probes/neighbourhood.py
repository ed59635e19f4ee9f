"""What an item's nearest neighbours say about it: unlike all others, alone with its label, or a look-alike of another.

Outliers: the mean cosine distance to the 10 nearest items of other groups (Ramaswamy, Rastogi and Shim, SIGMOD 2000;
the mean instead of the k-th after Angiulli and Pizzuti, PKDD 2002). The cut is Tukey's fence on the logarithm, upper
quartile + 1.5 × the interquartile range. With 1 % of foreign pictures in five image sets, it listed all of them in four
sets, and 0 to 0.7 % of the sets' own; in the fifth they came in a cluster of ten or more, were each other's neighbours
and stayed unseen. Sentences lie so evenly in their space that nothing stood out of three text sets, though foreign
texts ranked high (area under the curve 0.95 to 0.99): look at the top of the ranking there.

Look-alikes: items closer to another one than the set's nearest neighbours usually are. Pixels and words give copies
away while a dataset is read; features see more: the same object again, a mirrored picture, a paraphrase, the updated
story. What counts as close depends on the set (the median cosine of the nearest neighbour is 0.54 among questions, 0.93
among hand signs), so the cut comes from the set itself: Tukey's lower fence on the logarithm of the distances to the
nearest neighbour, lower quartile - 2 × the interquartile range. It listed 11 pairs of 1,200 textures, all by eye one
thing twice or one pattern in two colours; the same white car many times over in 2,500 pictures of CIFAR-10, a known
flaw of that set; and no pair of 1,399 photos of pets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.neighbours import Near, nearest_others

K = 10
#: Interquartile ranges from the quartile to the fence.
OUTLIER_FENCE, LOOK_ALIKE_FENCE = 1.5, 2.0
#: With fewer distances than this, a fence means nothing.
LEAST_OUTLIER_ITEMS, LEAST_LOOK_ALIKE_ITEMS = 4, 50


@dataclass(frozen=True)
class Neighbourhood:
    """What the 10 nearest items of other groups say about each item.

    Shape: distance (n,) mean cosine distance, NaN without neighbours; outlier (n,) bool; own_share (n,) share of
    neighbours with the item's label; majority (n,) their commonest class; majority_share (n,); alone (n,) bool: no
    neighbour carries the label, although the class has more than k items.
    """

    distance: np.ndarray
    outlier: np.ndarray
    own_share: np.ndarray
    majority: np.ndarray
    majority_share: np.ndarray
    alone: np.ndarray


@dataclass(frozen=True)
class LookAlikes:
    """The nearest item of another group, how close it is, and whether closer than the set's fence.

    Shape: nearest (n,) positions, cosine (n,), alike (n,) bool. ``cut``: the cosine above which items are alike.
    """

    nearest: np.ndarray
    cosine: np.ndarray
    alike: np.ndarray
    cut: float


def neighbourhood(
    features: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    k: int = K,
    near: Near | None = None,
) -> Neighbourhood:
    """Distances to, and labels of, each item's nearest neighbours.

    Shape: features (n, d), labels (n,) class indices, groups (n,): items of one group are not each other's neighbours.
    near: at least k of each, where they are known. Raises ProbeError for fewer than two items.
    """
    labels = np.asarray(labels, dtype=np.int64)
    if len(labels) < 2:
        raise ProbeError("Neighbours need at least two items. Give the dataset more items.")
    known_near = near or nearest_others(features, groups, min(k, len(labels) - 1))
    places, closeness = (one[:, :k] for one in known_near)
    known = np.isfinite(closeness)
    n_known = known.sum(axis=1)
    total = np.where(known, 1.0 - closeness, 0.0).sum(axis=1)
    distance = np.where(n_known > 0, total / np.maximum(n_known, 1), np.nan)
    votes = np.zeros((len(labels), int(labels.max()) + 1))
    np.add.at(votes, (np.arange(len(labels))[:, None], labels[places]), known.astype(np.float64))
    votes /= np.maximum(n_known, 1)[:, None]
    own = votes[np.arange(len(labels)), labels]
    enough = (np.bincount(labels)[labels] > k) & (n_known == k)
    return Neighbourhood(distance, far(distance), own, votes.argmax(axis=1), votes.max(axis=1), enough & (own == 0))


def far(distance: np.ndarray) -> np.ndarray:
    """Which distances lie beyond Tukey's fence on the logarithm. Shape: (n,), NaN allowed, to (n,) bool."""
    known = np.isfinite(distance)
    if known.sum() < LEAST_OUTLIER_ITEMS:
        return np.zeros(len(distance), dtype=bool)
    logs = np.log(np.maximum(distance, 1e-6), where=known, out=np.full(len(distance), -np.inf))
    low, high = np.quantile(logs[known], [0.25, 0.75])
    return np.asarray(logs > high + OUTLIER_FENCE * max(high - low, 1e-3))


def look_alikes(features: np.ndarray, groups: np.ndarray | None = None, near: Near | None = None) -> LookAlikes:
    """Items that look like another one. Shape: features (n, d), groups (n,): known copies share one.

    near: at least the nearest of each, where it is known. Raises ProbeError for fewer than two items.
    """
    if len(features) < 2:
        raise ProbeError("Look-alikes need at least two items. Give the dataset more items.")
    places, closeness = near or nearest_others(features, groups, 1)
    nearest, cosine = places[:, 0], closeness[:, 0]
    known = np.isfinite(cosine)
    cut = 1.0
    if known.sum() >= LEAST_LOOK_ALIKE_ITEMS:
        logs = np.log(np.maximum(1.0 - cosine[known], 1e-6))
        low, high = np.quantile(logs, [0.25, 0.75])
        cut = float(1.0 - np.exp(low - LOOK_ALIKE_FENCE * (high - low)))
    return LookAlikes(nearest, cosine, known & (cosine > cut), cut)
