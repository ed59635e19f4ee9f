"""A linear probe of several labels: one eigendecomposition serves every label, strength and fold.

Ridge is exact with each fold left out (`probes.ridge`), for all labels at once, and each label takes the strength of
its own least squared error. Logistic regression, one label against the rest, starts from it and is fitted for all
labels together; the better of the two by held-out log loss is the recipe. Every score becomes a probability by a
logistic curve of its own on held-out items (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from probes.folds import assign_folds
from probes.heads import Head, Recipe, single_blas_thread
from probes.interval import TRAINED
from probes.linear import PENALTY_SHARES, STRENGTHS
from probes.logistic import CURVATURE
from probes.measured import Measured
from probes.multilabel.scores import cross_fitted, measured_f1, thresholds_of
from probes.ridge import Spectrum, ridge_path, spectrum

#: The logit of a label that no training item has.
ABSENT = -20.0
MOST_STEPS = 60


@dataclass(frozen=True)
class LabelsProbe:
    """What the probe measured, out of fold.

    Shape: probability, predicted (n, L), thresholds (L,), fold_of (n,). ``loss``: of the probabilities, per item and
    label. ``recipe`` is for `fit_labels`; ``n_fit``: items that each fold's model learned from.
    """

    measured: Measured
    recipe: Recipe
    probability: np.ndarray
    predicted: np.ndarray
    thresholds: np.ndarray
    fold_of: np.ndarray
    loss: float
    n_fit: int


@single_blas_thread()
def labels_probe(
    features: np.ndarray,
    targets: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
    methods: tuple[str, ...] = ("ridge", "logistic"),
) -> LabelsProbe:
    """Cross-validate ridge and logistic regression on all labels.

    Shape: features (n, d), targets (n, L) of 0 and 1, strata (n,) integers that the folds share evenly, groups (n,):
    items of one group share a fold. Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    y = np.asarray(targets, dtype=np.float32)
    fold_of = assign_folds(strata, groups, folds, seed)
    axes = spectrum(features)
    strengths, left_out = _best_ridge(axes, y, fold_of)
    strength = float(np.exp(np.median(np.log(strengths))))
    candidates: dict[Recipe, np.ndarray] = {}
    if "ridge" in methods:
        candidates[Recipe("ridge", strength)] = _left_out_probability(left_out, y, fold_of)
    if "logistic" in methods:
        candidates |= _logistic_candidates(axes, y, fold_of, strength)
    losses = {recipe: log_loss(probability, y) for recipe, probability in candidates.items()}
    recipe = min(losses, key=lambda one: losses[one])
    probability = candidates[recipe]
    predicted = cross_fitted(y, probability, fold_of)
    n_folds = int(fold_of.max()) + 1
    return LabelsProbe(
        measured=measured_f1(y, predicted, time.monotonic() - started, TRAINED),
        recipe=recipe,
        probability=probability,
        predicted=predicted,
        thresholds=thresholds_of(y, probability),
        fold_of=fold_of,
        loss=losses[recipe],
        n_fit=round(len(y) * (1 - 1 / n_folds)),
    )


@single_blas_thread()
def fit_labels(features: np.ndarray, targets: np.ndarray, recipe: Recipe) -> Head:
    """The head on all items: logits whose sigmoid is each label's probability. Shape: features (n, d), targets (n, L).

    A label that no item has never reaches a threshold.
    """
    y = np.asarray(targets, dtype=np.float32)
    axes = spectrum(features)
    if recipe.method == "ridge":
        strengths, left_out = _best_ridge(axes, y, np.arange(len(y)) % 10)
        path = ridge_path(axes, y, strengths)
        own = np.arange(y.shape[1])
        slope, shift = platt(left_out, y)
        coefficients = path.coefficients[own, :, own].T * slope
        bias = path.intercept * slope + shift
    else:
        coefficients, bias = fit_binary(axes.rows, y, axes.power, recipe.penalty)
    weight = (axes.axes @ coefficients).T / axes.scale
    bias = bias - weight @ axes.centre
    there = y.sum(axis=0) > 0
    weight, bias = np.where(there[:, None], weight, 0.0), np.where(there, bias, ABSENT)
    return Head(weight.astype(np.float32), bias.astype(np.float32))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, each by itself."""
    from scipy.special import expit

    probability: np.ndarray = expit(np.asarray(logits, dtype=np.float32))
    return probability


def log_loss(probability: np.ndarray, targets: np.ndarray) -> float:
    """Mean of -log p of what is true of each item and label. Shape: (n, L) twice."""
    p = np.clip(np.where(np.asarray(targets) > 0, probability, 1.0 - probability), 1e-7, 1.0)
    return float(-np.log(p).mean())


def platt(scores: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(slope, shift) of each label's logistic curve of its scores, with Platt's targets. Shape: (n, L) twice to (L,).

    A label that no item has, or every one, keeps the slope 1 and a shift that says so.
    """
    slopes, shifts = np.ones(scores.shape[1]), np.zeros(scores.shape[1])
    for c in range(scores.shape[1]):
        truth, own = targets[:, c] > 0, scores[:, c].astype(np.float64)
        n_with, n_without = int(truth.sum()), int((~truth).sum())
        if not n_with or not n_without:
            shifts[c] = ABSENT if not n_with else -ABSENT
            continue
        wanted = np.where(truth, (n_with + 1) / (n_with + 2), 1 / (n_without + 2))
        slopes[c], shifts[c] = _newton(own, wanted)
    return slopes, shifts


