"""Where a set lies among reference sets measured the same way: percentile, neighbours, and what the scale is worth.

References are numbers that the caller brings. Nothing here knows whether they tell of images or of texts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.interval import LEVEL, around
from probes.measured import Measured

RESAMPLES = 2000


@dataclass(frozen=True)
class Reference:
    """A set measured before: its name, what it shows in a few words, and its value on each scale by name."""

    name: str
    description: str
    values: dict[str, float]


def percentile(value: float, among: Sequence[float]) -> float:
    """Where `value` lies among the references, 0 to 100: 0 is nearer home than all of them, 100 further than all.

    The k-th of n sorted references stands at (k - 1/2) / n, and values between two are interpolated; the ends of the
    scale lie one median gap outside.

    >>> [round(percentile(x, [1.0, 2.0, 3.0, 4.0]), 1) for x in (-9, 1, 2.5, 4, 9)]
    [0.0, 12.5, 50.0, 87.5, 100.0]
    """
    known = np.sort(np.asarray(among, dtype=float))
    if not len(known):
        raise ProbeError("There are no reference sets, so there is no scale. Give at least one.")
    gap = float(np.median(np.diff(known))) if len(known) > 1 else 0.0
    gap = gap or max(abs(float(known[0])), 1.0)
    places = (np.arange(len(known)) + 0.5) / len(known)
    scale = np.concatenate([[known[0] - gap], known, [known[-1] + gap]])
    return 100 * float(np.interp(value, scale, [0.0, *places, 1.0]))


def neighbours(value: float, references: Sequence[Reference], scale: str) -> tuple[Reference, ...]:
    """The references just nearer home and just further than `value`, the closer one first; one only at an end."""
    ordered = sorted(references, key=lambda reference: reference.values[scale])
    below = [reference for reference in ordered if reference.values[scale] <= value][-1:]
    above = [reference for reference in ordered if reference.values[scale] > value][:1]
    return tuple(sorted(below + above, key=lambda reference: abs(reference.values[scale] - value)))


def rank_correlation(one: Sequence[float], other: Sequence[float], seed: int = 0) -> Measured:
    """Spearman's rank correlation of paired values with its 90 % bootstrap interval over the pairs.

    Raises ProbeError with fewer than four pairs, or when one side never changes. (Spearman, "The proof and measurement
    of association between two things", 1904; percentile bootstrap as Efron, 1979.)
    """
    started = time.monotonic()
    x, y = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if len(x) < 4 or len(x) != len(y) or np.ptp(x) == 0 or np.ptp(y) == 0:
        raise ProbeError(f"A rank correlation needs four pairs of values that change; these are {len(x)}.")
    value = float(spearman(x, y))
    drawn = np.random.default_rng(seed).integers(0, len(x), size=(RESAMPLES, len(x)))
    again = spearman(x[drawn], y[drawn])
    low, high = around(value, again)
    return Measured(
        value=value,
        low=low,
        high=high,
        level=LEVEL,
        n=len(x),
        seconds=time.monotonic() - started,
        unit="rank correlation",
    )


def spearman(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pearson's correlation of the ranks along the last axis, ties sharing their mean rank; NaN where all are tied.

    Shape: one, other (..., n) to (...).
    """
    from scipy.stats import rankdata

    ranks = [rankdata(side, axis=-1) for side in (one, other)]
    x, y = (rank - rank.mean(axis=-1, keepdims=True) for rank in ranks)
    norm = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    with np.errstate(invalid="ignore"):
        result: np.ndarray = np.clip((x * y).sum(axis=-1) / norm, -1.0, 1.0)
    return result
