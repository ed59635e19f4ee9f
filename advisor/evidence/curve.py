"""How much more data would help: the learning curve of the frozen rung as a record, and the labels a target takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, LabelsNeeded, LearningCurve, ProbeResult
from advisor.core.wording import between, count, counted, percent, points
from advisor.evidence.sample import Sample
from probes.timings import stage

if TYPE_CHECKING:
    from probes.linear import LinearProbe

#: Places at which the band is kept, from the smallest size measured to the end of the curve.
BAND_PLACES = 60
#: The rung itself may use better features than the last ones, so a sentence says whose curve it is.
CURVE = "A linear probe on the last layer"


@stage("curve")
def measure_curve(dataset: Dataset, sample: Sample, probe: LinearProbe) -> LearningCurve:
    """Train on shares of the sample and fit the curve. Raises ProbeError when nothing can be held out.

    probe: of the sample, whose recipe is used.
    """
    from probes.learning_curve import learning_curve

    curve = learning_curve(
        sample.features, sample.labels, dataset.metric, probe.recipe, sample.groups, n_classes=len(dataset.classes),
        axes=probe.axes,
    )  # fmt: skip
    places = np.unique(np.geomspace(min(curve.sizes), curve.furthest, BAND_PLACES).astype(int))
    return LearningCurve(
        a=curve.a,
        b=curve.b,
        sizes=curve.sizes,
        points=curve.points,
        band=tuple((int(n), 1.0 - curve.error(n), *curve.band(int(n))) for n in places),
        furthest=curve.furthest,
        seconds=curve.seconds,
    )


@dataclass(frozen=True)
class Ahead:
    """Where the curve ends: at ``n`` training items with ``value``, between ``low`` and ``high`` (80 %).

    ``now``: what is reached today, never less than the probe of the same features measured. ``best``: the probe that
    lies above the curve's end already, None where none does.
    """

    n: int
    value: float
    low: float
    high: float
    now: float
    best: ProbeResult | None = None

    @property
    def gain(self) -> float:
        """Points from now to the curve's end, of both as they are written; 0 or less where it shows none."""
        return points(self.value, self.now)

    @property
    def none_in_sight(self) -> str:
        """A sentence where the curve does not rise above what is reached today; else ""."""
        if self.gain > 0:
            return ""
        return (
            f"No gain in sight: {percent(self.now)} is reached now, and the learning curve does not rise above it up "
            f"to {counted(self.n, 'training item')}."
        )


def ahead(curve: LearningCurve, n_now: int, results: Sequence[ProbeResult] = ()) -> Ahead:
    """What lies ahead of `n_now` training items, beside what the probes measured."""
    n, value, low, high = curve.band[-1]
    here = min(curve.band, key=lambda row: abs(row[0] - n_now))[1]
    now = max([here, *(result.measured.value for result in results if result.name == "linear")])
    best = max(results, key=lambda result: result.measured.value, default=None)
    above = best is not None and points(best.measured.value, value) >= 0
    return Ahead(n, value, low, high, now, best if above else None)


def labels_needed(curve: LearningCurve, target: float, n_now: int) -> LabelsNeeded:
    """Training items at which the frozen rung is expected to reach `target`, read off the curve's 80 % band.

    `n_now` items are there already. The curve ends at four times the items measured, and nothing is said beyond.
    """
    value, low, high = (_first(curve, column, target) for column in (1, 3, 2))
    if value is None:
        n, expected, *band = curve.band[-1]
        sentence = (
            f"{CURVE} does not reach {percent(target)} even with {counted(n, 'training item')} (expected: "
            f"{percent(expected)}, 80 % band: {between(*band)})."
        )
    elif value <= n_now:
        sentence = (
            f"{CURVE} reaches {percent(target)} with about {counted(value, 'training item')}; you have {count(n_now)}."
        )
    else:
        end = count(high) if high is not None else f"more than {count(curve.furthest)}"
        sentence = (
            f"{CURVE} needs about {counted(value, 'training item')} (80 % band: {count(low or curve.band[0][0])} to "
            f"{end}) for {percent(target)}, {count(value - n_now)} more than now."
        )
    return LabelsNeeded(target=target, value=value, low=low, high=high, sentence=sentence)


def _first(curve: LearningCurve, column: int, target: float) -> int | None:
    """The fewest items at which a column of the band reaches the target, or None."""
    return next((row[0] for row in curve.band if row[column] >= target), None)
