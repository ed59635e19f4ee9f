"""Shortcuts: do simple properties of the items separate the classes almost as well as the probe does?

A model trained on such data may learn the property instead of the thing (Geirhos et al., "Shortcut learning in deep
neural networks", Nature Machine Intelligence 2020, https://arxiv.org/abs/2004.07780). For every group of properties, a
small decision tree is cross-validated on the folds of `probes.folds` and compared with the linear probe's out-of-fold
answers by recall minus false alarms (Youden's J): over all classes, for each class against the rest, and for some
classes against the others (two sources of pictures, five classes from each). A property that predicts is a hint, not a
verdict: spam may really be longer than other messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from probes.folds import assign_folds
from probes.interval import measured_score, score
from probes.measured import Measured

#: A property is reported from this share of the way from chance to perfect (lower end of the interval) ...
LEAST_LIFT = 0.6
#: ... and from this share of the probe's own way.
NEAR_PROBE = 0.85
#: Categories kept of a property in words; rarer ones share one.
MAX_CATEGORIES = 40
LEAST_IN_CATEGORY = 4
LEAST_OF_A_CLASS = 8
#: Normal quantile of the lower end at 95 %.
Z = 1.645


@dataclass(frozen=True)
class Shortcut:
    """What one group of properties reaches by itself.

    ``measured``: the metric by the property alone; ``probe``: the linear probe's value; ``chance``: guessing.
    ``classes``: indices of the classes that it separates from the rest, the clearest first, with ``recalls`` and
    ``false_alarms`` of each. ``side``: classes that it separates, together, from all others, or none.
    ``overall``: whether it comes near the probe over all classes.
    """

    name: str
    measured: Measured
    probe: float
    chance: float
    classes: tuple[int, ...]
    recalls: tuple[float, ...]
    false_alarms: tuple[float, ...]
    overall: bool
    side: tuple[int, ...] = ()

    @property
    def named(self) -> bool:
        """Whether this is worth a warning."""
        return self.overall or bool(self.classes) or bool(self.side)


def shortcuts(
    properties: Mapping[str, Mapping[str, np.ndarray]],
    labels: np.ndarray,
    probe_predicted: np.ndarray,
    metric: str,
    n_classes: int,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
) -> list[Shortcut]:
    """Try each group of properties, the best first.

    Shape: properties: group name → column name → (n,) numbers (NaN: unknown) or strings; labels, probe_predicted (n,)
    class indices, the latter out-of-fold; groups (n,). Constant columns are left out.
    """
    labels = np.asarray(labels, dtype=np.int64)
    fold_of = assign_folds(labels, groups, folds, seed)
    probe = score(metric, labels, probe_predicted, n_classes)
    results = []
    for name, columns in properties.items():
        table = encoded(list(columns.values()))
        if not table.shape[1]:
            continue
        predicted = _answers(table, labels, fold_of)
        results.append(_judged(name, labels, predicted, np.asarray(probe_predicted), probe, metric, n_classes))
    return sorted(results, key=lambda one: (-one.named, -one.measured.value))


def encoded(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns as numbers for a tree, (n, p) float32: one column per frequent string; unknown numbers are -1."""
    numeric: list[np.ndarray] = []
    for column in columns:
        values = np.asarray(column)
        if values.dtype.kind in "fiub":
            numeric.append(np.nan_to_num(values.astype(np.float32), nan=-1.0, posinf=3e38, neginf=-3e38))
            continue
        inverse, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)[1:]
        frequent = np.argsort(-counts, kind="stable")[:MAX_CATEGORIES]
        numeric += [(inverse == c).astype(np.float32) for c in frequent if counts[c] >= LEAST_IN_CATEGORY]
    varied = [column for column in numeric if len(column) and column.min() != column.max()]
    return np.stack(varied, axis=1) if varied else np.empty((len(columns[0]) if len(columns) else 0, 0), np.float32)


