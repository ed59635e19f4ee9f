"""Means of scores between 0 and 1, with intervals: of what was measured, and of what a test part will show.

The Bayesian bootstrap (Rubin, "The Bayesian Bootstrap", Annals of Statistics 1981) over groups, since questions about
one document are right or wrong together. Half an item of 0 and half an item of 1 are added, so that equal scores are
not certain, and scores of 0 and 1 get exactly the Jeffreys posterior of `probes.interval`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from probes.errors import ProbeError
from probes.interval import DRAWS, around, measured_from
from probes.measured import Measured, Provenance


def posterior_means(
    values: Sequence[float] | np.ndarray, groups: Sequence[object] | None = None, seed: int = 0
) -> np.ndarray:
    """Draws of the true mean. Shape: values (n,) in [0, 1], groups (n,) or None to (DRAWS,).

    Raises ProbeError when there are no values.
    """
    scores = np.asarray(values, dtype=np.float64)
    if not len(scores):
        raise ProbeError("There are no answers to score. Give the dataset more questions, or another split.")
    units = np.arange(len(scores)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    totals, sizes = np.bincount(units, weights=scores), np.bincount(units).astype(np.float64)
    rng = np.random.default_rng(seed)
    weights = rng.standard_exponential((DRAWS, len(sizes)))
    zero, one = rng.gamma(0.5, size=DRAWS), rng.gamma(0.5, size=DRAWS)
    means: np.ndarray = (weights @ totals + one) / (weights @ sizes + zero + one)
    return means


def measured_mean(
    values: Sequence[float] | np.ndarray,
    seconds: float,
    groups: Sequence[object] | None = None,
    provenance: Provenance = "measured",
    note: str = "",
) -> Measured:
    """The mean with its 90 % interval. Shape: values (n,) in [0, 1], groups (n,) or None."""
    value = float(np.mean(values)) if len(values) else 0.0
    draws = posterior_means(values, groups)
    return measured_from(value, draws, len(values), seconds, provenance=provenance, note=note)


def predictive_mean(
    values: Sequence[float] | np.ndarray,
    n_test: int,
    groups: Sequence[object] | None = None,
    shift: float = 0.0,
    spread: float = 0.0,
    seed: int = 0,
) -> tuple[float, float, float]:
    """(value, low, high): the mean expected on a test part of `n_test` items, at level 0.90.

    ``shift`` is added (the expected gain from training); ``spread`` is its standard deviation. The test part's own
    noise is the scores' standard deviation over the root of its size.
    """
    rng = np.random.default_rng(seed + 1)
    means = posterior_means(values, groups, seed) + shift + rng.normal(size=DRAWS) * spread
    deviation = max(float(np.std(values)), 0.05) / np.sqrt(max(n_test, 1))
    test_means = np.clip(np.clip(means, 0, 1) + rng.normal(size=DRAWS) * deviation, 0, 1)
    value = float(np.clip(np.mean(values) + shift, 0, 1))
    return value, *around(value, test_means)


def paired_error_of_means(one: np.ndarray, other: np.ndarray) -> float:
    """Standard error of the difference of two means over the same items, plus half an item of change. Shape: (n,)."""
    change = np.asarray(one, np.float64) - np.asarray(other, np.float64)
    centred = change - change.mean()
    return float(np.sqrt(np.sum(centred**2 + 0.5 / len(change)))) / len(change)
