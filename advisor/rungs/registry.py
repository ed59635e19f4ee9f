"""The rungs as a literal table: the module that carries each out, for each task. Modules are imported when needed."""

from __future__ import annotations

from importlib import import_module

from advisor.core.errors import RunError
from advisor.core.kinds import TaskName, kind_row
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.rungs.context import Outcome, RunContext

RUNGS: dict[RungName, dict[TaskName, str]] = {
    "prompting": {
        "classification": "advisor.rungs.prompting",
        "answering": "advisor.rungs.questions.prompting",
        "multilabel": "advisor.rungs.multilabel.prompting",
        "tagging": "advisor.rungs.tags.prompting",
    },
    "rag": {
        "classification": "advisor.rungs.rag",
        "answering": "advisor.rungs.questions.rag",
        "multilabel": "advisor.rungs.multilabel.rag",
        "tagging": "advisor.rungs.tags.memory",
    },
    "frozen": {
        "classification": "advisor.rungs.frozen",
        "answering": "advisor.rungs.questions.reader",
        "multilabel": "advisor.rungs.frozen",
        "tagging": "advisor.rungs.tags.frozen",
    },
    "fine-tune": {
        "classification": "advisor.rungs.finetune",
        "answering": "advisor.rungs.questions.lora",
        "multilabel": "advisor.rungs.finetune",
        "tagging": "advisor.rungs.tags.finetune",
    },
    "scratch": {
        "classification": "advisor.rungs.scratch",
        "answering": "advisor.rungs.questions.scratch",
        "multilabel": "advisor.rungs.scratch",
        "tagging": "advisor.rungs.tags.scratch",
    },
}


def execute(context: RunContext) -> Outcome:
    """Carry out the plan's rung: train or assemble, and save ``model.json`` and ``model.safetensors``."""
    modules = RUNGS.get(context.plan.rung)
    if modules is None:
        raise RunError(f"There is no rung called {context.plan.rung!r}. The rungs are {', '.join(RUNG_NAMES)}.")
    outcome: Outcome = import_module(modules[kind_row(context.plan.kind).task]).execute(context)
    return outcome