def fit_binary(
    rows: np.ndarray, targets: np.ndarray, power: np.ndarray, penalty: float, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Minimise the sum over labels of sum_i BCE(sigmoid(z_i g + b), y_i) + penalty / 2 |g|^2; (G, b).

    Shape: rows (n, r) on a spectrum's axes, power (r,), targets (n, L), weights (n, L) or None, to (r, L), (L,).
    Preconditioned as `probes.logistic`: the Hessian is at most 1/4 Z'Z.
    """
    from scipy.optimize import minimize

    z, y = np.asarray(rows, dtype=np.float32), np.asarray(targets, dtype=np.float32)
    (n, r), n_labels = z.shape, y.shape[1]
    root = (1.0 / np.sqrt(CURVATURE * power + penalty)).astype(np.float32)[:, None]
    bias_root = np.float32(1.0 / np.sqrt(CURVATURE * n))

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        inner = theta.astype(np.float32).reshape(r + 1, n_labels)
        g, b = inner[:-1] * root, inner[-1] * bias_root
        logits = z @ g + b
        each = np.logaddexp(0.0, logits) - y * logits
        slope = sigmoid(logits) - y
        if weights is not None:
            each, slope = each * weights, slope * weights
        value = float(each.sum(dtype=np.float64)) + 0.5 * penalty * float(np.vdot(g, g))
        down = np.concatenate([(z.T @ slope + penalty * g) * root, slope.sum(axis=0)[None] * bias_root])
        return value / n, down.ravel().astype(np.float64) / n

    rate = np.clip(y.mean(axis=0), 1e-3, 1 - 1e-3)
    begin = np.zeros((r + 1, n_labels), dtype=np.float64)
    begin[-1] = np.log(rate / (1 - rate)) / bias_root
    options = {"maxcor": 8, "maxiter": MOST_STEPS, "ftol": 1e-7, "gtol": 1e-6}
    found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options).x.reshape(r + 1, n_labels)
    return (found[:-1] * root).astype(np.float32), (found[-1] * bias_root).astype(np.float32)


def _best_ridge(axes: Spectrum, targets: np.ndarray, fold_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(strength of the least squared error of each label, its scores with folds left out). Shape: (L,), (n, L)."""
    path = ridge_path(axes, targets, STRENGTHS, fold_of).left_out
    errors = ((path - targets) ** 2).mean(axis=1)  # (A, L)
    best = errors.argmin(axis=0)
    return STRENGTHS[best], path[best, :, np.arange(targets.shape[1])].T


def _left_out_probability(scores: np.ndarray, targets: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Each fold's probabilities by the curves of the other folds. Shape: (n, L)."""
    probability = np.empty_like(scores, dtype=np.float32)
    for fold in np.unique(fold_of):
        own = fold_of == fold
        slope, shift = platt(scores[~own], targets[~own])
        probability[own] = sigmoid(scores[own] * slope + shift)
    return probability


def _logistic_candidates(
    axes: Spectrum, targets: np.ndarray, fold_of: np.ndarray, strength: float
) -> dict[Recipe, np.ndarray]:
    candidates = {Recipe("logistic", strength * share): np.zeros(targets.shape, np.float32) for share in PENALTY_SHARES}
    for fold in np.unique(fold_of):
        own = fold_of == fold
        for recipe, probability in candidates.items():
            g, b = fit_binary(axes.rows[~own], targets[~own], axes.power, recipe.penalty)
            probability[own] = sigmoid(axes.rows[own] @ g + b)
    return candidates


def _newton(scores: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """The logistic curve of least log loss by Newton's method, damped. Shape: (n,) twice."""
    from scipy.special import expit

    centre, scale = float(scores.mean()), float(scores.std()) or 1.0
    x = (scores - centre) / scale
    mean = float(wanted.mean())
    slope, shift = 1.0, float(np.log(mean / (1 - mean)))
    for _ in range(50):
        p = expit(slope * x + shift)
        w = np.maximum(p * (1 - p), 1e-6)
        gradient = np.array([(p - wanted) @ x + 1e-3 * slope, (p - wanted).sum()])
        hessian = np.array([[w @ (x * x) + 1e-3, w @ x], [w @ x, w.sum()]])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        slope, shift = slope - float(step[0]), shift - float(step[1])
        if np.abs(step).max() < 1e-6:
            break
    slope = max(slope, 0.0)  # a curve that falls would turn the order round
    return slope / scale, shift - slope * centre / scale
