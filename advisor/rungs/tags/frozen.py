"""Frozen: a linear head on the states of words at the layers that cross-validate best, and a transition matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.wording import counted, listed, percent
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import tensors_of
from advisor.rungs.saved.tagging import Tagger
from advisor.rungs.tags import common
from probes.heads import Head
from probes.tagging import windows
from probes.tagging.decoding import learned
from probes.tagging.head import (
    Sample,
    choose_layers,
    columns,
    cross_head,
    crossed,
    fit,
    joins_of,
)

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

#: The share of the time left for reading sentences; fitting costs about as much.
READING_SHARE = 0.4


@dataclass(frozen=True)
class FrozenTags:
    """The head of the training part, where it reads and how much transitions weigh; fine-tuning starts from it."""

    head: Head
    layers: tuple[int, ...]
    weight: float
    sample: Sample
    n_asked: int
    tried: list[tuple[tuple[int, ...], float]]


def execute(context: RunContext) -> Outcome:
    """Choose layers and weight by cross-validation, fit, save, and mark the validation sentences."""
    backbone = common.open_backbone(context)
    fitted = fit_head(context, backbone, (0.05, 0.75), READING_SHARE * context.seconds_left)
    model = save(context, backbone, fitted)
    validation = common.validated(context, model, (0.8, 0.92))
    rungs_common.save_resolved(context, {"rung": "frozen", **described(fitted)})
    return Outcome("frozen", validation, sentences(fitted), context.device)


def fit_head(context: RunContext, backbone: TextBackbone, span: tuple[float, float], seconds: float) -> FrozenTags:
    """Read the training sentences that the seconds allow, and fit the head on the best join of layers."""
    last = windows.n_layers(backbone)
    of = tuple(sorted({layer for join in joins_of(last) for layer in join}))
    every = common.part(context, "train")
    context.say("Reading the sentences at every layer, to see where a linear head finds the words best.")
    sample, states = common.states(context, backbone, every, of, span, seconds)
    context.stage("Comparing layers", span[1], span[1])("", 0.0)
    few = sample.only(np.arange(min(len(sample), common.MOST_COMPARED)))
    layers, tried = choose_layers(few, states[: len(few)], of, last)
    own = columns(states, of, layers)
    weight = crossed(few, cross_head(own[: len(few)], few)).weight
    context.stage("Fitting the head", span[1], span[1])("", 0.0)
    return FrozenTags(fit(own, sample.tags, len(sample.names)), layers, weight, sample, len(every), tried)


def save(context: RunContext, backbone: TextBackbone, fitted: FrozenTags, **more: object) -> Tagger:
    """Write the frozen model."""
    head = {"type": "word head", "layers": list(fitted.layers), "transition_weight": fitted.weight}
    transitions = learned(fitted.sample.tags, fitted.sample.names, fitted.weight)
    return common.save(context, backbone, "head", head, transitions, tensors_of(fitted.head), **more)


def described(fitted: FrozenTags) -> dict[str, object]:
    """The choice, for resolved.json."""
    return {
        "layers": list(fitted.layers), "transition_weight": fitted.weight, "n_train": len(fitted.sample),
        "tried": [[list(layers), round(value, 4)] for layers, value in fitted.tried],
    }  # fmt: skip


def sentences(fitted: FrozenTags) -> tuple[str, ...]:
    """Which layers were joined, and whether every sentence was read."""
    tried = listed((f"{'+'.join(map(str, layers))}: {percent(value)}" for layers, value in fitted.tried), 9)
    joined = (
        f"The head reads layers {listed(map(str, fitted.layers))} of the encoder, joined; cross-validated entity F1 "
        f"was {tried}."
    )
    n = len(fitted.sample)
    if n >= fitted.n_asked:
        return (joined,)
    return joined, f"The time budget allowed {n:,} of {counted(fitted.n_asked, 'training sentence')}."
