"""Whether an item is like those of the training: its distance to the nearest, against their own such distances.

Sun et al., "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022, https://arxiv.org/abs/2204.06507,
with the nearest item and cosine distance; the scale is the training items' own, so that no threshold is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.neighbours import nearest_of, nearest_others

#: An item further away than so much of the training part is from its own nearest is unlike anything in it.
UNLIKE = 0.99


@dataclass(frozen=True)
class Near:
    """The nearest training items, best first, as places in the training features, and how far the first is.

    ``further_than``: the share of training items that are nearer to their own nearest one, 0 to 1.
    """

    places: tuple[int, ...]
    further_than: float

    @property
    def is_unlike(self) -> bool:
        """Whether it is unlike anything in training."""
        return self.further_than >= UNLIKE


def own_similarities(training: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """The similarity of each training item to its nearest one of another group. Shape: (n, d), (n,) to (n,)."""
    return nearest_others(training, groups, k=1)[1][:, 0]


def nearest(items: np.ndarray, training: np.ndarray, own: np.ndarray, k: int = 3) -> list[Near]:
    """How near items are to the training's. Shape: items (m, d), training (n, d), own (n,) as `own_similarities`."""
    near, closeness = nearest_of(items, training, k)
    return [
        Near(tuple(places), float(np.mean(own > first)))
        for places, first in zip(near.tolist(), closeness[:, 0], strict=True)
    ]
