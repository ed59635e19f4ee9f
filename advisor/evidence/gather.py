"""Evidence: what the probes measure on the training part, in about a minute.

The locked test part is never looked at; only its size per class is used, to say how much the test
itself will scatter. Train and validation parts together are the training part here, since every probe
is cross-validated and chooses nothing on data it is scored on.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from advisor.errors import StorageError
from advisor.evidence.curve import measure_curve
from advisor.evidence.grow import grown
from advisor.evidence.rungs import run_probes
from advisor.evidence.sample import calibrated
from advisor.features import input_size, load_backbone
from advisor.records import Dataset, Evidence
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.catalog import Entry


def gather(dataset: Dataset, backbone: str | None, budget_seconds: float, progress: Progress = silent) -> Evidence:
    """Run the probes within about `budget_seconds`; the answer is kept and given again for the same question."""
    from probes.backbones import catalog
    from probes.backbones.weights import weights_hash

    entry = catalog.find(backbone, dataset.kind) if backbone else catalog.default(dataset.kind)
    kept = Path(dataset.folder) / f"evidence-{slug(entry.name)}-{weights_hash(entry)[:8]}-{budget_seconds:g}.json"
    latest = Path(dataset.folder) / "evidence.json"
    known = saved(kept)
    if known is not None:
        known.save(latest)
        return known
    evidence = measure(dataset, entry, budget_seconds, progress)
    evidence.save(kept)
    evidence.save(latest)
    return evidence


def saved(path: Path) -> Evidence | None:
    """The evidence kept at `path`; None when there is none, or none that this version can read: it is gathered anew."""
    try:
        return Evidence.load(path) if path.is_file() else None
    except StorageError:
        return None


def measure(dataset: Dataset, entry: Entry, budget_seconds: float, progress: Progress = silent) -> Evidence:
    """Load the backbone, extract features of a stratified sample, and run every probe on them."""
    from probes import device as devices

    started = time.monotonic()
    progress("Loading the backbone and timing this device", 0.02)
    device = devices.pick()
    backbone = load_backbone(entry, input_size(dataset, entry), device)
    calibration = calibrated(dataset, backbone)
    sample, notes = grown(dataset, backbone, calibration, budget_seconds, progress)
    results, found = run_probes(dataset, backbone, calibration, sample, budget_seconds, progress)
    progress("Measuring how much more data would help", 0.55)
    curve = measure_curve(dataset, sample, found.recipe)
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
        curve=curve,
        notes=tuple(notes),
        seconds=time.monotonic() - started,
    )


def slug(name: str) -> str:
    """A name as part of a file name."""
    plain = "".join(ch if ch.isalnum() or ch in "-." else "-" for ch in name)[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
