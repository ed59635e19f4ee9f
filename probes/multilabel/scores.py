"""Scores of several labels per item: F1 and average precision of each label, with intervals by drawing items.

Macro F1 is the mean of the labels' F1, so that a rare label counts as much as a common one. The interval is a Bayesian
bootstrap over items (Rubin, "The Bayesian Bootstrap", Annals of Statistics 1981), which keeps together what an item's
labels have in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.interval import measured_from
from probes.measured import Measured, Provenance

DRAWS = 2000
#: Items with a label from which on its own threshold counts as much as the one that all labels share. On the folds of
#: few items the best threshold of a rare label is mostly luck.
SHRUNK_TO = 10.0
#: Values tried for the threshold that all labels share.
GRID = np.linspace(0.05, 0.95, 19)


@dataclass(frozen=True)
class LabelScore:
    """How well one label is found; None where nothing was there to divide by. ``f1`` has its 90 % interval."""

    precision: float | None
    recall: float | None
    f1: Measured | None
    average_precision: float | None
    n: int


def f1_scores(targets: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """F1 of each label, NaN for labels that no item has. Shape: targets, predicted (n, L) of 0 and 1 to (L,)."""
    truth, said = np.asarray(targets, dtype=bool), np.asarray(predicted, dtype=bool)
    return _f1((truth & said).sum(axis=0), truth.sum(axis=0), said.sum(axis=0))


def macro_f1(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 of the labels that occur in `targets`; 0 where none does. Shape: (n, L) twice."""
    each = f1_scores(targets, predicted)
    return float(np.nanmean(each)) if not np.isnan(each).all() else 0.0


def average_precisions(targets: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Average precision of each label by its scores, NaN for labels that no item has. Shape: (n, L) twice to (L,)."""
    from sklearn.metrics import average_precision_score

    columns = range(targets.shape[1])
    return np.array(
        [average_precision_score(targets[:, c], scores[:, c]) if targets[:, c].any() else np.nan for c in columns]
    )


def thresholds_of(targets: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The probability from which on each label is given, for the best F1. Shape: (n, L) twice to (L,).

    `probability` is of items that the model has not learned from. A label's own best threshold is mixed with the one
    that is best for all labels at once, which weighs `SHRUNK_TO` items.
    """
    truth = np.asarray(targets, dtype=bool)
    common = float(GRID[int(np.argmax([macro_f1(truth, probability >= at) for at in GRID]))])
    own = np.array([_best_threshold(truth[:, c], probability[:, c], common) for c in range(truth.shape[1])])
    n = truth.sum(axis=0)
    return np.asarray((n * own + SHRUNK_TO * common) / (n + SHRUNK_TO))


def cross_fitted(targets: np.ndarray, probability: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """What is said of each fold's items with the thresholds of the other folds. Shape: (n, L), folds (n,) to bool.

    So the choice of thresholds does not flatter the score.
    """
    predicted = np.zeros(probability.shape, dtype=bool)
    for fold in np.unique(fold_of):
        own = fold_of == fold
        at = thresholds_of(targets[~own], probability[~own]) if (~own).any() else np.full(targets.shape[1], 0.5)
        predicted[own] = probability[own] >= at
    return predicted


def measured_f1(
    targets: np.ndarray,
    predicted: np.ndarray,
    seconds: float,
    design_effect: float = 1.0,
    provenance: Provenance = "measured",
    note: str = "",
) -> Measured:
    """Macro F1 with its 90 % interval. Shape: (n, L) twice. Raises ProbeError without an item.

    A ``design_effect`` above 1 widens it (`probes.interval.TRAINED`).
    """
    draws = drawn_f1(targets, predicted, design_effect)
    value = macro_f1(targets, predicted)
    return measured_from(value, draws, len(targets), seconds, provenance=provenance, note=note)


def label_scores(
    targets: np.ndarray, predicted: np.ndarray, probability: np.ndarray, seconds: float
) -> list[LabelScore]:
    """Each label's scores. Shape: (n, L) three times."""
    truth, said = np.asarray(targets, dtype=bool), np.asarray(predicted, dtype=bool)
    draws = _draws(truth, said, 1.0)
    each, precision = f1_scores(truth, said), average_precisions(truth, probability)
    scores = []
    for c in range(truth.shape[1]):
        right, n, n_said = int((truth[:, c] & said[:, c]).sum()), int(truth[:, c].sum()), int(said[:, c].sum())
        f1 = None if np.isnan(each[c]) else measured_from(float(each[c]), draws[:, c], len(truth), seconds)
        scores.append(
            LabelScore(
                precision=right / n_said if n_said else None,
                recall=right / n if n else None,
                f1=f1,
                average_precision=None if np.isnan(precision[c]) else float(precision[c]),
                n=n,
            )
        )
    return scores


def paired_error_of_f1(targets: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Standard error of the difference of two macro F1 on the same items. Shape: (n, L) three times, bool.

    Half an item of change is added, so that two models that agree on everything are not taken as equal for certain.
    """
    difference = drawn_f1(targets, one) - drawn_f1(targets, other)
    return float(np.hypot(np.nanstd(difference), np.sqrt(0.5) / max(len(targets), 1)))


def drawn_f1(targets: np.ndarray, predicted: np.ndarray, design_effect: float = 1.0) -> np.ndarray:
    """Macro F1 in each draw of items, which are the same whatever was predicted. Shape: (n, L) twice to (DRAWS,)."""
    means: np.ndarray = np.nanmean(_draws(targets, predicted, design_effect), axis=1)
    return means


def _draws(targets: np.ndarray, predicted: np.ndarray, design_effect: float) -> np.ndarray:
    """F1 of each label in each draw of items. Shape: (DRAWS, L); NaN for labels that no item has."""
    truth, said = np.asarray(targets, dtype=np.float32), np.asarray(predicted, dtype=np.float32)
    if not len(truth):
        raise ProbeError("There are no items to score. Give the dataset more items, or another split.")
    weights = np.random.default_rng(0).gamma(1.0 / design_effect, size=(DRAWS, len(truth))).astype(np.float32)
    return _f1(weights @ (truth * said), weights @ truth, weights @ said)


def _f1(right: np.ndarray, n: np.ndarray, n_said: np.ndarray) -> np.ndarray:
    both = np.asarray(n + n_said, dtype=np.float64)
    return np.where(np.asarray(n) > 0, 2 * np.asarray(right, dtype=np.float64) / np.maximum(both, 1e-12), np.nan)


def _best_threshold(truth: np.ndarray, probability: np.ndarray, otherwise: float) -> float:
    """Half-way between the scores where F1 is best; `otherwise` where no item has the label. Shape: (n,) twice."""
    if not truth.any():
        return otherwise
    order = np.argsort(-probability, kind="stable")
    ranked, right = probability[order], np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(truth) + 1) + truth.sum())
    f1[:-1][ranked[1:] == ranked[:-1]] = -1.0  # a threshold does not part equals
    best = int(np.argmax(f1))
    below = float(ranked[best + 1]) if best + 1 < len(ranked) else 0.0
    return (float(ranked[best]) + below) / 2
