"""From scratch: priced, not carried out."""

from __future__ import annotations

from advisor.core.errors import RunError
from advisor.rungs.context import Outcome, RunContext


def execute(context: RunContext) -> Outcome:
    """Raises RunError: a user's documents never hold enough tokens to train a language model."""
    raise RunError(
        "A language model cannot be trained from scratch on these documents: it needs about 20 tokens for each of its "
        "parameters. The advice has the arithmetic. Choose retrieval or fine-tuning."
    )
