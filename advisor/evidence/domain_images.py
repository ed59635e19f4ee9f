"""How far images lie from the pre-training data, on a scale of reference sets; a sentence says where.

Divergences and energies change with the input size (cats_dogs at 128 px has a mean energy of -20, at 224 px of -9),
so references are kept per weights and size. The pass runs at the smallest size that has them, 128 px: it takes a third
of the seconds of 224 px, and orders the references as a person would. A backbone without references is replaced by the
default backbone: the distance from ImageNet is a property of the data, and the answer names the network.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Domain
from advisor.core.records.evidence import Stage
from advisor.evidence import references as kept
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.backbones.image import ImageBackbone
    from probes.device import Calibration
    from probes.domain import Distance
    from probes.references import Reference

FILE = "reference_images.csv"
STAGES = ("early", "middle", "late")
SCALES = (*STAGES, "energy")
#: Leading hex digits of the weights' SHA-256 that the file keeps.
HASH_DIGITS = 12
#: A reference this close (log divergence, all three stages) is the set itself, measured on another two hundred images:
#: two such samples of dtd10 differ by 0.1, and the two most similar sets by 0.2.
SELF = 0.1
#: Percentile points between two stages that are worth a sentence.
TELLING = 20.0


def measure_domain(
    dataset: Dataset,
    backbone: Backbone,
    rows: np.ndarray,
    calibration: Calibration | None = None,
    progress: Progress = silent,
) -> Domain | None:
    """The distance of the images in `rows` (training part), from one pass over at most 200 of them.

    None where no references fit or nothing can be read.
    """
    from probes.errors import ProbeError

    measured_with = with_references(backbone)
    if measured_with is None:
        return None
    used, known = measured_with
    lent = used.weights_hash != backbone.weights_hash
    try:
        distance = distance_of(dataset, used, rows, None if lent else calibration, progress)
    except ProbeError:
        return None
    return placed(distance, known, used.entry.title if lent else "")


def distance_of(
    dataset: Dataset,
    backbone: ImageBackbone,
    rows: np.ndarray,
    calibration: Calibration | None = None,
    progress: Progress = silent,
) -> Distance:
    """Divergences and energy of two hundred of the rows, stratified."""
    from advisor.data.features import feature_cache, reader
    from advisor.evidence.sample import stratified
    from probes.domain import N_IMAGES, measure_distance

    rows = stratified(rows, dataset.labels[rows], N_IMAGES)
    rows = np.random.default_rng(0).permutation(rows)[:N_IMAGES]  # many classes give more than asked for
    read = reader(dataset, backbone.input_size)
    return measure_distance(backbone, lambda i: read(int(rows[i])), len(rows), calibration, progress, feature_cache())


def with_references(backbone: Any) -> tuple[ImageBackbone, list[Reference]] | None:
    """The backbone at the smallest size that has references, or the default one, with them; None when neither has."""
    from advisor.data.features import load_backbone
    from probes.backbones import catalog
    from probes.errors import BackboneError

    backbone = getattr(backbone, "plain", backbone)  # a hooked one gives more than the head's features
    own = _at_known_size(backbone)
    if own is not None:
        return own
    try:
        default: Any = load_backbone(catalog.default("image"), backbone.input_size, backbone.device)
    except BackboneError:
        return None
    return _at_known_size(default)


def references(weights_hash: str, input_px: int) -> list[Reference]:
    """The reference sets measured with these weights at this input size."""
    rows = [r for r in _rows(weights_hash) if int(r["input_px"]) == input_px]
    return kept.as_references(rows, SCALES, STAGES)


def placed(distance: Distance, known: list[Reference], measured_with: str = "") -> Domain | None:
    """The distance on the references' scale: percentiles, neighbours and the sentence; None without batch norm.

    A reference with the same numbers is this very set, and is left out: a set is no reference for itself.
    """
    from probes.references import neighbours, percentile

    if not distance.stages:
        return None
    trust = kept.trust(known, "image")
    known = [reference for reference in known if _apart(distance.stages, reference) > SELF]
    if not known:
        return None
    values = dict(zip(STAGES, distance.stages, strict=True))
    if distance.energy is not None:
        values["energy"] = distance.energy
    overall = float(np.mean(distance.stages))
    among = [reference.values[kept.OVERALL] for reference in known]
    stages = tuple(
        Stage(name=name, value=value, percentile=percentile(value, [r.values[name] for r in known]))
        for name, value in values.items()
    )
    nearest = tuple(reference.description for reference in neighbours(overall, known, kept.OVERALL))
    place = percentile(overall, among)
    return Domain(
        stages=stages,
        percentile=place,
        nearest=nearest,
        references=tuple((r.description, percentile(r.values[kept.OVERALL], among)) for r in known),
        sentence=_sentence(place, nearest, stages[: len(STAGES)], measured_with),
        trust=trust,
        n=distance.n,
        seconds=distance.seconds,
    )


def _sentence(place: float, nearest: tuple[str, ...], stages: tuple[Stage, ...], measured_with: str) -> str:
    """Where the images lie, and which layers find them strangest when the layers disagree."""
    text = f"{kept.place(place, nearest)} Photographs like those of pre-training are at 0."
    low, high = min(stages, key=lambda s: s.percentile), max(stages, key=lambda s: s.percentile)
    if high.percentile - low.percentile >= TELLING:
        text += (
            f" The {high.name} layers find them strangest ({high.percentile:.0f}), the {low.name} ones most familiar "
            f"({low.percentile:.0f})."
        )
    return text + (f" Measured with {measured_with}, which has reference values." if measured_with else "")


def _apart(stages: tuple[float, ...], reference: Reference) -> float:
    return float(np.linalg.norm(np.array(stages) - [reference.values[name] for name in STAGES]))


def _rows(weights_hash: str) -> list[dict[str, str]]:
    return [row for row in kept.rows_of(FILE) if row["weights"] == weights_hash[:HASH_DIGITS]]


def _at_known_size(backbone: Any) -> tuple[ImageBackbone, list[Reference]] | None:
    sizes = {int(row["input_px"]) for row in _rows(backbone.weights_hash)}
    if not sizes:
        return None
    size = min(sizes)
    return dataclasses.replace(backbone, input_size=size), references(backbone.weights_hash, size)
