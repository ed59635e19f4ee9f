"""The linear probe: a linear layer on frozen features, cross-validated, with its regularisation found exactly.

Three steps, all on one eigendecomposition of the standardised features:
1. Ridge at eleven strengths with every item left out exactly (`probes.ridge`); the strength a of the least squared
   error says how much regularisation this data wants.
2. Out of fold, four candidates: that ridge, and multinomial logistic regression at penalties a, 0.2 a and 0.04 a, each
   started from the one before (`probes.logistic`). On nine sets the best logistic penalty was always among them; ridge
   was the better head by a point on trec6, logistic by one on wbc.
3. A fold's items are predicted with the candidate that was best on the *other* folds, so that the choice among them
   does not flatter the number.

Features are standardised and rotated on all items, held-out ones included; no label takes part in that. Each fit has
one BLAS thread, and folds run side by side: on two busy cores, two BLAS threads took ten times as long as one, because
waiting threads spin.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from probes.device import usable_cores
from probes.folds import assign_folds, stratified_subset
from probes.heads import Recipe, class_weights, log_loss, one_hot, recalls, single_blas_thread, softmax, temperature
from probes.interval import TRAINED, measured_score, score
from probes.logistic import fit_logistic
from probes.measured import Measured
from probes.ridge import Spectrum, ridge_path, spectrum

#: Ridge strengths on standardised features, half a decade apart; on twelve sets the best was always within them.
STRENGTHS = 10.0 ** np.arange(0.0, 5.1, 0.5)
#: Logistic penalties tried, as shares of the best ridge strength.
PENALTY_SHARES = (1.0, 0.2, 0.04)
#: Fits that only compare recipes stop earlier than the head's: a third fewer passes, the same value on six sets.
FOLD_TOLERANCE = 3e-3
SECONDS = 8.0
#: Candidates within this much of the best score count as equal; the smaller log loss decides, for honest probabilities.
EQUAL_SCORES = 0.003


@dataclass(frozen=True)
class LinearProbe:
    """What the linear probe measured, out of fold.

    Shape: oof_predicted (n,), oof_probability (n, C), per_class (C,) recall, NaN for classes that do not occur.
    ``recipe`` is for `fit_head`; ``n_fit`` counts the items that each fold's model was trained on. ``axes``: the
    features on their principal axes, for whoever goes on with them; None where only some of the items were trained on.
    """

    measured: Measured
    recipe: Recipe
    oof_predicted: np.ndarray
    oof_probability: np.ndarray
    per_class: np.ndarray
    n_fit: int
    folds: int
    axes: Spectrum | None = field(default=None, repr=False, compare=False)


def linear_probe(
    features: np.ndarray,
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
    seconds_limit: float | None = None,
    n_classes: int | None = None,
    axes: Spectrum | None = None,
) -> LinearProbe:
    """Cross-validate a linear probe over methods and strengths of regularisation.

    Shape: features (n, d) float32, labels (n,) class indices, groups (n,): items of one group share a fold.
    `seconds_limit` (default 8): in a large problem, each fold is trained on a stratified subset; every item is still
    predicted once. axes: of these features, where a probe has computed them; taken where its weights were the same.
    Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    classes = n_classes or int(labels.max()) + 1
    fold_of = assign_folds(labels, groups, folds, seed)
    limit = SECONDS if seconds_limit is None else max(seconds_limit, 0.5)
    with single_blas_thread():
        problem = _problem(features, labels, classes, metric != "accuracy", limit, seed, axes)
        candidates = _candidates(problem, fold_of, groups)
    predicted, probability = _out_of_fold(candidates, labels, fold_of, metric, classes)
    return LinearProbe(
        measured=measured_score(metric, labels, predicted, classes, time.monotonic() - started, design_effect=TRAINED),
        recipe=_best(candidates, np.arange(len(labels)), labels, metric, classes),
        oof_predicted=predicted,
        oof_probability=probability,
        per_class=recalls(labels, predicted, classes),
        n_fit=round(len(problem.fitted) * (1.0 - 1.0 / (int(fold_of.max()) + 1))),
        folds=int(fold_of.max()) + 1,
        axes=problem.axes if problem.whole else None,
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """The items on their principal axes. Shape: rows (n, r) of all items, `fitted` (m,) positions used for training."""

    axes: Spectrum
    rows: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    fitted: np.ndarray
    n_classes: int

    @property
    def whole(self) -> bool:
        """Whether the models learn from every item (of the other folds)."""
        return len(self.fitted) == len(self.labels)


def _problem(
    features: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    balanced: bool,
    limit: float,
    seed: int,
    known: Spectrum | None,
) -> _Problem:
    features = np.asarray(features, dtype=np.float32)
    fitted = stratified_subset(labels, _affordable_rows(features.shape[1], n_classes, limit), seed)
    weights = class_weights(labels, balanced)
    whole = len(fitted) == len(labels)
    axes = known if whole and known is not None and known.is_of(len(labels), weights) else None
    axes = axes or spectrum(features[fitted], weights[fitted])
    rows = axes.rows if whole else ((features - axes.centre) / axes.scale) @ axes.axes
    return _Problem(axes, rows, labels, weights, fitted, n_classes)


def _affordable_rows(dim: int, n_classes: int, seconds: float) -> int:
    """Rows whose whole probe takes about `seconds` here, from a timed product of that shape."""
    rng = np.random.default_rng(0)
    rows, weight = rng.random((512, dim), dtype=np.float32), rng.random((dim, n_classes), dtype=np.float32)
    elapsed = min(_seconds_of(lambda: rows.T @ (rows @ weight)) for _ in range(3))
    per_pass = elapsed / 512 + 2e-8 * n_classes  # the exponentials
    gram = dim * elapsed / 512 / (4 * n_classes)  # a wide product is about four times as fast per operation
    return max(200, int(seconds / (120 * per_pass + gram)))


def _seconds_of(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _candidates(problem: _Problem, fold_of: np.ndarray, groups: np.ndarray | None) -> dict[Recipe, np.ndarray]:
    """Out-of-fold probabilities (n, C) of each candidate."""
    strength = _best_strength(problem, groups)
    penalties = [strength * share for share in PENALTY_SHARES]
    candidates = {
        Recipe("logistic", p): np.zeros((len(fold_of), problem.n_classes), dtype=np.float32) for p in penalties
    }
    folds = range(int(fold_of.max()) + 1)
    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="fold") as pool:
        ridge = pool.submit(_ridge, problem, fold_of, strength) if problem.whole else None
        for held_out, answer in pool.map(lambda fold: _one_fold(problem, fold_of == fold, penalties), folds):
            for probability, fold_probability in zip(candidates.values(), answer, strict=True):
                probability[held_out] = fold_probability
    return candidates | ({Recipe("ridge", strength): ridge.result()} if ridge else {})


def _ridge(problem: _Problem, fold_of: np.ndarray, strength: float) -> np.ndarray:
    """Probabilities (n, C) of ridge with each item's fold left out."""
    targets = one_hot(problem.labels, problem.n_classes)
    scores = ridge_path(problem.axes, targets, np.array([strength]), fold_of).left_out[0]
    return softmax(temperature(scores, problem.labels) * scores)


def _best_strength(problem: _Problem, groups: np.ndarray | None) -> float:
    """The ridge strength of the least squared error with each item, or its whole group, left out.

    Squared error is smooth where the score has ties and luck: by score, cats_dogs got a hundred times too much.
    """
    targets = one_hot(problem.labels[problem.fitted], problem.n_classes)
    groups = None if groups is None else np.asarray(groups)[problem.fitted]
    path = ridge_path(problem.axes, targets, STRENGTHS, groups)
    errors = [problem.weights[problem.fitted] @ ((left_out - targets) ** 2).sum(axis=1) for left_out in path.left_out]
    return float(STRENGTHS[int(np.argmin(errors))])


def _one_fold(problem: _Problem, held_out: np.ndarray, penalties: list[float]) -> tuple[np.ndarray, list[np.ndarray]]:
    """The held-out items' probabilities at each penalty, every fit going on from the one before."""
    train = problem.fitted[~held_out[problem.fitted]]
    rows, labels, weights = problem.rows[train], problem.labels[train], problem.weights[train]
    present, own = np.unique(labels, return_inverse=True)
    queries, answers, start = problem.rows[held_out], [], None
    for penalty in penalties:
        probability = np.zeros((len(queries), problem.n_classes), dtype=np.float32)
        if len(present) < 2:
            probability[:, present] = 1.0
        else:
            start = fit_logistic(rows, own, weights, problem.axes.power, penalty, len(present), start, FOLD_TOLERANCE)
            probability[:, present] = softmax(queries @ start[0] + start[1])
        answers.append(probability)
    return np.flatnonzero(held_out), answers


def _out_of_fold(
    candidates: dict[Recipe, np.ndarray], labels: np.ndarray, fold_of: np.ndarray, metric: str, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Each fold's predictions with the candidate that was best on the other folds. Shape: (n,), (n, C)."""
    probability = np.empty_like(next(iter(candidates.values())))
    for fold in np.unique(fold_of):
        recipe = _best(candidates, np.flatnonzero(fold_of != fold), labels, metric, n_classes)
        probability[fold_of == fold] = candidates[recipe][fold_of == fold]
    return probability.argmax(axis=1), probability


def _best(
    candidates: dict[Recipe, np.ndarray], rows: np.ndarray, labels: np.ndarray, metric: str, n_classes: int
) -> Recipe:
    """The candidate with the best score on `rows`; among equals the one with the smallest log loss."""
    scores = {r: score(metric, labels[rows], p[rows].argmax(axis=1), n_classes) for r, p in candidates.items()}
    top = max(scores.values())
    equal = [recipe for recipe, value in scores.items() if value >= top - EQUAL_SCORES]
    return min(equal, key=lambda recipe: log_loss(candidates[recipe][rows], labels[rows]))
