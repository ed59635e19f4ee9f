"""A user's own prompt: measured as the evidence's are, on the same sample, and kept with the evidence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.errors import AdviceError
from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Evidence, ProbeResult
from advisor.data.features import features_of, load_backbone
from advisor.data.task import task_of
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.prompts import FEW, NEAR, OWN, ZERO, PromptedSample, unprompted
from advisor.evidence.sample import Sample, related, sample_rows
from advisor.llm.asking import SHOTS, PromptSetup
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

    template: None for the one in use. model: as `chat_model` takes it. Raises AdviceError where there are no texts to
    classify, ProbeError for a template that lacks something, BackboneError, EndpointError.
    """
    from advisor.llm.models import chat_model
    from probes.backbones import catalog
    from probes.prompting import Template

    if not (task_of(dataset).has_classes and probes_of(dataset).takes_prompts):
        raise AdviceError(
            f"Only texts with classes take a prompt of your own, and {dataset.name} is {dataset.kind} data."
        )
    written = Template(template if template is not None else template_of(evidence)).check().text
    progress("Loading the language model", 0.0)
    chat = chat_model(model, evidence.device, progress, secrets)
    entry = catalog.find(evidence.backbone, kind_row(dataset.kind).modality)
    backbone = load_backbone(entry, evidence.input_size, evidence.device)
    sample = sample_of(dataset, evidence, backbone)
    others = unprompted(dataset, backbone, sample)
    progress(f"Asking {chat.name}", 0.2)
    prompted = PromptedSample.of(dataset, sample, chat, model, written, others, max(shots, 1))
    own = prompted.measure(OWN, seconds, shots=shots > 0)
    if own is None:
        raise AdviceError(
            f"{dataset.name} has too few labelled texts besides the examples in the prompt. "
            f"Use fewer examples, or add texts."
        )
    return own


def sample_of(dataset: Dataset, evidence: Evidence, backbone: Backbone) -> Sample:
    """The sample that the evidence was measured on, its features from the cache."""
    chosen = sample_rows(dataset, evidence.n_sample or 200)
    features = features_of(dataset, chosen, backbone)
    rows = chosen[features.ok]
    array = np.ascontiguousarray(np.asarray(features.array)[features.ok])
    return Sample(rows, dataset.labels[rows], related(dataset)[rows], array, len(chosen))


def with_own(evidence: Evidence, own: ProbeResult, *places: Path) -> Evidence:
    """The evidence with this prompt in the place of an earlier one, saved at `places`."""
    others = tuple(one for one in evidence.results if one.name != OWN)
    joined = evidence.model_copy(update={"results": (*others, own)})
    for place in places:
        joined.save(place)
    return joined


def prompts_of(evidence: Evidence) -> list[ProbeResult]:
    """The prompts that were measured, the user's own first."""
    return [one for name in (OWN, ZERO, FEW, NEAR) if (one := evidence.result(name)) is not None]


def template_of(evidence: Evidence) -> str:
    """The template in use: the user's own, else the default."""
    from probes.prompting import ZERO_SHOT

    own = evidence.result(OWN)
    return PromptSetup.of(own.settings["ask"]).template if own is not None else ZERO_SHOT
