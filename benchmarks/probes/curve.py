"""The learning curve: fitted on a quarter of a set, held against what the whole set then shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import sets
from benchmarks.figures import Figure
from probes.folds import stratified_subset
from probes.learning_curve import LEVEL, learning_curve
from probes.linear import linear_probe

MOST, REPEATS = 3000, 3


def figures() -> Iterator[Figure]:
    """Error at the full size and coverage of the band, over all sets and three random quarters of each."""
    errors, flat, held = [], [], []
    names = (*sets.IMAGES, *sets.TEXTS)
    for name in names:
        own = list(one_set(name))
        errors += [error for error, _, _ in own]
        flat += [without for _, without, _ in own]
        held += [covered for _, _, covered in own]
        yield Figure(
            "curve", f"missed by on {name}", 100 * float(np.mean([error for error, _, _ in own])), "points", "none", (),
            f"mean of {REPEATS} quarters (positive: too low); without the curve "
            f"{100 * float(np.mean([without for _, without, _ in own])):+.1f}",
        )  # fmt: skip
    how = f"{len(names)} sets of at most {MOST:,}, {REPEATS} random quarters each"
    without = f"{100 * np.median(np.abs(flat)):.1f} without the curve"
    missed = 100 * float(np.median(np.abs(errors)))
    yield Figure(
        "curve",
        "median absolute error at four times the data",
        missed,
        "points",
        "at most",
        (2.0,),
        f"{how}; {without}",
    )
    yield Figure("curve", f"{100 * LEVEL:.0f} % band covers", 100 * float(np.mean(held)), "%", "between", (70, 90), how)


def one_set(name: str) -> Iterator[tuple[float, float, bool]]:
    """For each quarter: full-size metric minus the curve's, minus the quarter's own, and whether the band held it."""
    data = sets.featured(name)
    rows = stratified_subset(data.labels, MOST)
    features, labels, groups = data.features[rows], data.labels[rows], data.groups[rows]
    metric, classes = data.dataset.metric, len(data.dataset.classes)
    full = linear_probe(features, labels, metric, groups, n_classes=classes)
    for seed in range(REPEATS):
        order = np.random.default_rng(seed).permutation(len(labels))
        quarter = np.sort(order[stratified_subset(labels[order], len(labels) // 4, seed)])
        part = (features[quarter], labels[quarter], metric)
        probe = linear_probe(*part, groups[quarter], n_classes=classes)
        curve = learning_curve(*part, probe.recipe, groups[quarter], seed=seed, n_classes=classes)
        low, high = curve.band(full.n_fit)
        value = full.measured.value
        yield value - (1 - curve.error(full.n_fit)), value - curve.points[-1].value, low <= value <= high
