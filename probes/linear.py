"""The linear probe: multinomial logistic regression on frozen features, cross-validated.

Decisions, with what decided them:
- One BLAS thread per fit and folds side by side in Python threads: on two busy cores two BLAS threads took 11.5 s
  where one took 0.7 s (500 items, 1,280 features, 10 classes), because waiting threads spin.
- Strength of regularisation from four decades on standardised features; on five image sets the best was always
  inside them. A fold's items are predicted with the strength that was best on the *other* folds, so that choosing
  among strengths does not flatter the number.
"""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from probes.folds import assign_folds, stratified_subset
from probes.interval import measured_score, score
from probes.measured import Measured

#: L2 penalties in the order tried, each starting from the solution before; time may end the list early.
STRENGTHS = (100.0, 10.0, 1000.0, 1.0)
SECONDS = 8.0
MAX_ITERATIONS = 120
#: A class without training items gets this logit, where the others' mean is 0: it never wins, and stays finite.
ABSENT_LOGIT = -20.0
#: Strengths within this much of the best score count as equal; the smaller log loss decides, for honest probabilities.
EQUAL_SCORES = 0.003


@dataclass(frozen=True)
class Head:
    """A linear layer on raw features: logits = features @ weight.T + bias. Shape: weight (C, d), bias (C,), float32."""

    weight: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Logits (n, C) float32 of features (n, d)."""
        result: np.ndarray = np.asarray(features, dtype=np.float32) @ self.weight.T + self.bias
        return result

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Class probabilities (n, C) float32 of features (n, d)."""
        return softmax(self.logits(features))


@dataclass(frozen=True)
class LinearProbe:
    """What the linear probe measured, out of fold.

    Shape: oof_predicted (n,), oof_probability (n, C), per_class (C,) recall, NaN for classes that do not occur.
    ``regularisation`` is the L2 penalty to give `fit_head`; ``n_fit`` the items each fold's model was trained on.
    """

    measured: Measured
    regularisation: float
    oof_predicted: np.ndarray
    oof_probability: np.ndarray
    per_class: np.ndarray
    n_fit: int
    folds: int


def linear_probe(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
    seconds_limit: float | None = None,
    n_classes: int | None = None,
) -> LinearProbe:
    """Cross-validate a linear probe over several strengths of regularisation.

    Shape: features (n, d) float32, labels (n,) class indices, groups (n,): items of one group share a fold.
    `seconds_limit` (default 8): large problems train each fold on a stratified subset and try fewer strengths; every
    item is still predicted once. Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    classes = n_classes or int(labels.max()) + 1
    limit = SECONDS if seconds_limit is None else max(seconds_limit, 0.5)
    fold_of = assign_folds(labels, groups, folds, seed)
    n_folds = int(fold_of.max()) + 1
    with _quiet_single_thread():
        problems = _problems(features, labels, fold_of, metric != "accuracy", classes, limit, seed)
        tried = _try_strengths(problems, len(labels), classes, started + limit)
    predicted, probability = _out_of_fold(tried, labels, fold_of, metric, classes)
    return LinearProbe(
        measured=measured_score(metric, labels, predicted, classes, time.monotonic() - started),
        regularisation=_best(tried, np.arange(len(labels)), labels, metric, classes),
        oof_predicted=predicted,
        oof_probability=probability,
        per_class=recalls(labels, predicted, classes),
        n_fit=round(float(np.mean([len(problem.train) for problem in problems]))),
        folds=n_folds,
    )


def fit_head(features: np.ndarray, labels: np.ndarray, regularisation: float, balanced: bool, n_classes: int) -> Head:
    """Fit the linear layer on all items, standardisation folded in. Classes without an item get one that never wins.

    Shape: features (n, d), labels (n,) class indices below `n_classes`. `balanced` weighs classes alike.
    """
    labels = np.asarray(labels, dtype=np.int64)
    present = np.unique(labels)
    features = np.asarray(features, dtype=np.float32)
    if len(present) < 2:
        weight = np.zeros((n_classes, features.shape[1]), dtype=np.float32)
        bias = np.full(n_classes, ABSENT_LOGIT, dtype=np.float32)
        bias[present] = 0.0
        return Head(weight, bias)
    centre, scale = _standard(features)
    with _quiet_single_thread():
        model = _model(balanced).set_params(C=1.0 / regularisation)
        model.fit((features - centre) / scale, labels)
    return _folded(model, centre, scale, n_classes)


def recalls(labels: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Recall of each class, NaN where it does not occur. Shape: labels, predicted (n,) to (C,)."""
    total = np.bincount(labels, minlength=n_classes)
    right = np.bincount(labels[labels == predicted], minlength=n_classes)
    return np.where(total > 0, right / np.maximum(total, 1), np.nan)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits, row by row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = shifted / shifted.sum(axis=1, keepdims=True)
    return result


@dataclass(eq=False)
class _Problem:
    """One fold: a warm model, its training rows and the rows it is asked about."""

    features: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    held_out: np.ndarray
    balanced: bool
    n_classes: int
    model: Any = None

    def solve(self, regularisation: float) -> np.ndarray:
        """Probabilities (held out, C) at one strength, going on from the last one's solution."""
        labels = self.labels[self.train]
        if len(np.unique(labels)) < 2:
            head = fit_head(self.features[self.train], labels, regularisation, self.balanced, self.n_classes)
            return head.probabilities(self.features[self.held_out])
        rows = self.features[self.train]
        centre, scale = _standard(rows)
        if self.model is None:
            self.model = _model(self.balanced)
        self.model.set_params(C=1.0 / regularisation).fit((rows - centre) / scale, labels)
        return _folded(self.model, centre, scale, self.n_classes).probabilities(self.features[self.held_out])


