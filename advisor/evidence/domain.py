"""How far from the pre-training data this dataset lies, on a scale of reference sets; a sentence says where.

Divergences and energies change with the input size (cats_dogs at 128 px has a mean energy of -20, at 224 px of -9),
so references are kept per weights and size. The pass runs at the smallest size that has them, 128 px: a third of the
seconds of 224 px, and there the order of the references is the one a person would give. A backbone without
references lends the question to the default backbone: how far the data lie from ImageNet is a question about the
data, and an answer that says with which network is better than none.
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
#: References this close (log divergence, all three stages) are the set itself, measured on other two hundred images:
#: between such samples dtd10 differed by 0.1, and the two most alike of different sets by 0.2.
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
    """How far the items in `rows` (training part) lie from home; None where no references fit or nothing can be read.

    Images: one pass over at most 200 of the rows. Texts: `advisor.evidence.domain_text`.
    """
    if dataset.kind == "text":
        from advisor.evidence.domain_text import measure_domain_text

        return measure_domain_text(dataset, rows, progress)
    from probes.errors import ProbeError

    looked = with_references(backbone)
    if looked is None:
        return None
    used, known = looked
    lent = used.weights_hash != backbone.weights_hash
    try:
        found = distance_of(dataset, used, rows, None if lent else calibration, progress)
    except ProbeError:
        return None
    return placed(found, known, used.entry.title if lent else "")


def distance_of(
    dataset: Dataset,
    backbone: ImageBackbone,
    rows: np.ndarray,
    calibration: Calibration | None = None,
    progress: Progress = silent,
) -> Distance:
    """Divergences and energy of a stratified two hundred of the rows."""
    from advisor.data.decode import reader
    from advisor.evidence.sample import stratified
    from probes.domain import N_IMAGES, measure_distance

    rows = stratified(rows, dataset.labels[rows], N_IMAGES)
    rows = np.random.default_rng(0).permutation(rows)[:N_IMAGES]  # many classes give more than asked for
    read = reader(dataset, min_side=backbone.input_size)
    return measure_distance(backbone, lambda i: read(int(rows[i])), len(rows), calibration, progress)


def with_references(backbone: Any) -> tuple[ImageBackbone, list[Reference]] | None:
    """The backbone at the smallest size that has references, or the default one, with them; None when neither has."""
    from advisor.data.features import load_backbone
    from probes.backbones import catalog
    from probes.errors import BackboneError

    backbone = getattr(backbone, "plain", backbone)  # a hooked one gives more than the head's features
    found = _at_known_size(backbone)
    if found is not None:
        return found
    try:
        default: Any = load_backbone(catalog.default("image"), backbone.input_size, backbone.device)
    except BackboneError:
        return None
    return _at_known_size(default)


def references(weights_hash: str, input_px: int) -> list[Reference]:
    """The reference sets measured with these weights at this input size."""
    rows = [r for r in _rows(weights_hash) if int(r["input_px"]) == input_px]
    return kept.as_references(rows, SCALES, STAGES)


def placed(found: Distance, known: list[Reference], measured_with: str = "") -> Domain | None:
    """The distance on the references' scale: percentiles, neighbours and the sentence; None without batch norm.

    A reference with the same numbers is this very set, and is left out: a set is no reference for itself.
    """
    from probes.references import neighbours, percentile

    if not found.stages:
        return None
    worth = kept.trust(known, "image")
    known = [reference for reference in known if _apart(found.stages, reference) > SELF]
    if not known:
        return None
    values = dict(zip(STAGES, found.stages, strict=True))
    if found.energy is not None:
        values["energy"] = found.energy
    overall = float(np.mean(found.stages))
    among = [reference.values[kept.OVERALL] for reference in known]
    stages = tuple(
        Stage(name=name, value=value, percentile=percentile(value, [r.values[name] for r in known]))
        for name, value in values.items()
    )
    near = neighbours(overall, known, kept.OVERALL)
    place = percentile(overall, among)
    return Domain(
        stages=stages,
        percentile=place,
        nearest=tuple(reference.description for reference in near),
        references=tuple((r.description, percentile(r.values[kept.OVERALL], among)) for r in known),
        sentence=_sentence(place, [r.description for r in near], stages[: len(STAGES)], measured_with),
        trust=worth,
        n=found.n,
        seconds=found.seconds,
    )


def _sentence(place: float, near: list[str], stages: tuple[Stage, ...], measured_with: str) -> str:
    """Where the images lie, and which layers find them strangest when the layers disagree."""
    if len(near) == 2:
        where = f"between {near[0]} and {near[1]}"
    else:
        where = f"{'nearer' if place < 50 else 'further'} than every reference set, {near[0]} being the next"
    scale = "On the way from home (0, photographs like those of pre-training) to far away (100)"
    text = f"{scale} these images lie at {place:.0f}, {where}."
    low, high = min(stages, key=lambda s: s.percentile), max(stages, key=lambda s: s.percentile)
    if high.percentile - low.percentile >= TELLING:
        text += (
            f" They are strangest to the {high.name} layers ({high.percentile:.0f}) and most familiar to the "
            f"{low.name} ones ({low.percentile:.0f})."
        )
    return text + (f" Measured with {measured_with}, for which reference values are kept." if measured_with else "")


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
