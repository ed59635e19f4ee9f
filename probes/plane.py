"""Features as points of the plane: principal components at once, UMAP where it is installed.

UMAP: McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction", 2018
(https://arxiv.org/abs/1802.03426), by the package umap-learn. It keeps neighbours together; distances between groups
mean little. Principal components keep the large distances and squeeze what is many-sided into one heap.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec

import numpy as np

from probes.neighbours import unit_rows

SEED = 0
#: UMAP of fewer rows fails: it looks for more directions than there are.
FEWEST = 10


def has_umap() -> bool:
    """Whether umap-learn is installed; it is not imported."""
    return find_spec("umap") is not None


def principal_plane(features: np.ndarray) -> np.ndarray:
    """The first two principal components of the rows, each scaled to length 1. Shape: (n, d) to (n, 2) float32.

    By the eigenvectors of the covariance, d × d, so that the time grows with n only as a product of matrices does.
    """
    unit = unit_rows(features)
    centred = unit - unit.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    plane = centred @ vectors[:, ::-1][:, :2]
    if plane.shape[1] < 2:  # a single feature
        plane = np.hstack([plane, np.zeros_like(plane)])
    largest = plane[np.abs(plane).argmax(axis=0), [0, 1]]
    return np.asarray(plane * np.where(largest < 0, -1.0, 1.0), dtype=np.float32)  # the same side up every time


def umap_plane(features: np.ndarray) -> np.ndarray:
    """UMAP of the rows by cosine, the same for the same rows. Shape: (n, d) to (n, 2) float32.

    Of fewer than `FEWEST` rows it is the principal plane. Raises ModuleNotFoundError where umap-learn is not installed.
    """
    if len(features) < FEWEST:
        return principal_plane(features)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what it does without, and about single points far from all others
        import umap

        made = umap.UMAP(metric="cosine", random_state=SEED, n_jobs=1, n_neighbors=min(15, len(features) - 1))
        found = made.fit_transform(unit_rows(features))
    return np.asarray(found, dtype=np.float32)