def _problems(
    features: np.ndarray,
    labels: np.ndarray,
    fold_of: np.ndarray,
    balanced: bool,
    n_classes: int,
    limit: float,
    seed: int,
) -> list[_Problem]:
    """One problem per fold, trained on a stratified subset where the whole would not fit half the limit."""
    features = np.asarray(features, dtype=np.float32)
    n_folds = int(fold_of.max()) + 1
    affordable = _affordable_rows(features.shape[1], n_classes, n_folds, limit / 2)
    problems = []
    for fold in range(n_folds):
        train = np.flatnonzero(fold_of != fold)
        train = train[stratified_subset(labels[train], affordable, seed)]
        problems.append(_Problem(features, labels, train, np.flatnonzero(fold_of == fold), balanced, n_classes))
    return problems


def _affordable_rows(dim: int, n_classes: int, n_folds: int, seconds: float) -> int:
    """Training rows whose `n_folds` cold fits take about `seconds` here, from a timed product of that shape."""
    rng = np.random.default_rng(0)
    rows, weight = rng.random((512, dim), dtype=np.float32), rng.random((dim, n_classes), dtype=np.float32)
    elapsed = min(_seconds_of(lambda: rows.T @ (rows @ weight)) for _ in range(3))
    per_row = elapsed / 512 + 2e-8 * n_classes  # the exponentials
    rounds = -(-n_folds // _workers())
    return max(200, int(seconds / (rounds * 40 * per_row)))


def _seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _try_strengths(problems: list[_Problem], n: int, n_classes: int, deadline: float) -> dict[float, np.ndarray]:
    """Out-of-fold probabilities (n, C) for each strength tried; the first always, more while time lasts."""
    tried: dict[float, np.ndarray] = {}
    slowest = 0.0
    with ThreadPoolExecutor(min(_workers(), len(problems)), thread_name_prefix="fold") as pool:
        for strength in STRENGTHS:
            started = time.monotonic()
            if tried and started + slowest > deadline:
                break
            probability = np.zeros((n, n_classes), dtype=np.float32)
            answers = pool.map(lambda problem, strength=strength: problem.solve(strength), problems)
            for problem, answer in zip(problems, answers, strict=True):
                probability[problem.held_out] = answer
            tried[strength] = probability
            slowest = max(slowest, time.monotonic() - started)
    return tried


def _out_of_fold(
    tried: dict[float, np.ndarray], labels: np.ndarray, fold_of: np.ndarray, metric: str, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Each fold's predictions with the strength that was best on the other folds. Shape: (n,), (n, C)."""
    probability = np.empty_like(next(iter(tried.values())))
    for fold in np.unique(fold_of):
        strength = _best(tried, np.flatnonzero(fold_of != fold), labels, metric, n_classes)
        probability[fold_of == fold] = tried[strength][fold_of == fold]
    return probability.argmax(axis=1), probability


def _best(tried: dict[float, np.ndarray], rows: np.ndarray, labels: np.ndarray, metric: str, n_classes: int) -> float:
    """The strength with the best score on `rows`; among equals the one with the smallest log loss."""
    scores = {s: score(metric, labels[rows], p[rows].argmax(axis=1), n_classes) for s, p in tried.items()}
    top = max(scores.values())
    equal = [strength for strength, value in scores.items() if value >= top - EQUAL_SCORES]

    def log_loss(strength: float) -> float:
        right = tried[strength][rows, labels[rows]]
        return float(-np.log(np.maximum(right, 1e-7)).mean())

    return min(equal, key=log_loss)


def _standard(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature; a constant feature keeps its scale. Shape: (d,), (d,)."""
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    return centre, np.where(scale > 1e-6, scale, 1.0).astype(np.float32)


def _model(balanced: bool) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        max_iter=MAX_ITERATIONS, tol=1e-3, warm_start=True, class_weight="balanced" if balanced else None
    )


def _folded(model: Any, centre: np.ndarray, scale: np.ndarray, n_classes: int) -> Head:
    """The fitted model as a layer on raw features, logits centred so that an absent class's cannot be the largest."""
    coefficients, intercepts = np.asarray(model.coef_, np.float64), np.asarray(model.intercept_, np.float64)
    if len(coefficients) == 1:  # two classes: scikit-learn keeps the second one's log odds only
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercepts = np.concatenate([-intercepts, intercepts]) / 2
    coefficients = (coefficients - coefficients.mean(axis=0)) / scale
    intercepts = intercepts - intercepts.mean() - coefficients @ centre
    weight = np.zeros((n_classes, coefficients.shape[1]), dtype=np.float32)
    bias = np.full(n_classes, ABSENT_LOGIT, dtype=np.float32)
    weight[model.classes_], bias[model.classes_] = coefficients, intercepts
    return Head(weight, bias)


@contextlib.contextmanager
def _quiet_single_thread() -> Iterator[None]:
    """One BLAS thread, and no convergence warnings: a fit cut at its last iteration is what we ask for."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
