"""Calibrated probabilities: one temperature for all logits, and the gap between confidence and accuracy.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599: dividing the logits
by one number that minimises the log loss on items the model has not learned from is the simplest cure for over- or
under-confidence, and it never changes which class is the largest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from probes.heads import log_loss, softmax, temperature

#: Bins of the expected calibration error, as many as Guo et al. use.
BINS = 15
#: With fewer items, the logits stay as they are.
LEAST_ITEMS = 40


@dataclass(frozen=True)
class Calibrated:
    """The number to divide logits by (1 where nothing is gained), and the n items that it was fitted on."""

    temperature: float
    n: int


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> Calibrated:
    """The temperature of the least log loss; 1 where there are too few items or nothing is better than 1.

    Shape: logits (n, C) of items the model has not learned from (log probabilities do as well), labels (n,).
    """
    labels = np.asarray(labels, dtype=np.int64)
    if len(labels) < LEAST_ITEMS:
        return Calibrated(1.0, len(labels))
    logits = np.asarray(logits, dtype=np.float64)
    divisor = 1.0 / temperature(logits, labels)
    better = log_loss(softmax(logits / divisor), labels) < log_loss(softmax(logits), labels)
    return Calibrated(divisor if better else 1.0, len(labels))


def tempered_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean log loss at the logits' own best temperature, so that over-confidence does not decide.

    Shape: logits (n, C) of items the model has not learned from, labels (n,).
    """
    return log_loss(softmax(logits / fit_temperature(logits, labels).temperature), np.asarray(labels, np.int64))


def cross_fitted(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Logits over temperatures, each half of the items with the other half's, to judge the cure. Shape: (n, C)."""
    scaled = np.array(logits, dtype=np.float64)
    halves = np.arange(len(labels)) % 2
    for half in (0, 1):
        scaled[halves == half] /= fit_temperature(logits[halves != half], labels[halves != half]).temperature
    return scaled


def bins_of(confidence: np.ndarray, bins: int) -> np.ndarray:
    """The number of each item's bin, of so many of equal width, each closed above. Shape: (n,) from 0 to 1 to (n,).

    >>> bins_of(np.array([0.0, 0.1, 0.11, 1.0]), 10)
    array([0, 0, 1, 9])
    """
    numbers: np.ndarray = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return numbers


def calibration_error(probability: np.ndarray, labels: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: |accuracy - confidence| over bins of equal width, weighted by their items (0 to 1).

    Guo et al., equation 3. With few items it is above 0 by chance. Shape: probability (n, C), labels (n,).

    >>> calibration_error(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    0.0
    """
    if len(labels) == 0:
        return 0.0
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == np.asarray(labels)
    gaps = np.bincount(bins_of(confidence, bins), weights=right.astype(np.float64) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
