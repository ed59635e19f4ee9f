"""Look-alikes: items whose features lie closer to another's than the set's own nearest neighbours ever do.

Copies that pixels or words give away are found while a dataset is read. Features see more: the same object again, a
mirrored picture, a paraphrase, the updated story. What is close depends on the set (the nearest neighbour's cosine has
the median 0.54 among questions, 0.93 among hand signs), so the cut is taken from the set itself: Tukey's lower fence
on the logarithm of the distances to the nearest neighbour, lower quartile - 2 x the interquartile range. With it 11
pairs of 1,200 textures were listed, all one thing twice by eye or one pattern in two colours; the same white car many
times over in 2,500 pictures of CIFAR-10 (a known flaw of that set); no pair of 1,399 photos of pets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.neighbours import nearest_others

FENCE = 2.0
#: Fewer items than this have no distribution of distances worth a fence.
LEAST_ITEMS = 50


@dataclass(frozen=True)
class LookAlikes:
    """The nearest item of another group, how close it is, and whether closer than the set's fence.

    Shape: nearest (n,) positions, cosine (n,), alike (n,) bool. ``cut``: the cosine from which items are alike.
    """

    nearest: np.ndarray
    cosine: np.ndarray
    alike: np.ndarray
    cut: float


def look_alikes(features: np.ndarray, groups: np.ndarray | None = None) -> LookAlikes:
    """Find items that look like another one. Shape: features (n, d), groups (n,): known copies share one.

    Raises ProbeError for fewer than two items.
    """
    if len(features) < 2:
        raise ProbeError("Look-alikes need at least two items. Give the dataset more items.")
    near, closeness = nearest_others(features, groups, 1)
    nearest, cosine = near[:, 0], closeness[:, 0]
    known = np.isfinite(cosine)
    cut = 1.0
    if known.sum() >= LEAST_ITEMS:
        logs = np.log(np.maximum(1.0 - cosine[known], 1e-6))
        low, high = np.quantile(logs, [0.25, 0.75])
        cut = float(1.0 - np.exp(low - FENCE * (high - low)))
    return LookAlikes(nearest, cosine, known & (cosine > cut), cut)
