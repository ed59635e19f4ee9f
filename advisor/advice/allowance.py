"""Why a rung that leads is not taken, or one that is behind is: tolerance, costs, and what is within the error."""

from __future__ import annotations

from advisor.advice.comparison import LEVEL, allowed, title, verb
from advisor.advice.decide import Decision, lead, worth
from advisor.advice.outlook.cost import place_of
from advisor.core.ladder import TUNED
from advisor.core.records import Estimate, Goal
from advisor.core.wording import amount, capital, percent


def standing(decision: Decision, chosen: Estimate, other: Estimate, goal: Goal) -> str:
    """Why the chosen rung stands before the runner-up, where points alone do not say so; "" where they do."""
    points, needed = lead(chosen, other), allowed(chosen, other)
    if decision.anchored:
        behind, priced = worth(other) - worth(chosen), bool(weighed(goal, (chosen, other)))
        after = "After costs" if priced else "After the tolerance"
        ahead = f"{after}, {title(other)} {verb(other, 'is', 'are')} {behind:.1f} points ahead, but that"
        speaks = behind >= LEVEL and (priced or needed >= LEVEL)
        return f"{ahead if speaks else 'The difference'} {stands(chosen)}"
    if abs(needed) < LEVEL or (points < 0) != (needed < 0):
        return ""
    if points < 0:
        return f"{capital(allowance(-needed, goal, (chosen, other)))}."
    return more_or_less("more", needed, goal, (chosen, other))


def stands(chosen: Estimate) -> str:
    """That a difference is too small to count, and why the chosen rung stands, as the end of a sentence."""
    stand, it, does, was = (verb(chosen, *of) for of in (("stands", "stand"), ("it", "they"), ("does", "do"),
                                                         ("was", "were")))  # fmt: skip
    why = f"{it} {was} measured here" if chosen.run else f"{it} usually {does} best on other datasets"
    return f"is within the error of the forecasts, so {title(chosen)} {stand}: {why}."


def allowance(points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """What makes a rung that is so many points behind as good, as a clause."""
    if costs := weighed(goal, pair):
        return f"{costs} come to {points:.1f} points at {each_point(goal)}"
    return f"up to {in_points(points, goal, pair)} points behind count as level{shared(goal, pair)}"


def more_or_less(than: str, points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """That a lead is "more" or "less" than what the simpler rung is allowed, a sentence."""
    if costs := weighed(goal, pair):
        return f"That is {than} than {costs}, which come to {points:.1f} points at {each_point(goal)}."
    return f"That is {than} than the {in_points(points, goal, pair)} points that count as level{shared(goal, pair)}."


def in_points(points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """Points with as many digits as the steps beside them, so that a reader can multiply."""
    return f"{points:.2f}" if shared(goal, pair) else f"{points:.1f}"


def weighed(goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """What is weighed against points in money: upkeep takes the place of the tolerance; "" where nothing is."""
    if not goal.prices.point or not any(estimate.costs for estimate in pair):
        return ""
    return "the costs" if any("upkeep" in estimate.costs for estimate in pair) else "tolerance and costs"


def shared(goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """Why the points are no whole steps of the tolerance: a tuning that is not kept is none. In brackets, or ""."""
    often = next((e.kept_chance for e in pair if e.rung == TUNED and e.kept_chance is not None), None)
    if often is None:
        return ""
    steps = abs(place_of(pair[0]) - place_of(pair[1]))
    share = percent(often, digits=0)
    if abs(steps - often) < 0.005:  # one step, as often as it is taken
        return f" ({goal.tolerance:g} × the {share} of tunings that are kept)"
    return f" ({goal.tolerance:g} a step; {share} of tunings are kept, the others are no step)"


def each_point(goal: Goal) -> str:
    """What a point is worth to the user."""
    where = "" if goal.prices.currency else ", in your currency"
    return f"{amount(goal.prices.point or 0.0, goal.prices.currency)} a point{where}"
