"""What the rungs on tagged sentences share: sentences, the model saved and opened again, validation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from advisor.data.tag_set import sentences_of
from advisor.evidence.sample import related
from advisor.rungs import common as rungs_common
from advisor.rungs.context import RunContext
from advisor.rungs.saved import folder, loading, taggers
from advisor.rungs.saved.tagging import Tagger
from probes.tagging import windows
from probes.tagging.decoding import Transitions
from probes.tagging.head import Sample, joins_of
from probes.tagging.scoring import count_spans

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

#: Sentences of the validation part at most, and those that layers are compared on.
MOST_VALIDATION, MOST_COMPARED = 600, 300


def part(context: RunContext, name: Any, most: int | None = None) -> Sample:
    """The sentences of a part, a random part of them where there are more than `most`."""
    rows = np.random.default_rng(context.plan.seed).permutation(context.dataset.where(name))[:most]
    return sentences_of(context.dataset, rows, related(context.dataset)[rows])


def open_backbone(context: RunContext) -> TextBackbone:
    """The plan's encoder. Raises BackboneError, RunError."""
    backbone: Any = rungs_common.open_backbone(context)
    return backbone  # type: ignore[no-any-return]


def widest(backbone: TextBackbone) -> tuple[int, ...]:
    """The layers that are read where none are chosen."""
    return joins_of(windows.n_layers(backbone))[-1]


def states(
    context: RunContext, backbone: TextBackbone, sample: Sample, layers: Sequence[int], span: tuple[float, float],
    seconds: float,
) -> tuple[Sample, list[np.ndarray]]:  # fmt: skip
    """The sentences that could be read within the seconds, with the states of their words; one round at least."""
    tell, until = context.stage("Reading sentences", *span), time.monotonic() + seconds
    found: list[np.ndarray] = []
    began = time.monotonic()
    while len(found) < len(sample) and (not found or time.monotonic() < until):
        some = sample.sentences[len(found) : len(found) + 128]
        found += windows.states_of(backbone, some, layers)
        tell("", len(found) / len(sample))
    context.reads((time.monotonic() - began) / max(1, len(found)))
    return sample.only(np.arange(len(found))), found


def save(
    context: RunContext, backbone: TextBackbone | None, weights: str, head: dict[str, Any], transitions: Transitions,
    tensors: dict[str, Tensor] | None = None, **more: object,
) -> Tagger:  # fmt: skip
    """Write the model into the run's folder and give it back as a user will load it. weights: as `LOADERS` knows it."""
    plan, dataset = context.plan, context.dataset
    spec = (
        folder.spec_of(plan, dataset, weights)
        if backbone is None
        else folder.backbone_spec(plan, dataset, backbone, weights)
    )
    spec |= {"types": list(dataset.span_types), "head": head, **more}
    folder.save(context.directory, spec, {**(tensors or {}), **taggers.tensors_of(transitions)})
    model = loading.load(context.directory, context.device)
    assert isinstance(model, Tagger)
    return model


def validated(context: RunContext, model: Tagger, span: tuple[float, float]) -> dict[str, float]:
    """Entity F1 on validation sentences: ``value`` and ``n``."""
    sample = part(context, "val", MOST_VALIDATION)
    if not len(sample):
        return {"value": 0.0, "n": 0.0}
    tell = context.stage("Marking validation sentences", *span)
    began = time.monotonic()
    found = model.found(sample.sentences, tell)
    context.reads((time.monotonic() - began) / len(sample))
    counts = count_spans(sample.spans(), [one.spans for one in found], sample.types)
    return {"value": counts.f1, "n": float(len(sample))}
