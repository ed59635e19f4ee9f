"""From scratch: a conditional random field on words, shapes and spelling; no pre-trained weights."""

from __future__ import annotations

import time

import numpy as np

from advisor.core.wording import counted
from advisor.data.tag_set import sentences_of
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.saved.taggers import field_tensors
from advisor.rungs.saved.tagging import Tagger
from advisor.rungs.tags import common
from probes.tagging import crf
from probes.tagging.head import Sample

#: Sentences for each second of the time left, so that the field is trained in about half of it.
EACH_SECOND = 40
#: The share of the time left that the second training may take.
REFIT_SHARE = 0.6


def execute(context: RunContext) -> Outcome:
    """Train the field and mark the validation sentences, then train it on these too, and save it."""
    every = common.part(context, "train")
    sample = every.only(np.arange(min(len(every), max(100, int(EACH_SECOND * context.seconds_left)))))
    context.say(f"Training a random field on {counted(len(sample), 'sentence')}: words, shapes and spelling.")
    began = time.monotonic()
    model, saved = trained(context, sample, (0.05, 0.45))
    validation = common.validated(context, saved, (0.45, 0.5))
    if len(sample) == len(every) and time.monotonic() - began < REFIT_SHARE * context.seconds_left:
        rows = context.dataset.where("train", "val")
        sample = sentences_of(context.dataset, rows)
        model, _ = trained(context, sample, (0.5, 0.95))
    described = {"rung": "scratch", "n_train": len(sample), "n_attributes": len(model.vocabulary)}
    rungs_common.save_resolved(context, described)
    sentence = (
        f"The field weighs {counted(len(model.vocabulary), 'attribute')} of words and their neighbours, from "
        f"{counted(len(sample), 'sentence')}."
    )
    return Outcome("scratch", validation, (sentence,), context.device)


def trained(context: RunContext, sample: Sample, span: tuple[float, float]) -> tuple[crf.Crf, Tagger]:
    """A field of these sentences, and the model that was saved of it."""
    tell = context.stage("Training the random field", *span)
    tell("", 0.0)
    model = crf.train(sample.sentences, sample.tags, sample.names, lambda share: tell("", share))
    head = {"type": "random field", "c1": crf.C1, "c2": crf.C2, "n_attributes": len(model.vocabulary)}
    return model, common.save(context, None, "random field", head, model.transitions, field_tensors(model))
