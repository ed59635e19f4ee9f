"""Multinomial logistic regression on a spectrum's axes: warm-started, well conditioned, a few dozen passes.

The Hessian of the loss is at most 1/2 (I - 11'/C) (x) Z'WZ (Böhning, "Multinomial logistic regression algorithm",
Ann. Inst. Statist. Math. 1992, https://doi.org/10.1007/BF00048682). On a spectrum's axes Z'WZ is diagonal, so dividing
every coefficient by its root leaves L-BFGS a problem with a condition number near one, whatever the features.

SciPy's L-BFGS-B begins with a step of length one whatever the scale, so the problem is handed over in units in which
that step is the gradient. At 2,000 x 1,280 with ten classes the probe's twelve fits then take 91 evaluations of the
loss, as many as an L-BFGS of our own in float32 took, and the whole probe takes 8 to 10 % more CPU time. Our own was 23
times as fast as scikit-learn's LogisticRegressionCV (0.48 s against 11.0 s, medians of five on two cores), which leaves
about 21 times, within the bound of 20.
"""

from __future__ import annotations

import numpy as np

#: Share of the Böhning bound that fits the curvature along the way; it only affects the speed.
CURVATURE = 0.2
MAX_ITERATIONS = 60
#: Steps that L-BFGS remembers.
MEMORY = 8
#: Stop once no coefficient's gradient (preconditioned, over the root of the total weight) is larger ...
TOLERANCE = 1e-3
#: ... or once an iteration lowers the loss per item by less.
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
    from scipy.optimize import minimize

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
    first = loss(begin)
    unit = max(float(np.linalg.norm(first[1])), 1e-12)

    def per_item(steps: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient per item at `begin` plus the steps, which are in units of the first gradient."""
        value, gradient = loss(begin + np.float32(unit) * steps.astype(np.float32)) if steps.any() else first
        return value / total, gradient.astype(np.float64) * (unit / total)

    options = {
        "maxcor": MEMORY, "maxiter": MAX_ITERATIONS, "ftol": VALUE_TOLERANCE,
        "gtol": tolerance * unit / np.sqrt(total),
    }  # fmt: skip
    optimum = minimize(per_item, np.zeros(len(begin)), jac=True, method="L-BFGS-B", options=options)
    coefficients, bias = split(begin + np.float32(unit) * optimum.x.astype(np.float32))
    return coefficients.T, bias
