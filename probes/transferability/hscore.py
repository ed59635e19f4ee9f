"""H-score with shrinkage: how much of the features' variation lies between the classes.

Bao et al., "An Information-Theoretic Approach to Transferability in Task Transfer Learning", ICIP 2019; with the
shrunk covariance of Ibrahim, Ponomareva and Mazumder, "Newer is not always better: Rethinking transferability metrics,
their peculiarities, stability and performance", ECML-PKDD 2022, https://arxiv.org/abs/2110.06893 (without it, the score
counts noise as soon as there are as many features as items); intensity by Ledoit and Wolf, "A well-conditioned
estimator for large-dimensional covariance matrices", J. Multivariate Analysis 2004.
"""

from __future__ import annotations

import numpy as np

from probes.heads import single_blas_thread
from probes.transferability.checks import checked


@single_blas_thread()
def h_score(features: np.ndarray, labels: np.ndarray) -> float:
    """(1 - a) trace(S_a^-1 B), between 0 and the number of classes less one.

    S is the covariance of the features, B that of their class means (each item standing for its class), a the
    Ledoit-Wolf intensity and S_a = (1 - a) S + a trace(S)/d I. Shape: features (n, d), labels (n,) class indices of at
    least two classes.
    """
    from scipy.linalg import cho_factor, cho_solve

    features, labels = checked(features, labels)
    n, d = features.shape
    centred = features - features.mean(axis=0)
    covariance = centred.T @ centred / n
    shrinkage = intensity(centred, covariance)
    shrunk = (1 - shrinkage) * covariance
    shrunk.flat[:: d + 1] += max(shrinkage * float(np.trace(covariance)) / d, 1e-12)
    classes, sizes = np.unique(labels, return_counts=True)
    means = np.stack([centred[labels == c].mean(axis=0) for c in classes]) * np.sqrt(sizes / n)[:, None]  # (C, d)
    solved = cho_solve(cho_factor(shrunk), means.T)  # (d, C)
    return (1 - shrinkage) * float(np.sum(means.T * solved))


def intensity(centred: np.ndarray, covariance: np.ndarray) -> float:
    """Ledoit and Wolf's share of the scaled identity, 0 to 1. Shape: centred (n, d), its covariance (d, d).

    As scikit-learn's `ledoit_wolf_shrinkage`, whose two further matrix products took half of the score's time: the sum
    over all entries of (X*X)'(X*X) is the sum over the rows of |x|^4.
    """
    n, d = centred.shape
    scale = float(np.trace(covariance)) / d
    squared = float(np.sum(covariance**2))
    delta = (squared - d * scale**2) / d
    beta = (float(np.sum(np.sum(centred**2, axis=1) ** 2)) / n - squared) / (d * n)
    return float(np.clip(beta / delta, 0.0, 1.0)) if delta > 1e-300 else 0.0
