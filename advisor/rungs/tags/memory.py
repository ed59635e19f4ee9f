"""Retrieval: the nearest labelled words vote, together with the spans that are known from training."""

from __future__ import annotations

import torch

from advisor.core.wording import counted
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.taggers import known_spans
from advisor.rungs.tags import common
from probes.tagging.decoding import learned
from probes.tagging.memory import Gazetteer, WordMemory

#: The weight of the transitions where the evidence chose none.
USUAL_WEIGHT = 0.5


def execute(context: RunContext) -> Outcome:
    """Remember the training sentences' words and spans, and mark the validation sentences."""
    backbone = common.open_backbone(context)
    layers = common.widest(backbone)
    sample, states = common.states(
        context, backbone, common.part(context, "train"), layers, (0.05, 0.6), 0.5 * context.seconds_left
    )
    words, listed = (
        WordMemory.of(states, sample.tags, context.plan.seed),
        Gazetteer.of(sample.sentences, sample.spans()),
    )
    weight = float(context.plan.settings.get("transition_weight", USUAL_WEIGHT))
    head = {"type": "word memory", "layers": list(layers), "transition_weight": weight, "n_words": len(words.tags)}
    model = common.save(
        context, backbone, "head", head, learned(sample.tags, sample.names, weight),
        {"memory": torch.from_numpy(words.states).half(), "labels": torch.from_numpy(words.tags)},
        spans=known_spans(listed),
    )  # fmt: skip
    rungs_common.save_resolved(context, {"rung": "rag", "n_train": len(sample), "n_spans": len(listed.marked), **head})
    validation = common.validated(context, model, (0.65, 0.9))
    sentence = (
        f"{counted(len(words.tags), 'labelled word')} and {counted(len(listed.marked), 'known span')} of "
        f"{counted(len(sample), 'sentence')} are remembered."
    )
    return Outcome("rag", validation, (sentence,), context.device)
