"""Evidence: what the probes measure on the training part, in about a minute.

The locked test part is never looked at; only its size per class is used, to say how much the test
itself will scatter. Train and validation parts together are the training part here, since every probe
is cross-validated and chooses nothing on data it is scored on.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.features import input_size, load_backbone
from advisor.evidence.clip import measure_clip
from advisor.evidence.curve import measure_curve
from advisor.evidence.depth import measure_depths
from advisor.evidence.domain import measure_domain
from advisor.evidence.domain_text import missing_note
from advisor.evidence.grow import grown
from advisor.evidence.issues import measure_issues
from advisor.evidence.joined import measure_joined
from advisor.evidence.own_prompt import with_own
from advisor.evidence.prompts import measure_prompts
from advisor.evidence.rungs import run_probes
from advisor.evidence.sample import Sample, calibrated
from advisor.evidence.scores import measure_scores
from advisor.evidence.under import Under
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from probes.backbones.catalog import Entry
    from probes.device import Calibration
    from probes.linear import LinearProbe

#: Shares of the budget for the probes at every depth, for those on joined depths, and for asking a language model.
DEPTH_SHARE, JOINED_SHARE, PROMPT_SHARE = 0.08, 0.1, 0.2


def gather(
    dataset: Dataset,
    backbone: str | None,
    budget_seconds: float,
    progress: Progress = silent,
    load: Load = load_backbone,
) -> Evidence:
    """Run the probes within about `budget_seconds`; the answer is kept and given again for the same question.

    ``backbone``: the language model's name where questions are answered. ``load``: how another is loaded, for a caller
    who needs it afterwards. Raises BackboneError.
    """
    from advisor.evidence.answering.measures import asker

    under = asker(backbone) if dataset.kind == "qa" else features_under(dataset, backbone, load)
    evidence = kept(dataset, under, budget_seconds)
    if evidence is None:
        evidence = under.measure(dataset, budget_seconds, progress)
        evidence.save(kept_at(dataset, under, evidence.backbone_hash, budget_seconds))
    evidence.save(dataset.files.evidence)
    return evidence


def features_under(dataset: Dataset, backbone: str | None, load: Load = load_backbone) -> Under:
    """The backbone whose features are probed, the kind's default where none is named. Raises BackboneError."""
    from probes.backbones import catalog
    from probes.backbones.weights import weights_hash

    entry = catalog.find(backbone, dataset.kind) if backbone else catalog.default(dataset.kind)
    return Under(
        entry.name,
        (weights_hash(entry),),
        digest=str,
        measure=lambda dataset, seconds, progress: measure(dataset, entry, seconds, progress, load),
    )


def kept(dataset: Dataset, under: Under, budget_seconds: float) -> Evidence | None:
    """The evidence of this model and budget that is kept; None where there is none."""
    places = (kept_at(dataset, under, identity, budget_seconds) for identity in under.identities)
    return next((evidence for place in places if (evidence := Evidence.saved(place)) is not None), None)


def kept_at(dataset: Dataset, under: Under, identity: str, budget_seconds: float) -> Path:
    """Where the evidence of this model, by its identity, and of this budget is kept."""
    return dataset.files.evidence_of(under.name, under.digest(identity), budget_seconds)


def keep_own_prompt(
    dataset: Dataset, backbone: str | None, budget_seconds: float, evidence: Evidence, own: ProbeResult
) -> Evidence:
    """The evidence with the user's own prompt in it, kept in the place of the one without."""
    place = kept_at(dataset, features_under(dataset, backbone), evidence.backbone_hash, budget_seconds)
    return with_own(evidence, own, place, dataset.files.evidence)


def measure(
    dataset: Dataset, entry: Entry, budget_seconds: float, progress: Progress = silent, load: Load = load_backbone
) -> Evidence:
    """Load the backbone, extract features of a stratified sample, and run every probe on them."""
    from probes import device as devices

    started = time.monotonic()
    progress("Loading the backbone and timing this device", 0.02)
    device = devices.pick()
    backbone = load(entry, input_size(dataset, entry), device)
    calibration = calibrated(dataset, backbone)
    sample, notes = grown(dataset, backbone, calibration, budget_seconds, progress)
    results, found = run_probes(dataset, backbone, calibration, sample, budget_seconds, progress)
    more, remarks = instruments(dataset, backbone, calibration, sample, results, found, budget_seconds, progress)
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
        n_sample=sample.size,
        n_test=len(test),
        n_test_per_class=tuple(np.bincount(dataset.labels[test], minlength=len(dataset.classes)).tolist()),
        results=tuple(results),
        notes=(*notes, *remarks),
        seconds=time.monotonic() - started,
        **more,
    )


def instruments(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration,
    sample: Sample,
    results: list[ProbeResult],
    found: LinearProbe,
    budget_seconds: float,
    progress: Progress,
) -> tuple[dict[str, Any], list[str]]:
    """What the other instruments say of the sample, as fields of the evidence, and remarks on what could not be.

    The probe on joined depths joins `results`, where it beats the last features.
    """
    progress("Measuring how much more data would help", 0.54)
    more: dict[str, Any] = {"curve": measure_curve(dataset, sample, found.recipe)}
    progress("Scoring transferability", 0.62)
    more["scores"] = measure_scores(dataset, backbone, sample, results)
    more["findings"] = measure_issues(
        dataset, sample, found.oof_probability, found.oof_predicted, backbone_hash=backbone.weights_hash,
        n_sample=sample.size, progress=within(progress, 0.66, 0.80),
    )  # fmt: skip
    more["depths"] = measure_depths(
        dataset, backbone, calibration, sample, DEPTH_SHARE * budget_seconds, within(progress, 0.80, 0.86)
    )
    progress("Joining depths", 0.86)
    joined = measure_joined(dataset, backbone, calibration, sample, JOINED_SHARE * budget_seconds)
    if joined is not None:
        results.append(joined)
    asked, note = measure_prompts(
        dataset, backbone, sample, PROMPT_SHARE * budget_seconds, within(progress, 0.87, 0.94)
    )
    seen, remark = measure_clip(dataset, backbone, sample, PROMPT_SHARE * budget_seconds, progress)
    results += [*asked, *seen]
    progress("Measuring how far from home", 0.94)
    more["domain"] = measure_domain(dataset, backbone, sample.rows, calibration, within(progress, 0.94, 1.0))
    missing = missing_note() if dataset.kind == "text" and more["domain"] is None else None
    return more, [told for told in (missing, note, remark) if told]


def within(progress: Progress, start: float, end: float) -> Progress:
    """Progress whose 0 to 1 is the stretch from `start` to `end` of another's."""
    return lambda sentence, share: progress(sentence, start + share * (end - start))
