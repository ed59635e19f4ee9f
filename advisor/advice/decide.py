"""The decision: the cheapest rung that is likely to reach the target, or the one that is worth most.

With a target, the cheapest rung (the ladder's own order) whose chance of reaching it is at least 80 %. Without one, or
where no rung is that likely, the highest expected utility at the user's prices. Where the two best can hardly be told
apart, the cheaper one is taken, and a race of both is offered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.outlook.cost import Z, normal_cdf, repriced
from advisor.advice.wishes import checked_target
from advisor.core.errors import AdviceError
from advisor.core.ladder import BASE, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Goal

#: A rung with at least this chance of the target will do.
LIKELY = 0.8
LIKELY_Z = 0.8416212335729143  # its standard normal point
#: Where the runner-up is really better with more than this chance, the choice between the two is a coin toss ...
TOSS = 0.35
#: ... as long as their worths are also within so many points: what is expected to pay more than that is taken.
NEAR_POINTS = 0.25


@dataclass(frozen=True)
class Decision:
    """The chosen rung, the next best, and what the choice rests on.

    ``best``: the highest expected value. ``sure``: the chosen rung is likely to reach the target (None without one).
    ``overlap``: the intervals of the chosen rung and of the runner-up share values. ``race``: the two of a coin toss,
    the cheaper first; ``chance``: that the runner-up is really worth more than the chosen one, None where not known.
    """

    recommended: RungName
    runner_up: RungName | None
    best: RungName
    sure: bool | None
    overlap: bool
    race: tuple[RungName, RungName] | None = None
    chance: float | None = None


def usable(estimates: Sequence[Estimate], goal: Goal) -> list[Estimate]:
    """The estimates that may be recommended, cheapest rung first: available, allowed, and breaking no constraint."""
    ranked = sorted(estimates, key=rank)
    return [e for e in ranked if e.available and e.value is not None and not e.blocked and e.rung in goal.rungs]


def decide(estimates: Sequence[Estimate], goal: Goal) -> Decision:
    """Choose a rung from priced estimates; those not priced for this target are priced here, as on a processor.

    Raises AdviceError when no rung may be recommended or the target is not a share.
    """
    target = checked_target(goal.target)
    if any(e.available and e.value is not None and _unpriced(e, target) for e in estimates):
        estimates = repriced(estimates, goal)
    candidates = usable(estimates, goal)
    if not candidates:
        raise AdviceError(none_left([e for e in estimates if e.rung in goal.rungs]))
    ordered = sorted(candidates, key=lambda e: (-round(worth(e), 9), rank(e)))
    likely = [e for e in candidates if target is not None and (e.p_target or 0.0) >= LIKELY - 1e-9]
    race = None if likely else coin_toss(ordered, goal)
    chosen = likely[0] if likely else race[0] if race else ordered[0]
    other = next((e for e in ordered if e.rung != chosen.rung), None)
    return Decision(
        recommended=chosen.rung,
        runner_up=other.rung if other else None,
        best=max(candidates, key=lambda e: (value(e), -rank(e))).rung,
        sure=None if target is None else bool(likely),
        overlap=other is not None and low(other) <= high(chosen) and low(chosen) <= high(other),
        race=(race[0].rung, race[1].rung) if race else None,
        chance=p_better(other, chosen, goal) if other else None,
    )


def _unpriced(estimate: Estimate, target: float | None) -> bool:
    return estimate.utility is None or (target is not None and estimate.p_target is None)


def coin_toss(ordered: Sequence[Estimate], goal: Goal) -> tuple[Estimate, Estimate] | None:
    """The two best by utility, the cheaper first, where they are close and the second may well be the better one."""
    if len(ordered) < 2:
        return None
    first, second = ordered[:2]
    chance = p_better(second, first, goal)
    apart = worth(first) - worth(second)
    if chance is None or chance <= TOSS or apart > NEAR_POINTS * goal.prices.point:
        return None
    return (first, second) if rank(first) < rank(second) else (second, first)


def p_better(one: Estimate, other: Estimate, goal: Goal) -> float | None:
    """The chance that `one` is really worth more than `other`; None where their errors are not known.

    The difference of utilities is normal around the expected one; its spread is that of the two gains over the frozen
    rung, in money. Two rungs whose gains are known exactly are told apart for certain.
    """
    errors = gain_error(one), gain_error(other)
    if errors[0] is None or errors[1] is None:
        return None
    spread = 100.0 * goal.prices.point * math.hypot(errors[0], errors[1])
    difference = worth(one) - worth(other)
    if spread <= 0.0:
        return 1.0 if difference > 0 else 0.0
    return normal_cdf(difference / spread)


def gain_error(estimate: Estimate) -> float | None:
    """The standard error of a rung's gain over the frozen one, which has none itself."""
    return 0.0 if estimate.gain_error is None and estimate.rung == BASE else estimate.gain_error


def just(estimate: Estimate) -> float:
    """The highest target that a rung is likely to reach: its value less a part of its lower half interval."""
    return value(estimate) - LIKELY_Z * (value(estimate) - low(estimate)) / Z


def none_left(estimates: Sequence[Estimate]) -> str:
    """Why no rung may be recommended, rung by rung, and what to do."""
    why = " ".join(f"{row_of(e.rung).title}: {reason}" for e in estimates if (reason := e.blocked or e.reason))
    wish = "Drop a constraint" if any(e.blocked for e in estimates) else "Allow more rungs, or give a longer budget"
    return f"No rung can be recommended. {why} {wish}."


def rank(estimate: Estimate) -> int:
    """The place on the ladder, 0 for the cheapest."""
    return row_of(estimate.rung).place


def worth(estimate: Estimate) -> float:
    """The utility of a priced estimate."""
    assert estimate.utility is not None
    return estimate.utility


def value(estimate: Estimate) -> float:
    """The expected value of an available estimate."""
    assert estimate.value is not None
    return estimate.value


def low(estimate: Estimate) -> float:
    """The lower bound of an available estimate."""
    assert estimate.low is not None
    return estimate.low


def high(estimate: Estimate) -> float:
    """The upper bound of an available estimate."""
    assert estimate.high is not None
    return estimate.high
