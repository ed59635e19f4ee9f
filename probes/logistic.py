"""Multinomial logistic regression on a spectrum's axes: warm, well conditioned, a few dozen passes.

The Hessian of the loss is at most 1/2 (I - 11'/C) (x) Z'WZ (Böhning, "Multinomial logistic regression algorithm",
Ann. Inst. Statist. Math. 1992, https://doi.org/10.1007/BF00048682). On a spectrum's axes Z'WZ is diagonal, so dividing
every coefficient by its root leaves a problem with a condition number near one for L-BFGS, whatever the features.
"""

from __future__ import annotations

import numpy as np

#: Share of the Böhning bound that fits the curvature along the way; only the speed depends on it.
CURVATURE = 0.15
MAX_ITERATIONS = 60
#: Stop once no coefficient's gradient (in the preconditioned scale, per item) is larger.
TOLERANCE = 1e-3


def fit_logistic(
    rows: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    power: np.ndarray,
    penalty: float,
    n_classes: int,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    tolerance: float = TOLERANCE,
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise sum_i w_i CE(softmax(z_i G + b), y_i) + penalty / 2 |G|^2; returns (G, b).

    Shape: rows (n, r), labels, weights (n,), power (r,) to (r, C), (C,) float32. `start` is a (G, b) to begin with.
    """
    from scipy.optimize import minimize

    n, r = rows.shape
    root = (1.0 / np.sqrt(CURVATURE * power * (n / max(float(weights.sum()), 1e-9)) + penalty)).astype(np.float32)
    bias_root = np.float32(1.0 / np.sqrt(CURVATURE * float(weights.sum())))
    hot = np.zeros((n, n_classes), dtype=np.float32)
    hot[np.arange(n), labels] = 1.0
    total = float(weights.sum())

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        theta = flat.reshape(r + 1, n_classes).astype(np.float32)
        coefficients = theta[:r] * root[:, None]
        logits = rows @ coefficients
        logits += theta[r] * bias_root
        logits -= logits.max(axis=1, keepdims=True)
        picked = logits[np.arange(n), labels].copy()
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1, keepdims=True)
        value = float(weights @ (np.log(sums[:, 0]) - picked)) + 0.5 * penalty * float((coefficients**2).sum())
        logits /= sums
        logits -= hot
        logits *= weights[:, None]
        gradient = np.empty_like(theta)
        gradient[:r] = (rows.T @ logits + penalty * coefficients) * root[:, None]
        gradient[r] = logits.sum(axis=0) * bias_root
        return value / total, (gradient / total).ravel().astype(np.float64)

    begin = np.zeros((r + 1, n_classes))
    if start is not None:
        begin[:r] = start[0] / root[:, None]
        begin[r] = start[1] / bias_root
    options = {"maxiter": MAX_ITERATIONS, "maxcor": 8, "gtol": tolerance / np.sqrt(total), "ftol": 1e-7}
    solved = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options).x
    theta = solved.reshape(r + 1, n_classes).astype(np.float32)
    return theta[:r] * root[:, None], theta[r] * bias_root
