"""Scores with intervals.

Accuracy on n items with k right has the Jeffreys posterior Beta(k + 1/2, n - k + 1/2) (Brown, Cai and
DasGupta, "Interval estimation for a binomial proportion", Statistical Science 2001). Balanced accuracy is
the mean of the classes' recalls, each with a posterior around their common mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from probes.errors import ProbeError
from probes.measured import Measured, Provenance

LEVEL = 0.90
DRAWS = 8000
#: Design effect (Kish) of a cross-validated score; n is divided by it. Its answers are correlated, as one model gave
#: many of them, and another sample would have trained another model. Over random samples of 500 of three large sets
#: (sst2, cifar10_sub, subj) its variance was 1.1 to 1.6 times the binomial one.
TRAINED = 1.25
#: Items of all classes that a class's own change is mixed with.
SHRUNK_TO = 4.0


@dataclass(frozen=True)
class Counts:
    """Right answers and items per stratum: one stratum for accuracy, one per class for balanced accuracy.

    Shape: right, total (strata,); strata without items are left out of the mean.
    """

    right: np.ndarray
    total: np.ndarray

    @property
    def value(self) -> float:
        """The metric: mean over the strata of right / total."""
        known = self.total > 0
        return float(np.mean(self.right[known] / self.total[known]))


def counts(metric: str, truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> Counts:
    """Count right answers per stratum. Shape: truth, predicted (n,) class indices. Raises ProbeError when n is 0."""
    if len(truth) == 0:
        raise ProbeError("There are no items to score. Give the dataset more items, or another split.")
    right = np.asarray(truth) == np.asarray(predicted)
    if metric == "accuracy":
        return Counts(np.array([right.sum()]), np.array([len(right)]))
    total = np.bincount(truth, minlength=n_classes)
    return Counts(np.bincount(truth, weights=right, minlength=n_classes).astype(np.int64), total)


def score(metric: str, truth: np.ndarray, predicted: np.ndarray, n_classes: int) -> float:
    """The metric's value in [0, 1]; balanced accuracy is over the classes that occur in `truth`."""
    return counts(metric, truth, predicted, n_classes).value


def posterior(counted: Counts) -> np.ndarray:
    """Draws of each stratum's true share of right answers. Shape: (DRAWS, strata with items).

    One stratum has the Jeffreys prior. Several share a prior of the same weight (one item) around their mean: with
    Jeffreys' one half, each of many small classes would be pulled to 50 %, and the mean of their draws would lie below
    the metric itself (by 8 points for a class with 5 of 5 right).
    """
    kept = counted.total > 0
    right, total = counted.right[kept], counted.total[kept]
    centre = 0.5 if len(right) == 1 else (np.sum(right / total) + 0.5) / (len(right) + 1)
    return np.random.default_rng(0).beta(right + centre, total - right + 1 - centre, size=(DRAWS, len(right)))


def around(value: float, draws: np.ndarray) -> tuple[float, float]:
    """(low, high): the middle 90 % of the draws, widened to include the value. Shape: draws (n,); NaN is left out."""
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return min(float(low), value), max(float(high), value)


def measured_score(
    metric: str,
    truth: np.ndarray,
    predicted: np.ndarray,
    n_classes: int,
    seconds: float,
    provenance: Provenance = "measured",
    note: str = "",
    design_effect: float = 1.0,
) -> Measured:
    """The metric with its 90 % credible interval. Shape: truth, predicted (n,) class indices.

    A ``design_effect`` above 1 widens it; `TRAINED` is for answers of models that were trained on the same items.
    """
    counted = counts(metric, truth, predicted, n_classes)
    effective = Counts(counted.right / design_effect, counted.total / design_effect)
    draws = posterior(effective).mean(axis=1)
    return measured_from(counted.value, draws, len(truth), seconds, provenance=provenance, note=note)


def measured_from(value: float, draws: np.ndarray, n: int, seconds: float, **facts: Any) -> Measured:
    """A value on n items with the 90 % interval of its draws; facts: further fields of `Measured`."""
    low, high = around(value, draws)
    return Measured(value=value, low=low, high=high, level=LEVEL, n=n, seconds=seconds, **facts)


def paired_error(metric: str, truth: np.ndarray, one: np.ndarray, other: np.ndarray, n_classes: int) -> float:
    """Standard error of the difference of two scores on the same items. Shape: truth, one, other (n,) class indices.

    Each item counts 1 / n, and half a changed item is added, so that two models that agree on everything are not taken
    as equal for certain. For balanced accuracy each class has a variance of its own over its items: two items that did
    not change say little, so a class's mean squared change is shrunk to that of all classes, with the weight of
    `SHRUNK_TO` items. With plain means 21 % of the gains of fine-tuning on the test part lay outside their 90 %
    interval, where most classes had two items; with shrunken ones 8 % did (24 tasks of LadderBench).
    """
    change = (one == truth).astype(float) - (other == truth)
    if metric == "accuracy":
        centred = change - change.mean()
        return float(np.sqrt(np.mean(centred**2 + 0.5 / len(truth)) / len(truth)))
    total = np.bincount(truth, minlength=n_classes)
    squares = np.bincount(truth, weights=change**2, minlength=n_classes)[total > 0]
    total = total[total > 0]
    common = (np.sum(squares / total) + 0.5) / (len(total) + 1)
    variances = (squares + SHRUNK_TO * common) / (total + SHRUNK_TO) / total
    return float(np.sqrt(np.sum(variances)) / len(total))
