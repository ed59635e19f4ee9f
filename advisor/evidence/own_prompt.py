"""A prompt of the user's own: measured like the evidence's, on the same sample, and kept with the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import AdviceError
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.features import features_of, load_backbone
from advisor.evidence.prompts import FEW, NEAR, OWN, ZERO, Asked, cheaper_answers
from advisor.evidence.sample import Sample, related, sample_rows
from advisor.llm.asking import SHOTS, Ask
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone


def measure_own(
    dataset: Dataset,
    evidence: Evidence,
    template: str | None = None,
    model: str | None = None,
    shots: int = SHOTS,
    seconds: float = 20.0,
    secrets: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> ProbeResult:
    """Measure a template with a model on as many items of the evidence's sample as the seconds allow.

    template: None for the one that is there. model: as `chat_model` takes it. Raises AdviceError where there is
    nothing to classify in words, ProbeError for a template that lacks something, BackboneError, EndpointError.
    """
    from advisor.llm.models import chat_model
    from probes.backbones import catalog
    from probes.prompting import Template

    if dataset.kind != "text":
        raise AdviceError(f"A prompt can be edited for texts with classes, and {dataset.name} is {dataset.kind} data.")
    written = Template(template if template is not None else template_of(evidence)).check().text
    progress("Loading the language model", 0.0)
    asked = chat_model(model, evidence.device, progress, secrets)
    entry = catalog.find(evidence.backbone, dataset.kind)
    backbone = load_backbone(entry, evidence.input_size, evidence.device)
    sample = sample_of(dataset, evidence, backbone)
    cheaper = cheaper_answers(dataset, backbone, sample)
    progress(f"Asking {asked.name}", 0.2)
    with_examples = shots > 0
    found = Asked.of(dataset, sample, asked, model, written, cheaper, max(shots, 1)).measure(
        OWN, seconds, with_examples
    )
    if found is None:
        raise AdviceError(f"{dataset.name} has too few labelled texts beside the examples. Show fewer, or add texts.")
    return found


def sample_of(dataset: Dataset, evidence: Evidence, backbone: Backbone) -> Sample:
    """The sample that the evidence was measured on, its features from the cache."""
    rows = sample_rows(dataset, evidence.n_sample or 200)
    found = features_of(dataset, rows, backbone)
    kept = rows[found.ok]
    features = np.ascontiguousarray(np.asarray(found.array)[found.ok])
    return Sample(kept, dataset.labels[kept], related(dataset)[kept], features, len(rows))


def with_own(evidence: Evidence, own: ProbeResult, *places: Path) -> Evidence:
    """The evidence with this prompt in the place of an earlier one, saved at `places`."""
    others = tuple(one for one in evidence.results if one.name != OWN)
    made = evidence.model_copy(update={"results": (*others, own)})
    for place in places:
        made.save(place)
    return made


def prompts_of(evidence: Evidence) -> list[ProbeResult]:
    """The prompts that were measured, the user's own first."""
    return [one for name in (OWN, ZERO, FEW, NEAR) if (one := evidence.result(name)) is not None]


def template_of(evidence: Evidence) -> str:
    """The template in use: the user's own, else the default."""
    from probes.prompting import ZERO_SHOT

    own = evidence.result(OWN)
    return Ask.of(own.settings["ask"]).template if own is not None else ZERO_SHOT
