"""A linear head on raw features: how it is fitted, and the small functions that belong to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from probes.logistic import fit_logistic
from probes.ridge import Spectrum, ridge_path, spectrum

Method = Literal["ridge", "logistic"]

#: The logit of a class without training items; the others have mean 0, so it never wins, and it stays finite.
ABSENT_LOGIT = -20.0


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
class Recipe:
    """How a head is fitted: the method and its L2 penalty on standardised features."""

    method: Method
    penalty: float

    @property
    def settings(self) -> dict[str, Any]:
        """The recipe as plain values, for records."""
        return {"head": self.method, "penalty": self.penalty}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Recipe:
        """The recipe that a record's settings name; `USUAL` where they name none."""
        return cls(settings["head"], float(settings["penalty"])) if "penalty" in settings else USUAL


#: For when there is neither time nor data to choose: within a point of the best on most sets tried.
USUAL = Recipe("logistic", 100.0)


def fit_head(features: np.ndarray, labels: np.ndarray, recipe: Recipe, balanced: bool, n_classes: int) -> Head:
    """Fit the linear layer on all items, standardisation included. A class without an item never wins.

    Shape: features (n, d), labels (n,) class indices below `n_classes`. `balanced`: classes weigh the same.
    """
    present, own = np.unique(np.asarray(labels, dtype=np.int64), return_inverse=True)
    features = np.asarray(features, dtype=np.float32)
    if len(present) < 2:
        bias = np.full(n_classes, ABSENT_LOGIT, dtype=np.float32)
        bias[present] = 0.0
        return Head(np.zeros((n_classes, features.shape[1]), dtype=np.float32), bias)
    with single_blas_thread():
        axes = spectrum(features, class_weights(own, balanced))
        path = ridge_path(axes, one_hot(own, len(present)), np.array([recipe.penalty]))
        warmth = temperature(path.left_out[0], own)
        start = warmth * path.coefficients[0], warmth * path.intercept
        if recipe.method == "logistic":
            start = fit_logistic(axes.rows, own, axes.weights, axes.power, recipe.penalty, len(present), start)
    return _folded(axes, *start, present, n_classes)


@contextlib.contextmanager
def single_blas_thread() -> Iterator[None]:
    """Run the body with one BLAS thread: two that wait for each other spin, ten times as slow on two busy cores."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


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


def one_hot(labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Class indices (n,) to (n, C) float32 of zeros and ones."""
    hot = np.zeros((len(labels), n_classes), dtype=np.float32)
    hot[np.arange(len(labels)), labels] = 1.0
    return hot


def class_weights(labels: np.ndarray, balanced: bool) -> np.ndarray:
    """(n,) float32 of mean 1: the same for every item, or for every class in all."""
    if not balanced:
        return np.ones(len(labels), dtype=np.float32)
    total = np.bincount(labels)
    weights: np.ndarray = (len(labels) / (np.count_nonzero(total) * total[labels])).astype(np.float32)
    return weights


def temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor that calibrates softmax(factor * scores): least log loss, between 0.1 and 100.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, https://arxiv.org/abs/1706.04599. Shape: scores
    (n, C) of held-out items, labels (n,).
    """
    from scipy.optimize import minimize_scalar

    def loss(power: float) -> float:
        return log_loss(softmax(np.exp(power) * scores), labels)

    return float(np.exp(minimize_scalar(loss, bounds=(-2.3, 4.6), method="bounded", options={"xatol": 0.02}).x))


def log_loss(probability: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log p of the true class, p at least 1e-7. Shape: (n, C), (n,)."""
    return float(-np.log(np.maximum(probability[np.arange(len(labels)), labels], 1e-7)).mean())


def _folded(
    axes: Spectrum, coefficients: np.ndarray, intercept: np.ndarray, present: np.ndarray, n_classes: int
) -> Head:
    """The fit as a layer on raw features, its logits centred so that an absent class cannot have the largest."""
    turned = (axes.axes @ coefficients).T.astype(np.float64)  # (present, d)
    turned = (turned - turned.mean(axis=0)) / axes.scale
    shifted = intercept - intercept.mean() - turned @ axes.centre
    weight = np.zeros((n_classes, turned.shape[1]), dtype=np.float32)
    bias = np.full(n_classes, ABSENT_LOGIT, dtype=np.float32)
    weight[present], bias[present] = turned, shifted
    return Head(weight, bias)
