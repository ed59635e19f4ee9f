"""From scratch: a conditional random field on words, shapes and spelling; no pre-trained weights."""

from __future__ import annotations

import numpy as np

from advisor.core.wording import counted
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.taggers import field_tensors
from advisor.rungs.tags import common
from probes.tagging import crf

#: Sentences for each second of the time left, so that the field is trained in about half of it.
EACH_SECOND = 40


def execute(context: RunContext) -> Outcome:
    """Train the field, save it, and mark the validation sentences."""
    every = common.part(context, "train")
    sample = every.only(np.arange(min(len(every), max(100, int(EACH_SECOND * context.seconds_left)))))
    context.say(f"Training a random field on {counted(len(sample), 'sentence')}: words, shapes and spelling.")
    tell = context.stage("Training the random field", 0.05, 0.8)
    model = crf.train(sample.sentences, sample.tags, sample.names, lambda share: tell("", share))
    head = {"type": "random field", "c1": crf.C1, "c2": crf.C2, "n_attributes": len(model.vocabulary)}
    saved = common.save(context, None, "random field", head, model.transitions, field_tensors(model))
    rungs_common.save_resolved(context, {"rung": "scratch", "n_train": len(sample), **head})
    validation = common.validated(context, saved, (0.85, 0.95))
    sentence = f"The field weighs {counted(len(model.vocabulary), 'attribute')} of words and their neighbours."
    return Outcome("scratch", validation, (sentence,), context.device)
