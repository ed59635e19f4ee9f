"""Which layers of the backbone transfer on this dataset, and the join of layers that the frozen rung will stand on.

Both probes read every layer's features, which the sample was read with. One that was made otherwise finds them in the
cache.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Layers, ProbeResult
from advisor.core.records.evidence import Layer
from advisor.evidence.feature_probes import result
from probes.progress import Progress, silent
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.evidence.sample import Sample
    from probes.device import Calibration
    from probes.layers import LayerProbes
    from probes.linear import LinearProbe


@dataclass(frozen=True)
class LayerFeatures:
    """A part of the sample with the features of every layer. Shape: by_layer (n, d), each layer with its own d."""

    part: Sample
    by_layer: dict[str, np.ndarray]
    seconds: float


@dataclass(frozen=True)
class ProbedLayers:
    """The probe of every layer on some rows of the dataset; ``seconds``: of reading their features."""

    probes: LayerProbes
    rows: np.ndarray
    seconds: float


@stage("layers")
def probe_every_layer(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration | None,
    sample: Sample,
    seconds_limit: float = 10.0,
    progress: Progress = silent,
) -> ProbedLayers | None:
    """Probe every layer on at most 700 of the sample's items; None when nothing can be held out."""
    from probes.errors import ProbeError
    from probes.layers import MAX_ITEMS, probe_layers

    features = layer_features(dataset, backbone, calibration, sample, MAX_ITEMS, progress)
    if features is None:
        return None
    try:
        probed = probe_layers(
            list(features.by_layer.items()),
            features.part.labels,
            dataset.metric,
            features.part.groups,
            n_classes=len(dataset.classes),
            seconds_limit=seconds_limit,
        )
    except ProbeError:
        return None
    return ProbedLayers(probed, features.part.rows, features.seconds)


def record(probed: LayerProbes, extraction_seconds: float = 0.0) -> Layers:
    """The probed layers as the record that the page and the advice read."""
    return Layers(
        depths=tuple(
            Layer(name=layer.name, position=layer.position, dim=layer.dim, measured=layer.probe.measured)
            for layer in probed.layers
        ),
        best=probed.layers[probed.cut].name,
        top=probed.layers[probed.top].name,
        sentence=probed.sentence,
        seconds=probed.seconds + extraction_seconds,
    )


@stage("joined")
def measure_joined(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration | None,
    sample: Sample,
    seconds_limit: float,
    known: ProbedLayers | None = None,
    last: LinearProbe | None = None,
) -> ProbeResult | None:
    """The linear probe on the best join of layers; None where nothing beats the last features or can be held out.

    known, last: the probes of every layer, and that of the last one on the whole sample, which are measured again only
    where these are of other items.
    """
    from probes.errors import ProbeError
    from probes.folds import stratified_subset
    from probes.hooks import LAST
    from probes.joined import MOST_ITEMS, probe_joins
    from probes.layers import MAX_ITEMS

    started = time.monotonic()
    features = layer_features(dataset, backbone, calibration, sample, MOST_ITEMS)
    if features is None:
        return None
    part = features.part
    few = part.rows[stratified_subset(part.labels, MAX_ITEMS)]
    probed = known.probes if known is not None and np.array_equal(known.rows, few) else None
    try:
        best = probe_joins(
            features.by_layer, part.labels, dataset.metric, part.groups, len(dataset.classes), seconds_limit,
            probed=probed, last=last if len(part.rows) == len(sample.rows) else None,
        )  # fmt: skip
    except ProbeError:
        return None
    if best.layers == (LAST,):
        return None
    measured = best.probe.measured.model_copy(update={"seconds": time.monotonic() - started})
    return result(
        dataset, part, "joined", "Linear probe on joined layers", measured,
        best.probe.oof_predicted, backbone, **best.probe.recipe.settings, depths=list(best.layers),
        n_fit=best.probe.n_fit,
    )  # fmt: skip


def layer_features(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration | None,
    sample: Sample,
    most: int,
    progress: Progress = silent,
) -> LayerFeatures | None:
    """Every layer's features of at most about `most` items of the sample; None where none can be decoded."""
    from advisor.data.features import features_of
    from probes.folds import stratified_subset
    from probes.hooks import hooked

    chosen = stratified_subset(sample.labels, most)
    every: Any = hooked(backbone)
    if sample.layers is not None and sample.layers.shape[1] == every.dim:
        known = every.split(np.asarray(sample.layers[chosen]))
        return LayerFeatures(sample.part(chosen), dict(zip(every.names, known, strict=True)), 0.0)
    wide = features_of(dataset, sample.rows[chosen], every, progress, calibration)
    if not wide.ok.any():
        return None
    layers = every.split(np.asarray(wide.array)[wide.ok])
    return LayerFeatures(sample.part(chosen[wide.ok]), dict(zip(every.names, layers, strict=True)), wide.seconds)
