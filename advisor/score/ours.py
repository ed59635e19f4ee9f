"""The advisor itself, as one of those that are scored: its estimates of a task, then its decision."""

from __future__ import annotations

from advisor.advice.decide import decide
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.timing import expected
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Goal
from advisor.score.choice import Adviser, Choice
from advisor.score.replay import replayed


def advisor(past: Experience) -> Adviser:
    """Advice as it would have been given, knowing nothing but the tasks in `past`."""

    def answer(case: CompletedTask, goal: Goal) -> Choice:
        estimates = replayed(case, past, goal)
        decision = decide(estimates, goal)
        return Choice({decision.recommended: 1.0}, estimates=estimates, times=times(case, past), sure=decision.sure)

    return answer


def times(case: CompletedTask, past: Experience) -> dict[RungName, tuple[float, float]]:
    """(predicted, taken) processor seconds of the rungs' runs, where a step was timed."""
    found: dict[RungName, tuple[float, float]] = {}
    for rung in RUNG_NAMES:
        both = expected(case, rung, past)
        if both is not None:
            found[rung] = both
    return found
