"""Evidence on images and texts with classes: what the probes measure on a backbone's features, in about a minute.

The locked test part is never opened; only its size per class is used, to say how much the test itself will scatter.
Train and validation parts together are the training part here, since every probe is cross-validated and chooses
nothing on data that it is scored on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.core.wording import counted
from advisor.data.features import load_backbone
from advisor.evidence.feature_probes import run_probes
from advisor.evidence.grow import grown
from advisor.evidence.instruments import instruments
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.opening import opened
from advisor.evidence.probed import Keep, forget
from advisor.evidence.sample import Sample, sampled
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from probes.backbones.catalog import Entry
    from probes.device import Calibration

#: Items of the first answer, and what its probes may cost: a budget for measuring, of which they take shares.
GLANCE_ITEMS, GLANCE_SECONDS = 200, 10.0


@dataclass(frozen=True)
class ProbedBackbone:
    """A backbone as `advisor.evidence.probed.ProbedModel`. ``load``: how it is loaded."""

    entry: Entry
    identities: tuple[str, ...]
    load: Load

    @classmethod
    def of(cls, dataset: Dataset, name: str | None, load: Load = load_backbone) -> Self:
        """The backbone called `name`, or the default for this kind of data. Raises BackboneError."""
        from probes.backbones import catalog
        from probes.backbones.weights import weights_hash

        modality = kind_row(dataset.kind).modality
        entry = catalog.find(name, modality) if name else catalog.default(modality)
        return cls(entry, (weights_hash(entry),), load)

    @property
    def name(self) -> str:
        """The catalog's name."""
        return self.entry.name

    def digest(self, identity: str) -> str:
        """The hash of the weights is one already."""
        return identity

    def glance(self, dataset: Dataset, keep: Keep) -> None:
        """The probes of the cheap rungs on a few items. Raises BackboneError, ProbeError."""
        glance(dataset, self.entry, self.load, keep)

    def measure(self, dataset: Dataset, budget_seconds: float, progress: Progress, keep: Keep = forget) -> Evidence:
        """Raises BackboneError when the weights cannot be had."""
        return measure(dataset, self.entry, budget_seconds, progress, self.load, keep)


def measure(
    dataset: Dataset,
    entry: Entry,
    budget_seconds: float,
    progress: Progress = silent,
    load: Load = load_backbone,
    keep: Keep = forget,
) -> Evidence:
    """Load the backbone, extract features of a stratified sample, and run every probe on them."""
    started = time.monotonic()
    progress("Loading the backbone and timing this device", 0.02)
    backbone, calibration = opened(dataset, entry, load)
    sample, notes = grown(dataset, backbone, calibration, budget_seconds, progress)

    def so_far(results: Sequence[ProbeResult], fields: dict[str, Any], remarks: Sequence[str] = ()) -> Evidence:
        known = evidence_so_far(dataset, backbone, calibration, sample, results, (*notes, *remarks), started)
        return known.model_copy(update=fields)

    results, probe, unnamed = run_probes(
        dataset, backbone, calibration, sample, budget_seconds, progress, lambda results: keep(so_far(results, {}))
    )
    keep(so_far(results, {}))
    results += probes_of(dataset).baselines(dataset, sample, budget_seconds, progress)
    fields, remarks = instruments(
        dataset, backbone, calibration, sample, results, probe, budget_seconds, progress,
        lambda fields: keep(so_far(results, fields)),
    )  # fmt: skip
    return so_far(results, fields, [*unnamed, *remarks])


def glance(dataset: Dataset, entry: Entry, load: Load, keep: Keep) -> None:
    """The probes of the cheap rungs on `GLANCE_ITEMS`, which the whole sample holds too, so that little is lost.

    Nothing where the training part is no larger. Raises BackboneError, ProbeError.
    """
    n_all = len(dataset.where("train", "val"))
    if n_all <= GLANCE_ITEMS:
        return
    started = time.monotonic()
    backbone, calibration = opened(dataset, entry, load)
    sample = sampled(dataset, backbone, calibration, GLANCE_ITEMS, silent)
    note = f"So far on {len(sample.rows):,} of {counted(n_all, 'training item')}; the measurement goes on."
    results, _, unnamed = run_probes(dataset, backbone, calibration, sample, GLANCE_SECONDS, silent)
    keep(evidence_so_far(dataset, backbone, calibration, sample, results, [note, *unnamed], started))


def evidence_so_far(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration,
    sample: Sample,
    results: Sequence[ProbeResult],
    notes: Sequence[str],
    started: float,
) -> Evidence:
    """What is measured so far; started: on the clock that never goes back."""
    test = dataset.where("test")
    return Evidence(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        backbone=backbone.entry.reference,
        backbone_hash=backbone.weights_hash,
        device=calibration.device,
        device_reason=calibration.reason,
        input_size=backbone.input_size,
        n_train=len(dataset.where("train", "val")),
        n_sample=sample.size,
        n_test=len(test),
        n_test_per_class=tuple(dataset.label_counts(test).tolist()),
        results=tuple(results),
        notes=tuple(notes),
        seconds=time.monotonic() - started,
    )
