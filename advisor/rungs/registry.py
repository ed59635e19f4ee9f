"""The five rungs as a literal list: where each is carried out. Modules are imported when they are needed."""

from __future__ import annotations

from importlib import import_module

from advisor.core.errors import RunError
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.rungs.context import Outcome, RunContext

RUNGS: tuple[tuple[RungName, str], ...] = (
    ("prompting", "advisor.rungs.prompting"),
    ("rag", "advisor.rungs.rag"),
    ("frozen", "advisor.rungs.frozen"),
    ("fine-tune", "advisor.rungs.finetune"),
    ("scratch", "advisor.rungs.scratch"),
)
#: The same rungs where questions are answered over documents.
ANSWERING: tuple[tuple[RungName, str], ...] = (
    ("prompting", "advisor.rungs.questions.prompting"),
    ("rag", "advisor.rungs.questions.rag"),
    ("frozen", "advisor.rungs.questions.reader"),
    ("fine-tune", "advisor.rungs.questions.lora"),
    ("scratch", "advisor.rungs.questions.scratch"),
)


def execute(context: RunContext) -> Outcome:
    """Carry out the plan's rung: trains or assembles, and saves ``model.json`` and ``model.safetensors``."""
    module = dict(ANSWERING if context.plan.kind == "qa" else RUNGS).get(context.plan.rung)
    if module is None:
        raise RunError(f"There is no rung called {context.plan.rung!r}. The rungs are {', '.join(RUNG_NAMES)}.")
    outcome: Outcome = import_module(module).execute(context)
    return outcome
