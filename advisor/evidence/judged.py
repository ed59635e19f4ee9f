"""Which items the checks have judged: the probes' sample, or the whole training part once somebody asks for it.

The probes stop as soon as the decision between the rungs is clear, often after a few hundred items. Whoever corrects
labels wants all of them looked at, so the same checks run again on the training part, up to `MOST` items.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, Finding, Record
from advisor.data.features import load_backbone
from advisor.evidence import issues
from advisor.evidence.layers import layer_features
from advisor.evidence.opening import calibrated
from advisor.evidence.sample import Sample, sampled
from probes.progress import Progress, silent, within

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.linear import LinearProbe

#: Items that are judged at most: similarities of all pairs are computed, in pieces.
MOST = 20_000
#: Where the probe errs on at most this share of the labels, wrong ones included, all labels are listed of which it and
#: the neighbours are `SURE` that they are another class; elsewhere only as many as are counted wrong. With 5 % of
#: labels flipped, in two splits of digits (98.6 % right) the list grew from 51 to 60 of the 72 flips with half a false
#: alarm more; in three splits of textures (90 % right) by half a flip of 48, with nine false alarms.
KNOWS_WELL, SURE = 0.1, 0.7
#: Seconds for the linear probe, and for the one on labels flipped on purpose.
PROBE_SECONDS, CHECK_SECONDS = 60.0, 30.0
#: The share of the work that reading items takes.
READING = 0.7


class Judged(Record):
    """With what, and on how many items, the checks were made; the rows lie beside, as the evidence's do.

    ``n_sample``: the items asked for. ``findings``: the sentences about them. ``probe_error``: the share of the labels
    that the linear probe gets wrong, wrong ones included; None where a former version judged.
    """

    backbone: str
    backbone_hash: str
    input_size: int
    n_sample: int
    findings: tuple[Finding, ...] = ()
    probe_error: float | None = None

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """What the probes judged."""
        linear = evidence.result("linear")
        return cls(
            backbone=evidence.backbone,
            backbone_hash=evidence.backbone_hash,
            input_size=evidence.input_size,
            n_sample=evidence.n_sample,
            findings=evidence.findings,
            probe_error=None if linear is None else 1 - linear.measured.value,
        )


def n_to_judge(dataset: Dataset) -> int:
    """How many items a judgement of the whole training part takes in."""
    return min(len(dataset.where("train", "val")), MOST)


def judged(dataset: Dataset, evidence: Evidence) -> Judged:
    """The widest judgement there is with the evidence's backbone."""
    kept = Judged.saved(dataset.files.judged)
    if kept is not None and kept.backbone_hash == evidence.backbone_hash and kept.n_sample > evidence.n_sample:
        return kept
    return Judged.of(evidence)


def is_whole(dataset: Dataset, of: Judged) -> bool:
    """Whether every item that can be judged was."""
    return of.n_sample >= n_to_judge(dataset)


def judge_all(dataset: Dataset, evidence: Evidence, progress: Progress = silent) -> Judged:
    """Run the checks on the whole training part, unless they were; kept beside the dataset.

    Raises BackboneError, DatasetError when files changed since they were read.
    """
    known = judged(dataset, evidence)
    if is_whole(dataset, known) and not issues.load_issues(dataset, known).empty:
        return known
    whole = judge(dataset, known.model_copy(update={"n_sample": n_to_judge(dataset)}), progress=progress)
    whole.save(dataset.files.judged)
    return whole


def judge(dataset: Dataset, of: Judged, check_seconds: float = CHECK_SECONDS, progress: Progress = silent) -> Judged:
    """Run the checks on the items asked for; their rows are kept. check_seconds: for the test of the list.

    The probe is that of the layers that serve best, as the frozen rung's: a better probe takes fewer hard items for
    wrong ones.
    """
    backbone, calibration = opened(dataset, of, progress)
    sample = sampled(dataset, backbone, calibration, of.n_sample, within(progress, 0.05, READING))
    progress("Training a linear probe on all items", READING)
    probe = best_probe(dataset, backbone, calibration, sample)
    error = float(np.mean(probe.oof_predicted != sample.labels))
    findings = issues.measure_issues(
        dataset, sample, probe.oof_probability, probe.oof_predicted, backbone_hash=of.backbone_hash,
        n_sample=of.n_sample, seconds_limit=check_seconds, sure=SURE if error <= KNOWS_WELL else None,
        progress=within(progress, READING + 0.1, 1.0),
    )  # fmt: skip
    return of.model_copy(update={"findings": findings, "probe_error": error})


def best_probe(dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample) -> LinearProbe:
    """The linear probe on the join of layers with the least held-out log loss, of every item of the sample."""
    from probes.folds import stratified_subset
    from probes.joined import MOST_ITEMS, joined, probe_joins
    from probes.linear import linear_probe

    metric, n_classes = dataset.metric, len(dataset.classes)
    layers = layer_features(dataset, backbone, calibration, sample, len(sample.rows))
    if layers is None:
        return linear_probe(sample.features, sample.labels, metric, sample.groups, n_classes=n_classes)
    parts, few = layers.by_layer, stratified_subset(sample.labels, MOST_ITEMS)
    best = probe_joins(
        {name: own[few] for name, own in parts.items()}, sample.labels[few], metric, sample.groups[few], n_classes
    )
    if len(few) == len(sample.rows):
        return best.probe
    every = joined(parts, best.layers)
    return linear_probe(every, sample.labels, metric, sample.groups, seconds_limit=PROBE_SECONDS, n_classes=n_classes)


def sample_of(dataset: Dataset, of: Judged, progress: Progress = silent) -> Sample:
    """The items judged, with features, mostly from the cache. Raises BackboneError."""
    backbone, calibration = opened(dataset, of, progress)
    return sampled(dataset, backbone, calibration, of.n_sample, within(progress, 0.05, 1.0))


def opened(dataset: Dataset, of: Judged, progress: Progress = silent) -> tuple[Backbone, Calibration]:
    """The backbone of a judgement on this device, and how fast it is here. Raises BackboneError."""
    from probes import device as devices
    from probes.backbones import catalog

    progress("Loading the backbone", 0.0)
    entry = catalog.find(of.backbone, kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, of.input_size, devices.pick())
    return backbone, calibrated(dataset, backbone)
