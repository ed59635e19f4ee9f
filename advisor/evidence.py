"""Evidence: what the probes measure on the training part, in about a minute.

The locked test part is never looked at; only its size per class is used, to say how much the test
itself will scatter. Train and validation parts together are the training part here, since every probe
is cross-validated and chooses nothing on data it is scored on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.features import features_of, input_size, load_backbone
from advisor.names import embed_names
from advisor.records import Dataset, Evidence, ProbeResult
from probes.interval import Counts, counts
from probes.measured import Measured
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.features import Backbone
    from probes.backbones.catalog import Entry
    from probes.device import Calibration

#: Share of the budget for extracting features; the rest pays for the probes and the two pilots.
EXTRACTION_SHARE = 0.35
SAMPLE_ITEMS = (200, 4000)


@dataclass(frozen=True)
class Sample:
    """The rows the probes look at, with features. Shape: rows, labels, groups (n,), features (n, dim)."""

    rows: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    features: np.ndarray


def gather(dataset: Dataset, backbone: str | None, budget_seconds: float, progress: Progress = silent) -> Evidence:
    """Run the probes within about `budget_seconds`; the answer is kept and given again for the same question."""
    from probes.backbones import catalog
    from probes.backbones.weights import weights_hash

    entry = catalog.find(backbone, dataset.kind) if backbone else catalog.default(dataset.kind)
    kept = Path(dataset.folder) / f"evidence-{slug(entry.name)}-{weights_hash(entry)[:8]}-{budget_seconds:g}.json"
    latest = Path(dataset.folder) / "evidence.json"
    if kept.is_file():
        evidence = Evidence.load(kept)
        evidence.save(latest)
        return evidence
    evidence = measure(dataset, entry, budget_seconds, progress)
    evidence.save(kept)
    evidence.save(latest)
    return evidence


def measure(dataset: Dataset, entry: Entry, budget_seconds: float, progress: Progress = silent) -> Evidence:
    """Load the backbone, extract features of a stratified sample, and run every probe on them."""
    from probes import device as devices

    started = time.monotonic()
    progress("Loading the backbone and timing this device", 0.02)
    device = devices.pick()
    backbone = load_backbone(entry, input_size(dataset, entry), device)
    calibration = calibrated(dataset, backbone)
    sample, notes = sampled(dataset, backbone, calibration, budget_seconds, progress)
    results = run_probes(dataset, backbone, calibration, sample, budget_seconds, progress)
    test = dataset.where("test")
    return Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone=entry.reference,
        backbone_hash=backbone.weights_hash,
        device=device,
        device_reason=calibration.reason,
        input_size=backbone.input_size,
        n_train=len(dataset.where("train", "val")),
        n_sample=sample_size(calibration, budget_seconds),
        n_test=len(test),
        n_test_per_class=tuple(np.bincount(dataset.labels[test], minlength=len(dataset.classes)).tolist()),
        results=tuple(results),
        notes=tuple(notes),
        seconds=time.monotonic() - started,
    )


def sampled(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, budget_seconds: float, progress: Progress
) -> tuple[Sample, list[str]]:
    """A stratified sample as large as its share of the budget pays for, with features; unreadable items drop out."""
    rows = dataset.where("train", "val")
    chosen = sample_rows(dataset, sample_size(calibration, budget_seconds))

    def step(sentence: str, share: float) -> None:
        progress(sentence, 0.05 + 0.3 * share)

    features = features_of(dataset, chosen, backbone, step, calibration)
    notes = []
    if len(chosen) < len(rows):
        notes.append(f"The probes looked at {len(chosen):,} of {len(rows):,} training items, every class among them.")
    if not features.ok.all():
        notes.append(f"{int((~features.ok).sum())} items could not be decoded and were left out.")
    kept = chosen[features.ok]
    groups = related(dataset)[kept]
    return Sample(kept, dataset.labels[kept], groups, np.asarray(features.array)[features.ok]), notes


def sample_size(calibration: Calibration, budget_seconds: float) -> int:
    """How many items the extraction's share of the budget pays for."""
    return int(np.clip(calibration.items_per_second * budget_seconds * EXTRACTION_SHARE, *SAMPLE_ITEMS))


def sample_rows(dataset: Dataset, size: int) -> np.ndarray:
    """The rows the probes look at, the same for the same size."""
    rows = dataset.where("train", "val")
    return stratified(rows, dataset.labels[rows], size)


