"""Why a rung that leads is not taken, or one that is behind is: tolerance, costs, and what is within the error."""

from __future__ import annotations

from advisor.advice.comparison import LEVEL, allowed, title, verb
from advisor.advice.decide import Decision, lead, worth
from advisor.core.ladder import BASE
from advisor.core.records import Estimate, Goal
from advisor.core.wording import amount, capital, percent

#: From this chance on, a step that may be taken back counts as a whole one.
MOSTLY_KEPT = 0.95


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
    if not chosen.run and chosen.rung != BASE and (gain := 100 * (chosen.usual_gain or 0.0)) >= LEVEL:
        why = f"on other datasets {it} gained {gain:.1f} points over frozen features on average"
    return f"is within the error of the forecasts, so {title(chosen)} {stand}: {why}."


def allowance(points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """What makes a rung that is so many points behind as good, as a clause."""
    if costs := weighed(goal, pair):
        return f"{costs} come to {points:.1f} points at {each_point(goal)}"
    return f"up to {in_points(points)} points behind count as level{of_a_step(points, goal, pair)}"


def more_or_less(than: str, points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """That a lead is "more" or "less" than what the simpler rung is allowed, a sentence."""
    if costs := weighed(goal, pair):
        return f"That is {than} than {costs}, which come to {points:.1f} points at {each_point(goal)}."
    ahead = abs(lead(*pair))
    exact, level = in_points(ahead, points), in_points(points, ahead)
    why = of_a_step(points, goal, pair) if than == "more" else ""  # the reason of a rung that is behind says it itself
    begin = "That is" if exact == f"{ahead:.1f}" else f"{exact} points are"
    return f"{begin} {'just ' * (exact == level)}{than} than the {level} that count as level{why}."


def of_a_step(points: float, goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """Why less than the tolerance counts as level: tuning may go back to the frozen model; "" where that is not it."""
    kept = next((e.kept_chance for e in pair if e.kept_chance), 1.0)
    if kept > MOSTLY_KEPT or abs(points - goal.tolerance * kept) >= LEVEL:
        return ""
    return f" (your tolerance of {goal.tolerance:g} a step, times the {percent(kept, 0)} chance that tuning is kept)"


def in_points(points: float, beside: float | None = None) -> str:
    """Points to a tenth, or finer where a number that they are compared with would be printed alike.

    >>> in_points(0.6), in_points(3.02, 2.98), in_points(1.0, 1.0)
    ('0.6', '3.02', '1.0')
    """
    alike = beside is not None and f"{points:.1f}" == f"{beside:.1f}" and abs(points - beside) >= 0.005
    return f"{points:.2f}" if alike else f"{points:.1f}"


def weighed(goal: Goal, pair: tuple[Estimate, Estimate]) -> str:
    """What is weighed against points in money: upkeep takes the place of the tolerance; "" where nothing is."""
    if not goal.prices.point or not any(estimate.costs for estimate in pair):
        return ""
    return "the costs" if any("upkeep" in estimate.costs for estimate in pair) else "tolerance and costs"


def each_point(goal: Goal) -> str:
    """What a point is worth to the user."""
    where = "" if goal.prices.currency else ", in your currency"
    return f"{amount(goal.prices.point or 0.0, goal.prices.currency)} a point{where}"
