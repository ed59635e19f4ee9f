"""Baselines that cost little, for the other rungs to beat: the largest class, and TF-IDF with a linear model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from probes.errors import ProbeError
from probes.folds import assign_folds, stratified_subset
from probes.interval import TRAINED, measured_score, score
from probes.measured import Measured
from probes.tfidf import MAX_CHARACTERS, affords_characters, fit_tfidf

SECONDS = 6.0
#: Characters vectorised and fitted in about a second on one core, word 1-2 grams and character grams included.
CHARACTERS_PER_SECOND = 400_000


@dataclass(frozen=True)
class Baseline:
    """A baseline's score and its answers. Shape: predicted (n,) class indices."""

    measured: Measured
    predicted: np.ndarray
    n_fit: int
    settings: dict[str, Any]


def majority(labels: np.ndarray, metric: str, n_classes: int) -> Baseline:
    """Always the largest class. Shape: labels (n,) class indices. Raises ProbeError without labels."""
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    largest = int(np.bincount(labels, minlength=n_classes).argmax())
    predicted = np.full(len(labels), largest, dtype=np.int64)
    measured = measured_score(metric, labels, predicted, n_classes, time.monotonic() - started)
    return Baseline(measured, predicted, len(labels), {"class": largest})


def tfidf(
    texts: Sequence[str],
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray | None = None,
    folds: int = 4,
    seed: int = 0,
    seconds_limit: float | None = None,
    n_classes: int | None = None,
) -> Baseline:
    """TF-IDF of word 1-2 grams (and character 3-5 grams where affordable) with a linear SVM, cross-validated.

    Shape: texts (n,), labels (n,) class indices, groups (n,): items of one group share a fold. Where `seconds_limit`
    (default 6) is not enough for all, each fold is trained on a stratified subset. Raises ProbeError when nothing can
    be held out.
    """
    started = time.monotonic()
    labels = np.asarray(labels, dtype=np.int64)
    classes = n_classes or int(labels.max()) + 1
    heads = [text[:MAX_CHARACTERS] for text in texts]
    n_characters = sum(map(len, heads))
    with_characters = affords_characters(heads)
    affordable = _affordable(len(heads), n_characters, folds, SECONDS if seconds_limit is None else seconds_limit)
    fold_of = assign_folds(labels, groups, folds, seed)
    predicted = np.empty(len(labels), dtype=np.int64)
    n_fit = []
    for fold in range(int(fold_of.max()) + 1):
        train, held_out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        train = train[stratified_subset(labels[train], affordable, seed)]
        n_fit.append(len(train))
        predicted[held_out] = _fit_predict(heads, labels, train, held_out, metric != "accuracy", with_characters)
    seconds = time.monotonic() - started
    measured = measured_score(metric, labels, predicted, classes, seconds, design_effect=TRAINED)
    settings = {"character_grams": with_characters, "value": score(metric, labels, predicted, classes)}
    return Baseline(measured, predicted, round(float(np.mean(n_fit))), settings)


def _affordable(n: int, n_characters: int, folds: int, seconds: float) -> int:
    """Training texts per fold that the seconds allow, at least 200."""
    per_text = max(n_characters / max(n, 1), 1.0) / CHARACTERS_PER_SECOND
    return max(200, int(seconds / (folds * per_text)))


def _fit_predict(
    texts: list[str],
    labels: np.ndarray,
    train: np.ndarray,
    held_out: np.ndarray,
    balanced: bool,
    with_characters: bool,
) -> np.ndarray:
    """Class indices of the held-out texts."""
    try:
        model = fit_tfidf(
            [texts[i] for i in train], labels[train], int(labels.max()) + 1, balanced, with_characters=with_characters
        )
    except ProbeError:  # one class, or no words at all: the largest class is all there is
        return np.full(len(held_out), np.bincount(labels[train]).argmax())
    predicted: np.ndarray = model.logits([texts[i] for i in held_out]).argmax(axis=1)
    return predicted
