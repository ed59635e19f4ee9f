"""How much more data would help items with several labels: macro F1 of heads on shares of the sample, as a curve."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, LearningCurve
from advisor.evidence.curve import BAND_PLACES
from advisor.evidence.sample import Sample
from probes.timings import stage

if TYPE_CHECKING:
    from probes.heads import Recipe

MOST_ITEMS = 3000
DRAWS = 400


@stage("curve")
def measure_curve(dataset: Dataset, sample: Sample, recipe: Recipe) -> LearningCurve | None:
    """Train on shares of each training fold and fit the curve; None where nothing can be held out."""
    from probes.errors import ProbeError
    from probes.folds import assign_folds, stratified_subset
    from probes.interval import TRAINED
    from probes.learning_curve import SHARES, Curve, fit_curve
    from probes.multilabel.linear import fit_labels, sigmoid
    from probes.multilabel.scores import cross_fitted, drawn_f1, measured_f1

    started = time.monotonic()
    chosen = stratified_subset(sample.labels, MOST_ITEMS)
    features, strata, groups = sample.features[chosen], sample.labels[chosen], sample.groups[chosen]
    truth = dataset.targets[sample.rows[chosen]]
    try:
        fold_of = assign_folds(strata, groups)
    except ProbeError:
        return None
    sizes, points, draws = [], [], []
    for share in SHARES:
        probability, n_train = np.zeros(truth.shape, dtype=np.float32), []
        for fold in np.unique(fold_of):
            train = np.flatnonzero(fold_of != fold)
            train = train[stratified_subset(strata[train], round(share * len(train)), at_least=1)]
            head = fit_labels(features[train], truth[train], recipe)
            probability[fold_of == fold] = sigmoid(head.logits(features[fold_of == fold]))
            n_train.append(len(train))
        said = cross_fitted(truth, probability, fold_of)
        sizes.append(round(float(np.mean(n_train))))
        points.append(measured_f1(truth, said, 0.0, TRAINED))
        draws.append(drawn_f1(truth, said, TRAINED)[:DRAWS])
    try:
        a, b = fit_curve(np.array(sizes), np.array([[1.0 - point.value for point in points]]))
        every = np.stack(fit_curve(np.array(sizes), 1.0 - np.stack(draws, axis=1)), axis=1)
    except ProbeError:
        return None
    seconds = time.monotonic() - started
    curve = Curve(float(a[0]), float(b[0]), tuple(sizes), tuple(points), every, seconds)
    places = np.unique(np.geomspace(min(sizes), curve.furthest, BAND_PLACES).astype(int))
    return LearningCurve(
        a=curve.a,
        b=curve.b,
        sizes=curve.sizes,
        points=curve.points,
        band=tuple((int(n), 1.0 - curve.error(n), *curve.band(int(n))) for n in places),
        furthest=curve.furthest,
        seconds=seconds,
    )
