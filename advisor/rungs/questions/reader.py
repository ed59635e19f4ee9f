"""Frozen: a head on the frozen encoder's token states marks the answer in the passages found."""

from __future__ import annotations

import torch

from advisor.core.errors import RunError
from advisor.core.wording import counted
from advisor.data.search_index import Encoder, index_of
from advisor.evidence.answering.reader import LAYERS, LEAST_MARKED, READ, training_pairs
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.questions import common

#: Share of the time for reading the training pairs.
READING_SHARE = 0.45


def execute(context: RunContext) -> Outcome:
    """Read training questions with their passages, train the head, answer the validation questions.

    Raises RunError when hardly any answer can be found word for word in its passage.
    """
    from probes.reader import fit

    index = index_of(context.dataset, context.stage("Cutting and embedding the documents", 0.01, 0.1))
    questions = common.training_questions(context)
    context.say(f"The frozen encoder reads {counted(len(questions), 'question')} with the passages found for each.")
    tell = context.stage("Reading questions with their passages", 0.1, 0.6)
    pairs = training_pairs(
        index,
        questions,
        Encoder(context.device).backbone,
        READING_SHARE * context.seconds_left,
        lambda share: tell("", share),
    )
    if pairs.n_marked < LEAST_MARKED:
        raise RunError(
            f"Only {counted(pairs.n_marked, 'answer')} can be found word for word in the passages; training a reader "
            f"needs {LEAST_MARKED}. Choose retrieval, which writes its own answers."
        )
    context.stage("Training the head", 0.6, 0.7)("", 0.0)
    fitted = fit(pairs.pieces, pairs.spans, LAYERS, context.plan.seed)
    head = {"type": "reader", "layers": list(LAYERS), **common.search_settings(context, READ)}
    arrays = {"mean": fitted.mean, "scale": fitted.scale, "weight": fitted.weight, "nothing": fitted.nothing}
    answerer = common.save(context, head, {name: torch.from_numpy(array) for name, array in arrays.items()})
    n_read = len(set(pairs.owner.tolist()))
    rungs_common.save_resolved(context, {"rung": "frozen", "n_questions": n_read, "n_marked": pairs.n_marked, **head})
    validation = common.validated(context, answerer, (0.7, 0.92))
    sentence = (
        f"The head was trained on {counted(n_read, 'question')}; {pairs.n_marked:,} of their passages hold the answer."
    )
    return Outcome("frozen", validation, (sentence,), context.device)
