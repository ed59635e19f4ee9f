"""How much would more data help: the learning curve of the frozen rung as a record, and what it says of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, LabelsNeeded, LearningCurve
from advisor.evidence.sample import Sample

if TYPE_CHECKING:
    from probes.heads import Recipe

#: Places at which the band is kept, from the smallest size measured to the furthest that may be spoken of.
BAND_PLACES = 60


def measure_curve(dataset: Dataset, sample: Sample, recipe: Recipe) -> LearningCurve:
    """Train on shares of the sample and fit the curve. Raises ProbeError when nothing can be held out."""
    from probes.learning_curve import learning_curve

    found = learning_curve(
        sample.features, sample.labels, dataset.metric, recipe, sample.groups, n_classes=len(dataset.classes)
    )
    places = np.unique(np.geomspace(min(found.sizes), found.furthest, BAND_PLACES).astype(int))
    return LearningCurve(
        a=found.a,
        b=found.b,
        sizes=found.sizes,
        points=found.points,
        band=tuple((int(n), 1.0 - found.error(n), *found.band(int(n))) for n in places),
        furthest=found.furthest,
        seconds=found.seconds,
    )


def labels_needed(curve: LearningCurve, target: float, n_now: int) -> LabelsNeeded:
    """Training items at which the frozen rung is expected to reach `target`, read off the curve's 80 % band.

    `n_now` items are there already. Nothing is said beyond the curve's end, four times the items measured.
    """
    value, low, high = (_first(curve, column, target) for column in (1, 3, 2))
    percent = f"{100 * target:.1f} %"
    if value is None:
        best = curve.band[-1]
        sentence = (
            f"{percent} is not reachable with this rung as far as the curve may speak: {100 * best[1]:.1f} % "
            f"({100 * best[2]:.1f} to {100 * best[3]:.1f}) is expected with {best[0]:,} training items."
        )
    elif value <= n_now:
        sentence = f"{percent} is expected with about {value:,} training items; {n_now:,} are there."
    else:
        end = f"{high:,}" if high is not None else f"more than {curve.furthest:,}"
        sentence = (
            f"{percent} is expected with about {value:,} training items, {value - n_now:,} more than now "
            f"(80 % band: {low or curve.band[0][0]:,} to {end})."
        )
    return LabelsNeeded(target=target, value=value, low=low, high=high, sentence=sentence)


def _first(curve: LearningCurve, column: int, target: float) -> int | None:
    """The fewest items at which a column of the band reaches the target, or None."""
    return next((row[0] for row in curve.band if row[column] >= target), None)
