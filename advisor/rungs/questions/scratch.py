"""From scratch: priced and not carried out."""

from __future__ import annotations

from advisor.core.errors import RunError
from advisor.rungs.context import Outcome, RunContext


def execute(context: RunContext) -> Outcome:
    """Raises RunError: no documents of a user hold the tokens of a language model."""
    raise RunError(
        "A language model is not trained from scratch on documents: it wants about 20 tokens for each of its "
        "parameters. The advice has the arithmetic; choose retrieval or fine-tuning."
    )
