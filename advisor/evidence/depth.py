"""Which layers transfer on this dataset: every depth of the backbone probed on part of the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset, Depths
from advisor.core.records.evidence import Depth
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.evidence.sample import Sample
    from probes.device import Calibration
    from probes.layers import LayerProbes


def measure_depths(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration | None,
    sample: Sample,
    seconds_limit: float = 10.0,
    progress: Progress = silent,
) -> Depths | None:
    """Probe every depth on at most 700 of the sample's items; None when nothing can be held out.

    The features of all depths come from one pass (`probes.hooks`). Where the sample was extracted with the hooked
    backbone they are in the cache already, and this takes the seconds of the probes alone.
    """
    from advisor.data.features import features_of
    from probes.errors import ProbeError
    from probes.folds import stratified_subset
    from probes.hooks import hooked
    from probes.layers import MAX_ITEMS, probe_layers

    chosen = stratified_subset(sample.labels, MAX_ITEMS)
    every = hooked(backbone)
    found = features_of(dataset, sample.rows[chosen], every, progress, calibration)  # type: ignore[arg-type]
    chosen = chosen[found.ok]
    if not len(chosen):
        return None
    parts = every.split(np.asarray(found.array)[found.ok])
    try:
        probed = probe_layers(
            list(zip(every.names, parts, strict=True)),
            sample.labels[chosen],
            dataset.metric,
            sample.groups[chosen],
            n_classes=len(dataset.classes),
            seconds_limit=seconds_limit,
        )
    except ProbeError:
        return None
    return record(probed, found.seconds)


def record(probed: LayerProbes, extraction_seconds: float = 0.0) -> Depths:
    """What `probes.layers` found, as the record that the page and the advice read."""
    return Depths(
        depths=tuple(
            Depth(name=d.name, position=d.position, dim=d.dim, measured=d.probe.measured) for d in probed.layers
        ),
        best=probed.layers[probed.cut].name,
        top=probed.layers[probed.top].name,
        sentence=probed.sentence,
        seconds=probed.seconds + extraction_seconds,
    )
