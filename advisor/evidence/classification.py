"""Evidence on images and texts with classes: what the probes measure on a backbone's features, in about a minute.

The locked test part is never opened; only its size per class is used, to say how much the test itself will scatter.
Train and validation parts together are the training part here, since every probe is cross-validated and chooses
nothing on data that it is scored on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.core.wording import counted
from advisor.data.features import feature_cache, input_size, load_backbone
from advisor.evidence.curve import measure_curve
from advisor.evidence.feature_probes import run_probes
from advisor.evidence.grow import grown
from advisor.evidence.issues import measure_issues
from advisor.evidence.layers import measure_joined, probe_every_layer, record
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.probed import Keep, forget
from advisor.evidence.sample import Sample, sampled
from advisor.evidence.scores import measure_scores
from probes.progress import Progress, silent, within

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from probes.backbones.catalog import Entry
    from probes.device import Calibration
    from probes.linear import LinearProbe

#: Shares of the budget for the probes of every layer, for those on joined layers, and for asking a language model.
LAYERS_SHARE, JOINED_SHARE, PROMPT_SHARE = 0.08, 0.1, 0.2
#: The distance from the pre-training data takes about 3 s on a processor, which is what everything else takes on a
#: few hundred items, and LadderBench's decisions are as good without it: a short budget has no room for it.
DOMAIN_BUDGET_SECONDS = 30.0
#: Items of the first answer, and what its probes may cost: a budget for measuring, of which they take shares.
GLANCE_ITEMS, GLANCE_SECONDS = 200, 10.0
NO_DOMAIN = (
    f"The distance from the pre-training data was not measured: that takes a budget of at least "
    f"{DOMAIN_BUDGET_SECONDS:.0f} s."
)


@dataclass(frozen=True)
class ProbedBackbone:
    """A backbone as `advisor.evidence.probed.ProbedModel`. ``load``: how it is loaded."""

    entry: Entry
    identities: tuple[str, ...]
    load: Load

    @classmethod
    def of(cls, dataset: Dataset, name: str | None, load: Load = load_backbone) -> ProbedBackbone:
        """The backbone called `name`, or the default for this kind of data. Raises BackboneError."""
        from probes.backbones import catalog
        from probes.backbones.weights import weights_hash

        entry = (
            catalog.find(name, kind_row(dataset.kind).modality)
            if name
            else catalog.default(kind_row(dataset.kind).modality)
        )
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
        known = _evidence(dataset, backbone, calibration, sample, results, (*notes, *remarks), started)
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
    keep(_evidence(dataset, backbone, calibration, sample, results, [note, *unnamed], started))


def opened(dataset: Dataset, entry: Entry, load: Load) -> tuple[Backbone, Calibration]:
    """The backbone on this device, and how it runs there."""
    from probes import device as devices
    from probes.calibrations import calibration_of

    backbone = load(entry, input_size(dataset, entry), devices.pick())
    return backbone, calibration_of(backbone, feature_cache(), probes_of(dataset).texts_to_time(dataset))


def _evidence(
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
        n_test_per_class=tuple(np.bincount(dataset.labels[test], minlength=len(dataset.classes)).tolist()),
        results=tuple(results),
        notes=tuple(notes),
        seconds=time.monotonic() - started,
    )


def instruments(
    dataset: Dataset,
    backbone: Backbone,
    calibration: Calibration,
    sample: Sample,
    results: list[ProbeResult],
    probe: LinearProbe,
    budget_seconds: float,
    progress: Progress,
    keep: Callable[[dict[str, Any]], None],
) -> tuple[dict[str, Any], list[str]]:
    """What the other instruments measure on the sample, as fields of the evidence, and what could not be measured.

    The probes on joined layers and with prompts are appended to `results`. keep: gets the fields so far.
    """
    fields: dict[str, Any] = {}
    progress("Measuring how much more data would help", 0.54)
    fields["curve"] = measure_curve(dataset, sample, probe.recipe)
    keep(fields)
    progress("Scoring transferability", 0.62)
    fields["scores"] = measure_scores(dataset, backbone, sample, results)
    fields["findings"] = measure_issues(
        dataset, sample, probe.oof_probability, probe.oof_predicted, backbone_hash=backbone.weights_hash,
        n_sample=sample.size, progress=within(progress, 0.66, 0.80),
    )  # fmt: skip
    keep(fields)
    probed = probe_every_layer(
        dataset, backbone, calibration, sample, LAYERS_SHARE * budget_seconds, within(progress, 0.80, 0.86)
    )
    fields["depths"] = None if probed is None else record(probed.probes, probed.seconds)
    progress("Joining layers", 0.86)
    joined = measure_joined(dataset, backbone, calibration, sample, JOINED_SHARE * budget_seconds, probed, probe)
    results += [joined] if joined is not None else []
    keep(fields)
    extra = probes_of(dataset)
    prompts, unprompted = extra.prompts(
        dataset, backbone, sample, PROMPT_SHARE * budget_seconds, within(progress, 0.87, 0.94)
    )
    results += prompts
    keep(fields)
    unplaced: str | None = NO_DOMAIN
    if budget_seconds >= DOMAIN_BUDGET_SECONDS:
        progress("Measuring the distance from the pre-training data", 0.94)
        fields["domain"], unplaced = extra.domain(
            dataset, backbone, sample.rows, calibration, within(progress, 0.94, 1.0)
        )
    return fields, [note for note in (unplaced, unprompted) if note]
