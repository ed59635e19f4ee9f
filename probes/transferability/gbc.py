"""GBC: how much the classes overlap, each modelled as a spherical Gaussian.

Pándy et al., "Transferability Estimation using Bhattacharyya Class Separability", CVPR 2022,
https://arxiv.org/abs/2111.12780. Chosen as the measure of class separability over silhouettes (quadratic in the
items, and blind to classes that only a linear head separates) and over Fisher's ratio (which the H-score already is).
"""

from __future__ import annotations

import numpy as np

from probes.heads import single_blas_thread
from probes.transferability.checks import checked

#: Principal components kept, as in the paper.
COMPONENTS = 64


@single_blas_thread()
def gbc(features: np.ndarray, labels: np.ndarray, components: int = COMPONENTS) -> float:
    """Minus the sum of exp(-D_B(i, j)) over ordered pairs of classes; at most 0, which means no overlap.

    On the first principal components (k of them), with class means m and variances v (one for all directions):
    D_B = |m_i - m_j|^2 / (8 v) + k/2 log(v / sqrt(v_i v_j)), v = (v_i + v_j) / 2.
    Shape: features (n, d), labels (n,) class indices of at least two classes.
    """
    features, labels = checked(features, labels)
    reduced = _principal(features, components)
    classes, own = np.unique(labels, return_inverse=True)
    means = np.stack([reduced[own == c].mean(axis=0) for c in range(len(classes))])
    squares = ((reduced - means[own]) ** 2).mean(axis=1)  # (n,)
    sizes = np.bincount(own)
    spread = np.bincount(own, weights=squares) / np.maximum(sizes - 1, 1)
    pooled = max(float(squares.sum()) / max(len(own) - len(classes), 1), 1e-12)
    spread = np.maximum(np.where(sizes > 1, spread, pooled), 1e-6 * pooled)  # a single item has no spread
    apart = ((means[:, None] - means[None]) ** 2).sum(axis=2)
    both = (spread[:, None] + spread[None]) / 2
    shape = np.log(both) - (np.log(spread)[:, None] + np.log(spread)[None]) / 2
    overlap = np.exp(-(apart / (8 * both) + reduced.shape[1] / 2 * shape))
    return -float(overlap.sum() - np.trace(overlap))


def _principal(features: np.ndarray, components: int) -> np.ndarray:
    """The centred features on their first principal components. Shape: (n, d) to (n, min(components, n, d))."""
    from scipy.linalg import eigh

    centred = features - features.mean(axis=0)
    n, d = centred.shape
    kept = min(components, n, d)
    if n < d:
        values, vectors = eigh(centred @ centred.T, subset_by_index=[n - kept, n - 1])
        scaled: np.ndarray = vectors * np.sqrt(np.maximum(values, 0))
        return scaled
    _, axes = eigh(centred.T @ centred, subset_by_index=[d - kept, d - 1])
    projected: np.ndarray = centred @ axes
    return projected
