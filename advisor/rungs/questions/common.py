"""What the question answering rungs share: the model saved and opened again, validation questions, settings."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from torch import Tensor

from advisor.data.question_set import QuestionSet, questions_of, spread_rows
from advisor.data.search_index import Encoder
from advisor.llm.identity import without_precision
from advisor.rungs.context import RunContext
from advisor.rungs.saved import folder, loading
from advisor.rungs.saved.answering import Answerer
from probes import qa_prompts
from probes.reading import token_f1

#: Validation questions answered at most, and the share of the time that is left for them.
MOST_VALIDATION, VALIDATION_SHARE = 100, 0.25


def save(
    context: RunContext, head: dict[str, Any], tensors: dict[str, Tensor] | None = None, **more: object
) -> Answerer:
    """Write the model into the run's folder and give it back as a user will load it.

    ``head``: "type" (closed book, passages, reader, adapter) and its settings; ``more``: what else model.json says.
    """
    plan = context.plan
    spec = {
        **folder.spec_of(plan, context.dataset, "head"),
        "language_model": {"name": plan.backbone, "identity": without_precision(plan.backbone_hash)},
        "encoder": {"name": Encoder().name},
        "head": head,
        **more,
    }
    folder.save(context.directory, spec, tensors or {})
    model = loading.load(context.directory, context.device)
    assert isinstance(model, Answerer)
    return model


def validated(context: RunContext, answerer: Answerer, span: tuple[float, float]) -> dict[str, float]:
    """Token F1 on the validation questions that fit into their share of the time: ``value`` and ``n``."""
    questions = validation_questions(context)
    if not len(questions):
        return {"value": 0.0, "n": 0.0}
    context.say("The model answers validation questions: their share of right answers stands beside the test value.")
    tell = context.stage("Answering validation questions", *span)
    began = time.monotonic()
    until = began + VALIDATION_SHARE * context.seconds_left
    answers = answerer.answer(questions.texts, tell, until, least=1)
    context.reads((time.monotonic() - began) / len(answers))
    values = [token_f1(answer.text, truths) for answer, truths in zip(answers, questions.answers, strict=False)]
    return {"value": float(np.mean(values)), "n": float(len(values))}


def validation_questions(context: RunContext) -> QuestionSet:
    """The validation questions, one of each document first, at most `MOST_VALIDATION`."""
    dataset = context.dataset
    rows = spread_rows(dataset, dataset.where("val"), context.plan.seed)[:MOST_VALIDATION]
    return questions_of(dataset, rows)


def training_questions(context: RunContext) -> QuestionSet:
    """The training questions, one of each document first."""
    dataset = context.dataset
    return questions_of(dataset, spread_rows(dataset, dataset.where("train"), context.plan.seed))


def prompt_settings(context: RunContext, with_passages: bool) -> dict[str, Any]:
    """The plan's prompt and choices, or the usual ones where it names none."""
    settings = context.plan.settings
    choices = list(settings.get("choices") or [])
    usual = qa_prompts.usual_prompt(with_passages, choices)
    prompt = settings.get("prompt") or asdict(usual)
    return {"prompt": dict(prompt), "choices": choices}


def search_settings(context: RunContext, k: int) -> dict[str, Any]:
    """The plan's number of passages and threshold; without a threshold nothing is refused."""
    settings = context.plan.settings
    return {"k": int(settings.get("k") or k), "threshold": float(settings.get("threshold", -1.0))}
