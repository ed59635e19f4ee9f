"""The decision: the cheapest rung that is likely to reach the target, or the cheapest that is nearly as good.

With a target, the cheapest rung (the ladder's own order) whose chance of reaching it is at least 80 %; where none is
that likely, the cheapest of those with the best chance. Without a target, or where no rung has a chance, the highest
expected utility (`advice.outlook.cost`). There the errors of the forecasts are as large as what is to be chosen, so the
rung that usually does best at the same tolerance and prices stands unless another leads by more than a part of that
error. Once runs have measured rungs on this dataset, the best of these takes the place of the usual one. On
LadderBench, each dataset judged by what the others taught, both rules did better than the best fixed rung
(docs/ladderbench.md).
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
#: Chances of a target that are this close are the same.
SAME_CHANCE = 0.01
#: Where no rung has this chance, the target decides nothing: the widest interval would win.
LEAST_CHANCE = 0.02
#: Another rung than the usual one must lead by this many standard errors of the difference.
ANCHOR = 0.25
#: Where the runner-up is really worth more with at least this chance, the choice between the two is a coin toss.
TOSS = 0.35


@dataclass(frozen=True)
class Decision:
    """The chosen rung, the next best (with a target that is likely, the next cheapest), and what the choice rests on.

    ``best``: the highest expected value. ``sure``: the chosen rung is likely to reach the target (None without one).
    ``anchored``: it is the usual best, and another's lead over it was too small to count. ``race``: the two of a coin
    toss, the cheaper first; ``chance``: that the runner-up is really worth more than the chosen one, None where not
    known.
    """

    recommended: RungName
    runner_up: RungName | None
    best: RungName
    sure: bool | None
    anchored: bool = False
    race: tuple[RungName, RungName] | None = None
    chance: float | None = None


def usable(estimates: Sequence[Estimate], goal: Goal) -> list[Estimate]:
    """The estimates that may be recommended, cheapest rung first: available, allowed, and breaking no constraint.

    What was trained here in vain is none of them where the rung whose model it yields is.
    """
    ranked = sorted(estimates, key=rank)
    able = [e for e in ranked if e.available and e.value is not None and not e.blocked and e.rung in goal.rungs]
    rungs = {e.rung for e in able}
    return [e for e in able if e.kept not in rungs]


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
    aimed = None if target is None else nearest_to_target(candidates)
    chosen = aimed or anchored(ordered)
    also = [e for e in candidates if aimed and reaches(chosen) and reaches(e)]  # the next cheapest that will do
    other = next((e for e in (*also, *ordered) if e.rung != chosen.rung), None)
    chance = p_better(other, chosen) if other else None
    tossed = aimed is None and chance is not None and chance >= TOSS
    return Decision(
        recommended=chosen.rung,
        runner_up=other.rung if other else None,
        best=max(candidates, key=lambda e: (value(e), -rank(e))).rung,
        sure=None if target is None else reaches(chosen),
        anchored=aimed is None and chosen is not ordered[0],
        race=in_order(chosen, other) if other and tossed else None,
        chance=chance,
    )


def nearest_to_target(candidates: Sequence[Estimate]) -> Estimate | None:
    """The cheapest that is likely to reach the target, else the cheapest with the best chance; None without any."""
    likely = [e for e in candidates if reaches(e)]
    if likely:
        return likely[0]
    most = max(e.p_target or 0.0 for e in candidates)
    return None if most < LEAST_CHANCE else next(e for e in candidates if (e.p_target or 0.0) >= most - SAME_CHANCE)


def reaches(estimate: Estimate) -> bool:
    """Whether a rung is likely to reach the target."""
    return (estimate.p_target or 0.0) >= LIKELY - 1e-9


def anchored(ordered: Sequence[Estimate]) -> Estimate:
    """The first by utility, unless its lead over the usual best is less than a part of the difference's error.

    Where runs have measured rungs here, the best of these stands in place of the usual best.
    """
    first = ordered[0]
    measured, known = [e for e in ordered if e.run], [e for e in ordered if e.usual_gain is not None]
    if not known and not measured:
        return first
    usual = measured[0] if measured else max(known, key=usual_worth)
    return usual if worth(first) - worth(usual) < ANCHOR * error_between(first, usual) else first


def usual_worth(estimate: Estimate) -> float:
    """A rung's utility over the frozen rung's value with the gain that is usual elsewhere in place of its forecast."""
    return 100.0 * (estimate.usual_gain or 0.0) - taken_off(estimate)


def taken_off(estimate: Estimate) -> float:
    """What place and costs take off a rung's value, in points."""
    return 100.0 * value(estimate) - worth(estimate)


def in_order(one: Estimate, other: Estimate) -> tuple[RungName, RungName]:
    """Two rungs, the cheaper first."""
    return (one.rung, other.rung) if rank(one) < rank(other) else (other.rung, one.rung)


def _unpriced(estimate: Estimate, target: float | None) -> bool:
    return estimate.utility is None or (target is not None and estimate.p_target is None)


def p_better(one: Estimate, other: Estimate) -> float | None:
    """The chance that `one` is really worth more than `other`; None where their errors are not known.

    The difference of utilities is a two-piece normal around the expected one (`error_towards`). Two rungs whose gains
    are known exactly are told apart for certain.
    """
    return chance_above(worth(one) - worth(other), one, other)


def p_higher(one: Estimate, other: Estimate) -> float | None:
    """The chance that `one` really has the higher value, whatever it costs; None where the errors are not known."""
    return chance_above(lead(one, other), one, other)


def lead(one: Estimate, other: Estimate) -> float:
    """How far one rung is expected above another, in points."""
    return 100.0 * (value(one) - value(other))


def chance_above(difference: float, one: Estimate, other: Estimate) -> float | None:
    """The chance that an expected difference of two rungs, in points, is really above 0."""
    if gain_error(one) is None or gain_error(other) is None:
        return None
    spread = error_towards(difference, one, other)
    if spread <= 0.0:
        return 0.5 if difference == 0 else float(difference > 0)
    return normal_cdf(difference / spread)


def error_towards(difference: float, one: Estimate, other: Estimate) -> float:
    """The standard error of a difference of two rungs, in points, towards 0: what is behind rises, what leads falls.

    The intervals that are shown have two unlike halves, so the errors of the gains have them too, in the same
    proportion, and no rung goes further than its interval says. Beside a run's value, judged on the same items, all
    that is open is the forecast's: its chance to be better is then its interval's beyond that value.
    """
    behind, ahead = (one, other) if difference < 0 else (other, one)
    sides = ((behind, high(behind) - value(behind)), (ahead, value(ahead) - low(ahead)))
    gains = math.hypot(*((gain_error(e) or 0.0) * _skew(e, half) for e, half in sides))
    both = bool(one.run) == bool(other.run)
    furthest = math.hypot(*(half / Z for e, half in sides if both or not e.run))
    return 100.0 * min(gains, furthest)


def _skew(estimate: Estimate, half: float) -> float:
    """One half of the interval over the mean of both."""
    whole = high(estimate) - low(estimate)
    return 2.0 * half / whole if whole > 0.0 else 1.0


def error_between(one: Estimate, other: Estimate) -> float:
    """The standard error of the difference of two rungs, in points; 0 where it is not known."""
    return 100.0 * math.hypot(gain_error(one) or 0.0, gain_error(other) or 0.0)


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
