"""Prompting: the language model answers closed-book, without a document."""

from __future__ import annotations

from advisor.rungs import common as rungs_common
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.questions import common


def execute(context: RunContext) -> Outcome:
    """Write the prompt down as a model and answer the validation questions with it."""
    context.emit("Loading the language model", 0.01)
    head = {"type": "closed book", **common.prompt_settings(context, with_passages=False)}
    answerer = common.save(context, head)
    rungs_common.save_resolved(context, {"rung": "prompting", **head})
    validation = common.validated(context, answerer, (0.05, 0.9))
    sentence = f"{context.plan.backbone} answered closed-book; no document was read."
    return Outcome("prompting", validation, (sentence,), context.device)