def calibrated(dataset: Dataset, backbone: Backbone) -> Calibration:
    """Time this backbone on this device with the dataset's own kind of item."""
    from probes.device import calibrate_backbone

    texts = None
    if dataset.kind == "text":
        train = dataset.where("train", "val")
        texts = dataset.items["text"].iloc[train[:: max(1, len(train) // 64)][:64]].tolist()
    return calibrate_backbone(backbone, texts)


def stratified(rows: np.ndarray, labels: np.ndarray, size: int, seed: int = 0) -> np.ndarray:
    """At most about `size` of `rows`, class shares kept, at least eight of each class where it has them."""
    from probes.folds import stratified_subset

    chosen: np.ndarray = rows[stratified_subset(labels, size, seed, at_least=8)]
    return chosen


def related(dataset: Dataset) -> np.ndarray:
    """One number per item; items of one group or one duplicate cluster share it. Shape: (n_used,) int64."""
    from advisor.dataset.split import unit_numbers
    from advisor.dataset.store import kept_clusters

    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    rows = [[row_of[key] for key in cluster["keys"] if key in row_of] for cluster in kept_clusters(dataset)]
    return unit_numbers(dataset.items["group"], [cluster for cluster in rows if cluster])


def run_probes(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration,
    sample: Sample,
    budget_seconds: float,
    progress: Progress,
) -> list[ProbeResult]:
    """Every probe that applies to this kind, in the order of the ladder."""
    progress("Asking for the majority class", 0.36)
    results = [majority(dataset, sample)]
    progress("Trying the class names alone", 0.37)
    results.append(zero_shot(dataset, backbone, sample))
    progress("Letting the nearest examples vote", 0.41)
    results.append(nearest(dataset, backbone, sample))
    progress("Training a linear probe", 0.44)
    results.append(linear(dataset, backbone, calibration, sample, budget_seconds))
    if dataset.kind == "text":
        progress("Training TF-IDF with a linear model", 0.52)
        results.append(tfidf(dataset, sample, budget_seconds))
    return results


def majority(dataset: Dataset, sample: Sample) -> ProbeResult:
    """What always answering the largest class reaches."""
    from probes import baselines

    found = baselines.majority(sample.labels, dataset.metric, len(dataset.classes))
    return result(dataset, sample, "majority", "Always the largest class", found.measured, found.predicted)


def zero_shot(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """Class names decide: ConSE for images, the nearest class name for texts. No label is used."""
    from probes.interval import measured_score
    from probes.zero_shot import conse, nearest_names

    started = time.monotonic()
    names = embed_names(dataset.classes, backbone)
    if names.imagenet is None:
        scores, method = nearest_names(sample.features, names.classes), f"Class names embedded by {names.encoder}"
    else:
        image_backbone: Any = backbone
        source = image_backbone.source_probabilities(sample.features)
        scores, method = conse(source, names.imagenet, names.classes), "Class names matched to ImageNet's (ConSE)"
    predicted = scores.argmax(axis=1)
    measured = measured_score(
        dataset.metric, sample.labels, predicted, len(dataset.classes), time.monotonic() - started
    )
    title = "Class names alone"
    return result(dataset, sample, "zero-shot", title, measured, predicted, backbone, method=method)


def nearest(dataset: Dataset, backbone: Backbone, sample: Sample) -> ProbeResult:
    """The nearest labelled examples vote, leave-one-out."""
    from probes.neighbours import knn

    found = knn(sample.features, sample.labels, dataset.metric, sample.groups, n_classes=len(dataset.classes))
    title = "Nearest labelled examples"
    return result(
        dataset, sample, "knn", title, found.measured, found.predicted, backbone, k=found.k, n_fit=len(sample.rows)
    )


def linear(
    dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample, budget_seconds: float
) -> ProbeResult:
    """A linear probe, cross-validated, with the learning curve that carries it to the full training part."""
    from probes.learning_curve import slope
    from probes.linear import linear_probe

    n_classes = len(dataset.classes)
    limit = 0.12 * budget_seconds
    found = linear_probe(
        sample.features, sample.labels, dataset.metric, sample.groups, seconds_limit=limit, n_classes=n_classes
    )
    curve = slope(
        sample.features, sample.labels, dataset.metric, sample.groups, found.regularisation, n_classes=n_classes
    )
    return result(
        dataset,
        sample,
        "linear",
        "Linear probe on frozen features",
        found.measured,
        found.oof_predicted,
        backbone,
        regularisation=found.regularisation,
        n_fit=found.n_fit,
        curve={"a": curve.a, "b": curve.b, "points": [list(point) for point in curve.points]},
        seconds_per_item=1.0 / max(calibration.items_per_second, 1e-6),
    )


def tfidf(dataset: Dataset, sample: Sample, budget_seconds: float) -> ProbeResult:
    """TF-IDF with a linear model: the honest cheap baseline for texts."""
    from probes import baselines

    texts = dataset.items["text"].iloc[sample.rows].tolist()
    found = baselines.tfidf(
        texts,
        sample.labels,
        dataset.metric,
        sample.groups,
        seconds_limit=0.1 * budget_seconds,
        n_classes=len(dataset.classes),
    )
    title = "TF-IDF with a linear model"
    return result(dataset, sample, "tfidf", title, found.measured, found.predicted, n_fit=found.n_fit)


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
    """A probe's answer with its right answers per stratum, which the prediction interval starts from."""
    from probes.linear import recalls

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


def slug(name: str) -> str:
    """A name as part of a file name."""
    import hashlib

    plain = "".join(ch if ch.isalnum() or ch in "-." else "-" for ch in name)[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
