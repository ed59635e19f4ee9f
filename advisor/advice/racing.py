"""The race: two rungs between which the choice is a coin toss are both trained, and the better one is kept.

It is a climb (`advisor.advice.climbing`) that trains its rungs whatever is measured. A run of fine-tuning also trains
the rung that it starts from and rolls back to where tuning was not better on the validation items, so one run of it is
the race of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.core.errors import AdviceError
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, RunReport

Pair = tuple[RungName, RungName]


@dataclass(frozen=True)
class Race:
    """Two rungs, cheaper first, which one is kept, the run that holds it, all reports, and the verdict in words."""

    rungs: Pair
    kept: RungName
    run: str
    reports: tuple[RunReport, ...]
    sentence: str


def pair_of(advice: Advice, rungs: Sequence[RungName] | None) -> Pair:
    """The two rungs to race, cheaper first: those named, else the coin toss, else the two best.

    Raises AdviceError when they are not two, or one of them is not available.
    """
    named = tuple(rungs) if rungs is not None else advice.race or (advice.recommended, advice.runner_up)
    wanted = sorted({name for name in named if name is not None}, key=RUNG_NAMES.index)
    if len(wanted) != 2:
        raise AdviceError("A race takes two rungs. Name two available rungs, such as frozen,fine-tune.")
    for name in wanted:
        estimate = advice.estimate(name)
        if not estimate.available or estimate.blocked:
            why = estimate.blocked or estimate.reason
            raise AdviceError(f"{name} cannot race. {why} Name another rung.")
    return wanted[0], wanted[1]


def runs_of(advice: Advice, pair: Pair) -> Pair | tuple[RungName]:
    """The rungs to run: the dearer alone where its run starts from the cheaper one and measures both."""
    return (pair[1],) if row_of(pair[1]).falls_back_to.get(task_of_metric(advice.metric)) == pair[0] else pair
