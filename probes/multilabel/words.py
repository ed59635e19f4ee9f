"""TF-IDF with a linear support vector machine for each label: the cheap model of word counts, nothing pre-trained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.folds import assign_folds, stratified_subset
from probes.interval import TRAINED
from probes.measured import Measured
from probes.multilabel.linear import ABSENT, platt, sigmoid
from probes.multilabel.scores import cross_fitted, measured_f1, thresholds_of
from probes.tfidf import TfidfModel, affords_characters, stacked, vectorised

FOLDS, SEED = 4, 0


@dataclass(frozen=True)
class WordsProbe:
    """Out of fold. Shape: scores (n, L) decision values, predicted (n, L), slopes, shifts, thresholds (L,)."""

    measured: Measured
    scores: np.ndarray
    predicted: np.ndarray
    slopes: np.ndarray
    shifts: np.ndarray
    thresholds: np.ndarray
    n_fit: int


def labels_words(
    texts: Sequence[str], targets: np.ndarray, strata: np.ndarray, groups: np.ndarray | None = None,
    most: int | None = None,
) -> WordsProbe:  # fmt: skip
    """Word counts cross-validated. Shape: texts (n,), targets (n, L), strata, groups (n,).

    most: texts that each fold learns from. Raises ProbeError when nothing can be held out, or there is no word.
    """
    started = time.monotonic()
    fold_of = assign_folds(strata, groups, FOLDS, SEED)
    scores = np.zeros(targets.shape, dtype=np.float32)
    n_fit = []
    for fold in np.unique(fold_of):
        train, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        train = train[stratified_subset(strata[train], most or len(train), SEED)]
        n_fit.append(len(train))
        model = fit_words([texts[int(i)] for i in train], targets[train])
        scores[own] = model.logits([texts[int(i)] for i in own])
    probability = np.zeros_like(scores)
    for fold in np.unique(fold_of):
        own = fold_of == fold
        slope, shift = platt(scores[~own], targets[~own])
        probability[own] = sigmoid(scores[own] * slope + shift)
    predicted = cross_fitted(targets, probability, fold_of)
    measured = measured_f1(targets, predicted, time.monotonic() - started, TRAINED)
    slopes, shifts = platt(scores, targets)
    at = thresholds_of(targets, probability)
    return WordsProbe(measured, scores, predicted, slopes, shifts, at, round(float(np.mean(n_fit))))


def fit_words(texts: Sequence[str], targets: np.ndarray, penalty: float = 1.0) -> TfidfModel:
    """One machine for each label, all on the same counts. Shape: targets (n, L). Raises ProbeError without a word."""
    from sklearn.svm import LinearSVC

    parts, rows = vectorised(texts, affords_characters(texts))
    counts = stacked(rows)
    weight = np.zeros((targets.shape[1], counts.shape[1]), dtype=np.float32)
    bias = np.full(targets.shape[1], ABSENT, dtype=np.float32)
    for c in range(targets.shape[1]):
        truth = targets[:, c] > 0
        if truth.all() or not truth.any():
            bias[c] = -ABSENT if truth.all() else ABSENT
            continue
        model = LinearSVC(C=penalty, random_state=0).fit(counts, truth)
        weight[c], bias[c] = model.coef_[0], model.intercept_[0]
    if not (targets.any(axis=0) & ~targets.all(axis=0)).any():
        raise ProbeError("TF-IDF needs a label that some texts have and others do not. Add labelled texts.")
    return TfidfModel(tuple(parts), weight, bias, penalty)


def with_curves(model: TfidfModel, slopes: np.ndarray, shifts: np.ndarray) -> TfidfModel:
    """The model whose logits' sigmoid is each label's probability. Shape: slopes, shifts (L,)."""
    weight = (model.weight * slopes[:, None]).astype(np.float32)
    return TfidfModel(model.parts, weight, (model.bias * slopes + shifts).astype(np.float32), model.penalty)
