"""Where a set lies among reference sets measured the same way: percentile, neighbours, and the worth of the scale.

The caller brings the references; nothing here depends on whether they are images or texts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.errors import ProbeError
from probes.interval import measured_from
from probes.measured import Measured

RESAMPLES = 2000


@dataclass(frozen=True)
class Reference:
    """A set measured before: its name, a short description, and its value on each scale by name."""

    name: str
    description: str
    values: dict[str, float]


def percentile(value: float, among: Sequence[float]) -> float:
    """Where `value` lies among the references, 0 to 100: 0 is below all of them, 100 above all.

    The k-th of n sorted references is at (k - 1/2) / n, and values between two are interpolated; the scale ends one
    median gap outside.

    >>> [round(percentile(x, [1.0, 2.0, 3.0, 4.0]), 1) for x in (-9, 1, 2.5, 4, 9)]
    [0.0, 12.5, 50.0, 87.5, 100.0]
    """
    known = np.sort(np.asarray(among, dtype=float))
    if not len(known):
        raise ProbeError("There are no reference sets, so there is no scale. Give at least one.")
    gap = float(np.median(np.diff(known))) if len(known) > 1 else 0.0
    gap = gap or max(abs(float(known[0])), 1.0)
    positions = (np.arange(len(known)) + 0.5) / len(known)
    scale = np.concatenate([[known[0] - gap], known, [known[-1] + gap]])
    return 100 * float(np.interp(value, scale, [0.0, *positions, 1.0]))


def neighbours(value: float, references: Sequence[Reference], scale: str) -> tuple[Reference, ...]:
    """The references just below and just above `value`, the closer one first; at an end of the scale only one."""
    ordered = sorted(references, key=lambda reference: reference.values[scale])
    below = [reference for reference in ordered if reference.values[scale] <= value][-1:]
    above = [reference for reference in ordered if reference.values[scale] > value][:1]
    return tuple(sorted(below + above, key=lambda reference: abs(reference.values[scale] - value)))


def rank_correlation(one: Sequence[float], other: Sequence[float], seed: int = 0) -> Measured:
    """Spearman's rank correlation of paired values with its 90 % bootstrap interval over the pairs.

    Raises ProbeError with fewer than four pairs, or when one side is constant. (Spearman, "The proof and measurement
    of association between two things", 1904; percentile bootstrap as Efron, 1979.)
    """
    started = time.monotonic()
    x, y = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if len(x) < 4 or len(x) != len(y) or np.ptp(x) == 0 or np.ptp(y) == 0:
        raise ProbeError(
            f"A rank correlation needs at least four pairs of values that differ; there are {len(x)} pairs."
        )
    value = float(spearman(x, y))
    drawn = np.random.default_rng(seed).integers(0, len(x), size=(RESAMPLES, len(x)))
    draws = spearman(x[drawn], y[drawn])
    return measured_from(value, draws, len(x), time.monotonic() - started, unit="rank correlation")


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
