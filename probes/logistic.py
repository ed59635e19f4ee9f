"""Multinomial logistic regression on a spectrum's axes: warm, well conditioned, a few dozen passes.

The Hessian of the loss is at most 1/2 (I - 11'/C) (x) Z'WZ (Böhning, "Multinomial logistic regression algorithm",
Ann. Inst. Statist. Math. 1992, https://doi.org/10.1007/BF00048682). On a spectrum's axes Z'WZ is diagonal, so dividing
every coefficient by its root leaves a problem with a condition number near one for L-BFGS, whatever the features.
"""

from __future__ import annotations

import numpy as np

from probes.lbfgs import minimise

#: Share of the Böhning bound that fits the curvature along the way; only the speed depends on it.
CURVATURE = 0.2
MAX_ITERATIONS = 60
#: Stop once no coefficient's gradient (in the preconditioned scale, per item) is larger.
TOLERANCE = 1e-3
#: Or once an iteration lowers the loss by less, per item.
VALUE_TOLERANCE = 1e-7


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
    penalty = float(penalty)  # a NumPy scalar would turn every float32 below into float64
    (n, r), total = rows.shape, float(weights.sum())
    root = (1.0 / np.sqrt(CURVATURE * power * (n / max(total, 1e-9)) + penalty)).astype(np.float32)
    bias_root = np.float32(1.0 / np.sqrt(CURVATURE * total))
    items = np.arange(n)

    def split(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (C, r), the faster way round for both products, and biases (C,)."""
        return theta[:-n_classes].reshape(n_classes, r) * root, theta[-n_classes:] * bias_root

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        coefficients, bias = split(theta)
        logits = rows @ coefficients.T
        logits += bias
        logits -= logits.max(axis=1, keepdims=True)
        picked = logits[items, labels]
        np.exp(logits, out=logits)
        sums = logits.sum(axis=1, keepdims=True)
        value = float((weights * (np.log(sums[:, 0]) - picked)).sum(dtype=np.float64))
        value += 0.5 * penalty * float(np.vdot(coefficients, coefficients))
        logits /= sums
        logits[items, labels] -= 1.0
        logits *= weights[:, None]
        slope = (logits.T @ rows + penalty * coefficients) * root
        return value, np.concatenate([slope.ravel(), logits.sum(axis=0) * bias_root])

    begin = np.zeros(n_classes * (r + 1), dtype=np.float32)
    if start is not None:
        begin = np.concatenate([(start[0].T / root).ravel(), start[1] / bias_root]).astype(np.float32)
    found = minimise(loss, begin, tolerance * np.sqrt(total), VALUE_TOLERANCE * total, MAX_ITERATIONS)
    coefficients, bias = split(found)
    return coefficients.T, bias
