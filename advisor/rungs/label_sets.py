"""What training a head or a network does its own way where an item has several labels.

Each logit is of a label by itself, its sigmoid a probability. Which probabilities give a label is chosen on held-out
items (`probes.multilabel.scores.thresholds_of`). `advisor.rungs.common` and its neighbours ask `applies` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset
from advisor.evidence.multilabel.layers import best_join
from advisor.evidence.sample import related

if TYPE_CHECKING:
    from probes.heads import Head, Recipe
    from probes.multilabel.linear import LabelsProbe
    from probes.tfidf import TfidfModel

#: Parts of the validation items, each of which gets the thresholds of the others.
PARTS = 5
#: A loss lower by less than this share decides nothing where both score the same.
SAME_LOSS = 0.1

__all__ = ["applies", "best_join", "compared", "fit", "fit_words", "probed", "thresholds", "value"]


def applies(dataset: Dataset) -> bool:
    """Whether an item of this dataset may have several labels."""
    return kind_row(dataset.kind).task == "multilabel"


def fit(dataset: Dataset, rows: np.ndarray, array: np.ndarray, recipe: Recipe) -> Head:
    """The linear head on these features. Shape: rows (n,), array (n, d)."""
    from probes.multilabel.linear import fit_labels

    return fit_labels(array, dataset.targets[rows], recipe)


def fit_words(dataset: Dataset, rows: np.ndarray, texts: Sequence[str]) -> TfidfModel:
    """Word counts of these rows, each label with the logistic curve of held-out texts. Raises ProbeError."""
    from probes.multilabel.words import fit_words, labels_words, with_curves

    targets = dataset.targets[rows]
    out = labels_words(texts, targets, dataset.labels[rows], related(dataset)[rows])
    return with_curves(fit_words(texts, targets), out.slopes, out.shifts)


def probed(dataset: Dataset, rows: np.ndarray, array: np.ndarray, groups: np.ndarray, seed: int) -> LabelsProbe:
    """The head cross-validated. Raises ProbeError where nothing can be held out."""
    from probes.multilabel.linear import labels_probe

    return labels_probe(array, dataset.targets[rows], dataset.labels[rows], groups, seed=seed)


def value(dataset: Dataset, rows: np.ndarray, logits: np.ndarray) -> float:
    """Macro F1 of held-out rows, each fifth with the thresholds of the others. Shape: logits (n, L)."""
    from probes.multilabel.scores import macro_f1

    return macro_f1(dataset.targets[rows], said(dataset, rows, logits))


def said(dataset: Dataset, rows: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """The labels given to held-out rows, each fifth with the thresholds of the others. Shape: (n, L) bool."""
    from probes.multilabel.linear import sigmoid
    from probes.multilabel.scores import cross_fitted

    return cross_fitted(dataset.targets[rows], sigmoid(logits), np.arange(len(rows)) % min(PARTS, max(len(rows), 1)))


def thresholds(dataset: Dataset, rows: np.ndarray, logits: np.ndarray) -> tuple[float, ...]:
    """From which probability on each label is given, by held-out rows; 0.5 where there are none."""
    from probes.multilabel.linear import sigmoid
    from probes.multilabel.scores import thresholds_of

    if not len(rows):
        return (0.5,) * len(dataset.classes)
    return tuple(float(at) for at in thresholds_of(dataset.targets[rows], sigmoid(logits)))


def compared(
    dataset: Dataset, rows: np.ndarray, frozen: np.ndarray, tuned: np.ndarray
) -> tuple[float, float, float, bool]:
    """(value of the frozen logits, of the tuned ones, standard error of the gain, whether the tuned are kept).

    The rule is that of `advisor.rungs.comparison`.
    """
    from probes.multilabel.linear import log_loss, sigmoid
    from probes.multilabel.scores import macro_f1, paired_error_of_f1

    truth = dataset.targets[rows]
    answers = [said(dataset, rows, logits) for logits in (frozen, tuned)]
    before, after = (macro_f1(truth, answer) for answer in answers)
    kept = after > before
    if after == before:
        kept = log_loss(sigmoid(tuned), truth) < (1 - SAME_LOSS) * log_loss(sigmoid(frozen), truth)
    return before, after, paired_error_of_f1(truth, answers[1], answers[0]), bool(kept)
