"""What the frozen rung will stand on: the join of depths that cross-validates best on the sample."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, ProbeResult
from advisor.evidence.rungs import result

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.evidence.sample import Sample
    from probes.device import Calibration


def measure_joined(
    dataset: Dataset, backbone: Backbone, calibration: Calibration | None, sample: Sample, seconds_limit: float
) -> ProbeResult | None:
    """The linear probe on the best join of depths; None where nothing beats the last features or can be held out.

    The features of all depths are in the cache, from the pass that made the sample.
    """
    from advisor.data.features import features_of
    from probes.errors import ProbeError
    from probes.folds import stratified_subset
    from probes.hooks import LAST, hooked
    from probes.joined import MOST_ITEMS, probe_joins

    started = time.monotonic()
    chosen = stratified_subset(sample.labels, MOST_ITEMS)
    every: Any = hooked(backbone)
    found = features_of(dataset, sample.rows[chosen], every, calibration=calibration)
    chosen, wide = chosen[found.ok], np.asarray(found.array)[found.ok]
    parts = dict(zip(every.names, every.split(wide), strict=True))
    labels, groups = sample.labels[chosen], sample.groups[chosen]
    try:
        best = probe_joins(parts, labels, dataset.metric, groups, len(dataset.classes), seconds_limit)
    except ProbeError:
        return None
    if best.layers == (LAST,):
        return None
    measured = best.probe.measured.model_copy(update={"seconds": time.monotonic() - started})
    return result(
        dataset, _part(sample, chosen), "joined", "Linear probe on joined depths", measured,
        best.probe.oof_predicted, backbone, **best.probe.recipe.settings, depths=list(best.layers),
        n_fit=best.probe.n_fit,
    )  # fmt: skip


def _part(sample: Sample, chosen: np.ndarray) -> Sample:
    """The chosen items of a sample."""
    import dataclasses

    return dataclasses.replace(
        sample,
        rows=sample.rows[chosen],
        labels=sample.labels[chosen],
        groups=sample.groups[chosen],
        features=sample.features[chosen],
    )
