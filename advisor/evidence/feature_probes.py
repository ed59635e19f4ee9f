"""What each cheap rung reaches on the sample: class names, nearest examples, a linear probe; and the largest class."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, ProbeResult
from advisor.data.class_names import embed_names, knows_names, namer
from advisor.data.features import features_of
from advisor.evidence.sample import Sample
from probes.interval import Counts, counts
from probes.measured import Measured
from probes.progress import Progress
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.linear import LinearProbe

#: Share of the budget for the linear probe.
LINEAR_SHARE = 0.12


def run_probes(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration,
    sample: Sample,
    budget_seconds: float,
    progress: Progress,
    keep: Callable[[list[ProbeResult]], None] = lambda results: None,
) -> tuple[list[ProbeResult], LinearProbe, list[str]]:
    """The probes of the cheap rungs, in the order of the ladder; the linear probe in full; what could not be measured.

    keep: gets the results so far.
    """
    from probes.errors import BackboneError

    notes: list[str] = []
    progress("Counting the largest class", 0.36)
    results = [majority(dataset, sample)]
    progress("Letting the nearest examples vote", 0.37)
    results.append(nearest(dataset, backbone, sample))
    keep(results)
    progress("Trying the class names alone", 0.41)
    try:
        results.insert(1, zero_shot(dataset, backbone, sample))
    except BackboneError as error:  # the encoder of the names is not here; everything else can be measured
        notes.append(f"Class names alone were not measured. {error}")
    keep(results)
    progress("Training a linear probe", 0.44)
    answer, probe = linear(dataset, backbone, calibration, sample, LINEAR_SHARE * budget_seconds)
    return [*results, answer], probe, notes


@stage("majority")
def majority(dataset: Dataset, sample: Sample) -> ProbeResult:
    """What always answering the largest class reaches."""
    from probes import baselines

    probe = baselines.majority(sample.labels, dataset.metric, len(dataset.classes))
    return result(dataset, sample, "majority", "Always the largest class", probe.measured, probe.predicted)


@stage("class names")
def zero_shot(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """Class names decide: ConSE for images, the nearest class name for texts. No label is used."""
    from probes.interval import measured_score

    started = time.monotonic()
    predicted, method = class_name_answers(dataset, backbone, sample)
    measured = measured_score(
        dataset.metric, sample.labels, predicted, len(dataset.classes), time.monotonic() - started
    )
    title = "Class names alone"
    return result(dataset, sample, "zero-shot", title, measured, predicted, backbone, method=method)


def class_name_answers(dataset: Dataset, backbone: Backbone, sample: Sample) -> tuple[np.ndarray, str]:
    """The answers of the class names alone, (n,), and the method in words.

    Where the backbone knows no ImageNet classes, the default one reads the sample for this.
    """
    from probes.zero_shot import conse, nearest_names

    if not knows_names(backbone):
        backbone = namer(dataset, backbone)
        found = features_of(dataset, sample.rows, backbone)
        sample = replace(sample, features=np.asarray(found.array))
    names = embed_names(dataset.classes, backbone)
    if names.imagenet is None:
        scores, method = nearest_names(sample.features, names.classes), f"Class names embedded by {names.encoder}"
    else:
        image_backbone: Any = backbone
        source = image_backbone.source_probabilities(sample.features)
        scores, method = conse(source, names.imagenet, names.classes), "Class names matched to ImageNet's (ConSE)"
    return scores.argmax(axis=1), method


@stage("knn")
def nearest(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """The nearest labelled examples vote, leave-one-out."""
    from probes.neighbours import knn

    vote = knn(
        sample.features, sample.labels, dataset.metric, sample.groups, n_classes=len(dataset.classes), near=sample.near
    )
    title = "Nearest labelled examples"
    return result(
        dataset, sample, "knn", title, vote.measured, vote.predicted, backbone, k=vote.k, n_fit=len(sample.rows)
    )


@stage("linear")
def linear(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample, seconds_limit: float
) -> tuple[ProbeResult, LinearProbe]:
    """A linear probe, cross-validated; also all that it measured, for the probes that start from it."""
    from probes.linear import linear_probe

    probe = linear_probe(
        sample.features, sample.labels, dataset.metric, sample.groups, seconds_limit=seconds_limit,
        n_classes=len(dataset.classes),
    )  # fmt: skip
    answer = result(
        dataset,
        sample,
        "linear",
        "Linear probe on frozen features",
        probe.measured,
        probe.oof_predicted,
        backbone,
        **probe.recipe.settings,
        n_fit=probe.n_fit,
        seconds_per_item=calibration.seconds_per_item,
    )
    return answer, probe


def result(
    dataset: Dataset,
    sample: Sample,
    name: str,
    title: str,
    measured: Measured,
    predicted: np.ndarray,
    backbone: Backbone | None = None,
    **settings: Any,
) -> ProbeResult:
    """A probe's result with its right answers per stratum, which the prediction interval starts from."""
    from probes.heads import recalls

    n_classes = len(dataset.classes)
    seen = counts(dataset.metric, sample.labels, predicted, n_classes)
    recall = recalls(sample.labels, predicted, n_classes)
    return ProbeResult(
        name=name,
        title=title,
        backbone=backbone.entry.name if backbone else None,
        measured=measured,
        settings={"right": seen.right.tolist(), "total": seen.total.tolist(), **settings},
        per_class={name: float(recall[c]) for c, name in enumerate(dataset.classes) if not np.isnan(recall[c])},
    )


def seen_counts(probe: ProbeResult) -> Counts:
    """The right answers per stratum that `result` stored."""
    return Counts(np.array(probe.settings["right"]), np.array(probe.settings["total"]))
