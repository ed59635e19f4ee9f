"""LogME: the evidence of a Bayesian linear model on the features.

You, Liu, Wang and Long, "LogME: Practical Assessment of Pre-trained Models for Transfer Learning", ICML 2021,
https://arxiv.org/abs/2102.11005; fixed points as in You et al., JMLR 2022, https://jmlr.org/papers/v23/21-1251.html.
"""

from __future__ import annotations

import numpy as np

from probes.heads import single_blas_thread
from probes.transferability.checks import checked

ITERATIONS = 100
#: Eigenvalues below this share of the largest are rounding errors.
RANK = 1e-12


@single_blas_thread()
def logme(features: np.ndarray, labels: np.ndarray) -> float:
    """Maximal log evidence per item, the mean over the classes' one-against-rest targets.

    For one target y: y ~ N(F m, 1/beta), m ~ N(0, 1/alpha), and with A = alpha I + beta F'F, m = beta A^-1 F'y

        log p(y | F) = n/2 log beta + d/2 log alpha - n/2 log 2 pi
                       - beta/2 |F m - y|^2 - alpha/2 |m|^2 - 1/2 log |A|

    at its maximum over alpha and beta, found by MacKay's fixed point in the eigenbasis of F'F.
    Shape: features (n, d), labels (n,) class indices of at least two classes.
    """
    features, labels = checked(features, labels)
    squared, basis = _spectrum(features)
    targets = (labels[:, None] == np.unique(labels)[None, :]).astype(np.float64)
    in_basis = basis.T @ targets  # (rank, C)
    return float(np.mean([_evidence(squared, z, targets[:, c], features.shape[1]) for c, z in enumerate(in_basis.T)]))


def _spectrum(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared singular values (rank,) and left singular vectors (n, rank), from the smaller Gram matrix."""
    from scipy.linalg import eigh

    n, d = features.shape
    values, vectors = eigh(features @ features.T if n <= d else features.T @ features)
    kept = values > RANK * max(values[-1], 1e-300)
    values, vectors = values[kept], vectors[:, kept]
    return values, vectors if n <= d else features @ (vectors / np.sqrt(values))


def _evidence(squared: np.ndarray, z: np.ndarray, target: np.ndarray, dim: int) -> float:
    """Log evidence per item of one target. Shape: squared, z (rank,): squared singular values and U'y; target (n,)."""
    n = len(target)
    alpha, beta = maximised(squared, z, target)
    size, residual = _weights(squared, z, target, alpha / beta)
    log_det = np.log(alpha + beta * squared).sum() + (dim - len(squared)) * np.log(alpha)
    return (
        float(
            n / 2 * np.log(beta)
            + dim / 2 * np.log(alpha)
            - n / 2 * np.log(2 * np.pi)
            - beta / 2 * residual
            - alpha / 2 * size
            - log_det / 2
        )
        / n
    )


def maximised(squared: np.ndarray, z: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """alpha and beta at the fixed point gamma = alpha |m|^2, n - gamma = beta |F m - y|^2.

    gamma = sum beta s^2 / (alpha + beta s^2) counts the directions that the labels determine.
    """
    n, ratio = len(target), 1.0
    alpha = beta = 1.0
    for _ in range(ITERATIONS):
        size, residual = _weights(squared, z, target, ratio)
        gamma = float(np.sum(squared / (ratio + squared)))
        alpha = max(gamma, 1e-12) / max(size, 1e-12)
        beta = max(n - gamma, 1e-12) / max(residual, 1e-12)
        before, ratio = ratio, float(np.clip(alpha / beta, 1e-12, 1e12))
        if abs(np.log(ratio / before)) < 1e-4:
            break
    return alpha, beta


def _weights(squared: np.ndarray, z: np.ndarray, target: np.ndarray, ratio: float) -> tuple[float, float]:
    """|m|^2 and |F m - y|^2 at alpha / beta = `ratio`; the part of y outside the features stays in the residual."""
    size = float(np.sum(squared * z**2 / (squared + ratio) ** 2))
    unreached = max(0.0, float(target @ target - z @ z))
    return size, float(np.sum((z * ratio / (squared + ratio)) ** 2)) + unreached