def _answers(table: np.ndarray, labels: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Out-of-fold answers (n,) of a small tree with balanced classes."""
    from sklearn.tree import DecisionTreeClassifier

    predicted = np.empty(len(labels), dtype=np.int64)
    n_leaves = max(8, 3 * len(np.unique(labels)))
    for fold in np.unique(fold_of):
        train, held_out = fold_of != fold, fold_of == fold
        tree = DecisionTreeClassifier(
            max_leaf_nodes=n_leaves, min_samples_leaf=max(2, len(labels) // 200), class_weight="balanced",
            random_state=0,
        )  # fmt: skip
        predicted[held_out] = tree.fit(table[train], labels[train]).predict(table[held_out])
    return predicted


def _judged(
    name: str,
    labels: np.ndarray,
    predicted: np.ndarray,
    probe_predicted: np.ndarray,
    probe: float,
    metric: str,
    n_classes: int,
) -> Shortcut:
    """Compare a property's answers with the probe's, over all classes and for each class against the rest."""
    measured = measured_score(metric, labels, predicted, n_classes, 0.0)
    sizes = np.bincount(labels, minlength=n_classes)
    chance = sizes.max() / len(labels) if metric == "accuracy" else 1.0 / max(1, int((sizes > 0).sum()))
    room = max(1.0 - chance, 1e-9)
    overall = (measured.low - chance) / room >= LEAST_LIFT and measured.value - chance >= NEAR_PROBE * (probe - chance)
    separated = []
    for c in np.flatnonzero(sizes >= LEAST_OF_A_CLASS):
        is_class = labels == c
        own, least, recall, false_alarms = youden(is_class, predicted == c)
        if least >= LEAST_LIFT and own >= NEAR_PROBE * youden(is_class, probe_predicted == c)[0]:
            separated.append((own, int(c), recall, false_alarms))
    separated.sort(reverse=True)
    return Shortcut(
        name,
        measured,
        probe,
        float(chance),
        tuple(c for _, c, _, _ in separated),
        tuple(recall for _, _, recall, _ in separated),
        tuple(alarms for _, _, _, alarms in separated),
        bool(overall),
        _side(labels, predicted, probe_predicted, n_classes),
    )


def _side(labels: np.ndarray, predicted: np.ndarray, probe_predicted: np.ndarray, n_classes: int) -> tuple[int, ...]:
    """Two or more classes that the answers separate from two or more others as well as the probe does; else ().

    Classes are ordered by the first correspondence between them and the answers; every cut of that order is tried.
    """
    present = np.unique(labels)
    if len(present) < 4:
        return ()
    table = np.zeros((n_classes, n_classes))
    np.add.at(table, (labels, predicted), 1.0)
    rows = table[present] / table[present].sum(axis=1, keepdims=True)
    order = present[np.argsort(np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[0][:, 0], kind="stable")]
    best = LEAST_LIFT
    side: tuple[int, ...] = ()
    for cut in range(2, len(order) - 1):
        own = order[:cut] if cut <= len(order) // 2 else order[cut:]
        truth = np.isin(labels, own)
        # An answer counts for the side if the side's share of the items with that answer is above its share of all.
        shares = table[own].sum(axis=0) / np.maximum(table.sum(axis=0), 1.0)
        j, least, _, _ = youden(truth, (shares > truth.mean())[predicted])
        if least > best and j >= NEAR_PROBE * youden(truth, np.isin(probe_predicted, own))[0]:
            best, side = least, tuple(int(c) for c in np.sort(own))
    return side


def youden(truth: np.ndarray, answer: np.ndarray) -> tuple[float, float, float, float]:
    """(J, its lower end at 95 %, recall, share of false alarms) of yes-no answers, J = recall - false alarms.

    Shape: (n,) bool each. The lower end uses Jeffreys' posterior of either share, assumed independent.
    """
    yes, no = int(truth.sum()), int((~truth).sum())
    hits, false = int((truth & answer).sum()), int((~truth & answer).sum())
    variance = _variance(hits, yes) + _variance(false, no)
    recall, alarms = hits / max(yes, 1), false / max(no, 1)
    j = recall - alarms
    return j, j - Z * float(np.sqrt(variance)), recall, alarms


def _variance(hits: int, n: int) -> float:
    a, b = hits + 0.5, n - hits + 0.5
    return a * b / ((a + b) ** 2 * (a + b + 1))
