"""What is measured on the sample beside the probes of the rungs: how much more data would help, scores, issues, layers.

Most of it computes in one thread, so the distance of images from the pre-training data, one pass through the network,
is measured beside it on the other cores.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from advisor.core.records import Dataset, Domain, ProbeResult
from advisor.evidence.curve import measure_curve
from advisor.evidence.issues import measure_issues
from advisor.evidence.layers import measure_joined, probe_every_layer, record
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.sample import Sample
from advisor.evidence.scores import measure_scores
from probes.progress import Progress, silent, within
from probes.timings import beside

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.linear import LinearProbe

#: Shares of the budget for the probes of every layer, for those on joined layers, and for asking a language model.
LAYERS_SHARE, JOINED_SHARE, PROMPT_SHARE = 0.08, 0.1, 0.2
#: The distance from the pre-training data takes about 3 s on a processor, which is what everything else takes on a
#: few hundred items, and LadderBench's decisions are as good without it: a short budget has no room for it.
DOMAIN_BUDGET_SECONDS = 30.0
NO_DOMAIN = (
    f"The distance from the pre-training data was not measured: that takes a budget of at least "
    f"{DOMAIN_BUDGET_SECONDS:.0f} s."
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
    distance = _Distance(dataset, backbone, calibration, sample, budget_seconds)
    progress("Measuring how much more data would help", 0.54)
    fields["curve"] = measure_curve(dataset, sample, probe)
    keep(fields)
    progress("Scoring transferability", 0.62)
    fields["scores"] = measure_scores(dataset, backbone, sample, results)
    fields["findings"] = measure_issues(
        dataset, sample, probe.oof_probability, probe.oof_predicted, backbone_hash=backbone.weights_hash,
        n_sample=sample.size, axes=probe.axes, progress=within(progress, 0.66, 0.80),
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
    fields["domain"], unplaced = distance.result(within(progress, 0.94, 1.0))
    return fields, [note for note in (unplaced, unprompted) if note]


class _Distance:
    """The distance from the pre-training data: begun at once in another thread where the modality allows that."""

    def __init__(
        self, dataset: Dataset, backbone: Backbone, calibration: Calibration, sample: Sample, budget_seconds: float
    ) -> None:
        self.extra = probes_of(dataset)
        self.arguments = dataset, backbone, sample.rows, calibration
        self.has_time = budget_seconds >= DOMAIN_BUDGET_SECONDS
        self.begun = None
        if self.has_time and self.extra.domain_beside:
            pool = ThreadPoolExecutor(1, thread_name_prefix="domain")
            self.begun = pool.submit(beside("domain", self.extra.domain), *self.arguments, silent)
            pool.shutdown(wait=False)  # once it has ended

    def result(self, progress: Progress) -> tuple[Domain | None, str | None]:
        """The distance, and a sentence where it could not be measured."""
        if not self.has_time:
            return None, NO_DOMAIN
        progress("Measuring the distance from the pre-training data", 0.0)
        return self.begun.result() if self.begun is not None else self.extra.domain(*self.arguments, progress)
