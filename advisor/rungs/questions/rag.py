"""Retrieval: the passages found go into the prompt; below the threshold the answer is "not in the documents"."""

from __future__ import annotations

from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import K
from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.questions import common


def execute(context: RunContext) -> Outcome:
    """Make the index, write prompt, passages and threshold down as a model, and answer the validation questions."""
    index = index_of(context.dataset, context.stage("Cutting and embedding the documents", 0.01, 0.2))
    head = {
        "type": "passages",
        **common.prompt_settings(context, with_passages=True),
        **common.search_settings(context, K),
    }
    answerer = common.save(context, head)
    rungs_common.save_resolved(context, {"rung": "rag", "n_passages": len(index.chunks), **head})
    validation = common.validated(context, answerer, (0.25, 0.9))
    k = head["k"]
    sentence = (
        f"{context.plan.backbone} read the {'best passage' if k == 1 else f'{k} best passages'} of "
        f"{len(index.chunks):,} for each question."
    )
    return Outcome("rag", validation, (sentence,), context.device)
