"""Whether a training budget suffices for a rung, and which would do, said before the training begins."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.advice.outlook.common import TRAINING_SECONDS
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate
from advisor.core.wording import about, duration

#: A budget is taken as enough from so many times the expected training: the report reads the test part as well, and a
#: machine is busier at times.
ROOM = 1.1


def enough(estimate: Estimate, budgets: Sequence[float]) -> float | None:
    """The least of the budgets (seconds) that suffices for all steps; None where none does or no time is known."""
    if not estimate.train_seconds:
        return None
    return next((budget for budget in sorted(budgets) if budget >= ROOM * estimate.train_seconds), None)


def usual(estimate: Estimate, budgets: Sequence[float]) -> float:
    """The budget to start from: the least that suffices, the longest where none does, the second without a time."""
    longest, second = max(budgets), sorted(budgets)[1]
    return enough(estimate, budgets) or (longest if estimate.train_seconds else second)


def too_short(estimate: Estimate, budget: float, budgets: Sequence[float]) -> str:
    """What a budget (seconds) that is too short would do, and which of `budgets` would suffice; "" where it does."""
    row, seconds = row_of(estimate.rung), estimate.train_seconds
    if not row.changes_weights or not seconds or budget >= ROOM * seconds:
        return ""
    better = enough(estimate, budgets)
    would_do = f" {duration(better)} would do." if better is not None else ""
    risk = "is then likely to fall back to the model that it starts from" if row.falls_back_to else "is then cut short"
    takes = f"{duration(seconds)} or more" if seconds >= TRAINING_SECONDS else about(seconds)
    return f"{row.title} takes {takes} on this machine; within {duration(budget)} it {risk}.{would_do}"
