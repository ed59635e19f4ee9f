"""The decision in plain sentences: why this rung, and why not each other one, with the numbers that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.advice.allowance import more_or_less, standing, stands
from advisor.advice.comparison import (
    LEVEL,
    allowed,
    capital_of,
    compared,
    in_all,
    luck,
    seconds_of,
    spoken_seconds,
    title,
    verb,
)
from advisor.advice.decide import LEAST_CHANCE, LIKELY, Decision, high, just, lead, low, reaches, usable, value, worth
from advisor.core.kinds import task_of_metric
from advisor.core.ladder import TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Estimate, Goal, Metric
from advisor.core.wording import capital, chance, counted, percent, roughly

#: Training of at most so many seconds is quicker than thinking about it.
CHEAP_SECONDS = 600.0
#: With so few items and a wider interval nothing can be told yet.
FEW, UNCLEAR = 50, 0.35
#: A chance below this reads as less than 1 %.
NO_CHANCE = 0.005
#: Shares that differ by less are printed alike.
SAME = 0.0005


def spoken(estimate: Estimate) -> str:
    """One estimate's value with its interval: 93.4 % (90.1 to 96.0)."""
    return f"{percent(value(estimate))} ({100 * low(estimate):.1f} to {100 * high(estimate):.1f})"


def known(estimate: Estimate) -> str:
    """Whether a value was measured on the test part or is expected there."""
    return "measured" if estimate.run else "expected"


def likelihood(share: float) -> str:
    """A chance with its article.

    >>> [likelihood(share) for share in (0.4, 0.83, 0.11, 0.002, 0.999)]
    ['a 40 % chance', 'an 83 % chance', 'an 11 % chance', 'less than a 1 % chance', 'more than a 99 % chance']
    """
    if share > 1 - NO_CHANCE or share < NO_CHANCE:
        return "more than a 99 % chance" if share > 0.5 else "less than a 1 % chance"
    written = chance(share)
    return f"{'an' if written.startswith(('8', '11 ', '18 ')) else 'a'} {written} chance"


def headline(decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> str:
    """The recommendation in one sentence or two, with its number."""
    chosen = find(estimates, decision.recommended)
    number = f"{known(chosen)} {metric} {spoken(chosen)}"
    subject = capital_of(chosen)
    if decision.sure:
        odds = likelihood(chosen.p_target or 0.0)
        return f"{subject} {verb(chosen, 'is', 'are')} enough: {number}, with {odds} of reaching {target_of(goal)}."
    within = limits(estimates, goal)
    recommended = f"{verb(chosen, 'is', 'are')} recommended"
    if is_unclear(chosen):
        top = max(high(e) for e in usable(estimates, goal))
        if goal.target is not None and goal.target > top:
            best = f"the highest that is plausible here is {percent(top)}"
            return f"No rung comes near {target_of(goal)}: {best}. {capital(title(chosen))} leads so far, {number}."
        whether = "" if goal.target is None else f" whether {target_of(goal)} can be reached"
        looks = verb(chosen, "looks", "look")
        return f"Too early to tell{whether}: {within}{title(chosen)} {looks} best so far, {number}."
    if decision.sure is None:
        said = f"{within}{title(chosen)} {recommended}: {number} on data the model has not seen."
        if decision.race is None:
            return capital(said)
        one, other = (title(find(estimates, rung)) for rung in decision.race)
        return f"A toss-up between {one} and {other}; {said}"
    none = capital(f"{within}no rung has {likelihood(LIKELY)} of reaching {target_of(goal)}.")
    if out_of_reach(estimates, goal):
        return f"{none} Without that target, {title(chosen)} {recommended}: {number}."
    odds = likelihood(chosen.p_target or 0.0)
    close = "closest" if likeliest(chosen, estimates, goal) else "about as close as any"
    return f"{none} {subject} {verb(chosen, 'comes', 'come')} {close}, with {odds}: {number}."


def is_too_early(advice: Advice) -> bool:
    """Whether an advice says that it is too early to tell: what leads so far is not recommended."""
    chosen = advice.estimate(advice.recommended)
    return is_unclear(chosen) and not (advice.question.target is not None and reaches(chosen))


def is_unclear(chosen: Estimate) -> bool:
    """Whether the value may be almost anything: too few items were measured to recommend on."""
    return chosen.n < FEW and high(chosen) - low(chosen) > UNCLEAR


def likeliest(estimate: Estimate, estimates: Sequence[Estimate], goal: Goal) -> bool:
    """Whether no other rung has a better chance of the target; a cheaper one within a point of it may be taken."""
    return (estimate.p_target or 0.0) >= max(e.p_target or 0.0 for e in usable(estimates, goal))


def target_of(goal: Goal) -> str:
    """The target in words."""
    return percent(goal.target or 0.0)


def out_of_reach(estimates: Sequence[Estimate], goal: Goal) -> bool:
    """Whether no rung has any chance of the target."""
    return goal.target is not None and max((e.p_target or 0.0) for e in usable(estimates, goal)) < LEAST_CHANCE


def limits(estimates: Sequence[Estimate], goal: Goal) -> str:
    """What keeps a better rung from being recommended, as the start of a sentence; "" where nothing does."""
    priced = [e for e in estimates if e.available and e.utility is not None]
    by_chance = goal.target is not None and not out_of_reach(estimates, goal)

    def merit(estimate: Estimate) -> float:
        return (estimate.p_target or 0.0) if by_chance else worth(estimate)

    most = max(merit(e) for e in usable(priced, goal))
    better = [e for e in priced if merit(e) > most + 1e-9]
    if any(e.blocked for e in better):
        return "within your constraints, "
    return "among the allowed rungs, " if any(e.rung not in goal.rungs for e in better) else ""


def summary(decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> tuple[str, ...]:
    """Up to four sentences under the headline: what separates the best, what settles it, what it costs."""
    chosen = find(estimates, decision.recommended)
    other = find(estimates, decision.runner_up) if decision.runner_up else None
    if is_unclear(chosen) and not decision.sure:
        sentences = [
            f"This rests on {counted(chosen.n, 'item')}. Give more time for measuring, or more labelled items."
        ]
    elif decision.sure is False:
        sentences = missed(estimates, decision, goal)
    elif decision.sure or other is None:
        cheapest = usable(estimates, goal)[0] is chosen
        none = "It is the cheapest rung." if cheapest else f"No cheaper rung has {likelihood(LIKELY)} of that."
        sentences = [none, highest(estimates, goal)] if decision.sure else []
    else:
        known_to_be = verb(chosen, "is", "are") + ("" if chosen.run and other.run else " expected to be")
        sentences = [
            f"{capital_of(chosen)} {known_to_be} {compared(chosen, other, goal)}.",
            standing(decision, chosen, other, goal),
            settled(decision, chosen, other, metric),
            highest(estimates, goal),
        ]
    sentences += [in_vain(e) for e in estimates if e.kept is not None]
    if costs := in_all(chosen, goal.prices):
        begin = "In all" if goal.prices.currency else "In your currency,"
        sentences.append(f"{begin} {verb(chosen, 'it costs', 'they cost')} {costs}.")
    return tuple(filter(None, sentences))


def missed(estimates: Sequence[Estimate], decision: Decision, goal: Goal) -> list[str]:
    """What can be had where no rung is likely to reach the target: the highest that one is, and labels to add."""
    best = find(estimates, decision.best)
    sentences = []
    if out_of_reach(estimates, goal) and decision.best != decision.recommended:
        are = verb(best, "comes", "come")
        sentences.append(f"{capital_of(best)} {are} closest, with an expected {percent(value(best))}.")
    return [*sentences, highest(estimates, goal)]


def highest(estimates: Sequence[Estimate], goal: Goal) -> str:
    """The highest target that can be counted on, a sentence."""
    every = usable(estimates, goal)
    top = max(just(e) for e in every)
    reaching = next(e for e in every if just(e) >= top - SAME)  # the cheapest of those that are printed alike
    reach = percent(math.floor(1000.0 * max(just(reaching), 0.0) + 1e-9) / 1000.0)  # a target just above is not it
    return f"The highest target with {likelihood(LIKELY)} is {reach}, with {title(reaching)}."


def settled(decision: Decision, chosen: Estimate, other: Estimate, metric: Metric) -> str:
    """What would settle the choice between two that are close, or that a cheap try is safe; "" for neither."""
    if decision.race is None:
        safe = fallback(chosen, metric) == other.rung and (seconds_of(chosen) or CHEAP_SECONDS) < CHEAP_SECONDS
        return f"{cheap_try(chosen, other)}, so it is a safe choice." if safe else ""
    one, two = (chosen, other) if decision.race[0] == chosen.rung else (other, chosen)
    seconds = (seconds_of(two) or 0.0) + (0.0 if fallback(two, metric) == one.rung else seconds_of(one) or 0.0)
    time = roughly(seconds)
    if one.run or two.run:
        return left_to_try(one if two.run else two, one, metric) if not (one.run and two.run) else ""
    if fallback(two, metric) == one.rung and seconds <= CHEAP_SECONDS:
        return f"{cheap_try(two, one)}, so it is cheap to try."
    if seconds <= CHEAP_SECONDS:
        return f"Training both takes {time} here and settles it."
    return f"The two are close: a race of both on this data would settle it in about {time}."


def left_to_try(estimate: Estimate, other: Estimate, metric: Metric) -> str:
    """What would settle a choice of which a run has measured one side, a sentence."""
    if fallback(estimate, metric) == other.rung and (seconds_of(estimate) or 0.0) <= CHEAP_SECONDS:
        return f"{cheap_try(estimate, other)}, so it is cheap to try."
    return f"A run of {title(estimate)} would measure {verb(estimate, 'it', 'them')} on the same items and settle it."


def cheap_try(estimate: Estimate, back: Estimate) -> str:
    """That a training is short and cannot do harm, as a clause."""
    time = spoken_seconds(estimate)
    return f"{capital_of(estimate)} takes {time} here and falls back to {title(back)} where it is not better"


def fallback(estimate: Estimate, metric: Metric) -> RungName | None:
    """The rung that a run goes back to where training was not better."""
    return row_of(estimate.rung).falls_back_to.get(task_of_metric(metric))


def reasons(decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> dict[RungName, str]:
    """Why each rung is or is not taken, with its number."""
    return {e.rung: reason(e, decision, estimates, metric, goal) for e in estimates}


def reason(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> str:
    """Why this rung is or is not chosen."""
    if not any(e.rung == estimate.rung for e in usable(estimates, goal)):
        return estimate.blocked or (estimate.details if estimate.kept is not None else estimate.reason)
    if estimate.rung == decision.recommended:
        said = chosen_because(estimate, decision, estimates, goal)
    elif decision.sure:
        said = against_target(estimate, find(estimates, decision.recommended), goal)
    else:
        said = passed_over(estimate, decision, find(estimates, decision.recommended), goal)
    return " ".join(filter(None, (said, luck(estimate), kept(estimate, metric))))


def chosen_because(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> str:
    """Why the recommended rung is recommended."""
    if decision.sure:
        return f"The cheapest rung that is likely to reach the target (chance: {chance(estimate.p_target or 0.0)})."
    if decision.runner_up is None:
        return f"The only rung available (expected: {percent(value(estimate))})."
    said = f"{capital(compared(estimate, find(estimates, decision.runner_up), goal))}."
    if decision.sure is False and not out_of_reach(estimates, goal):
        best = (
            "The best chance"
            if likeliest(estimate, estimates, goal)
            else "The cheapest within a point of the best chance"
        )
        return f"{best} of the target: {chance(estimate.p_target or 0.0)}. {said}"
    return said


def against_target(estimate: Estimate, chosen: Estimate, goal: Goal) -> str:
    """Why a rung is not taken where the chosen one is likely to reach the target."""
    reached = estimate.p_target or 0.0
    if reached < LIKELY:
        return f"{capital(chance_of_target(reached))} (expected: {percent(value(estimate))})."
    enough = f"Not needed: {title(chosen)} {verb(chosen, 'is', 'are')} likely to reach the target."
    return f"{enough} {capital(compared(estimate, chosen, goal))}."


def chance_of_target(reached: float) -> str:
    """How likely a rung is to reach the target, where that is not enough."""
    odds = likelihood(reached)
    return f"{odds if reached < NO_CHANCE else f'only {odds}'} of reaching the target"


def passed_over(estimate: Estimate, decision: Decision, chosen: Estimate, goal: Goal) -> str:
    """Why a rung is not taken where no target decides, or none is likely."""
    said = f"{capital(compared(estimate, chosen, goal))}."
    if decision.sure is False:
        return f"{capital(likelihood(estimate.p_target or 0.0))} of reaching the target. {said}"
    points, needed = lead(estimate, chosen), allowed(estimate, chosen)
    if points >= LEVEL and decision.anchored and worth(estimate) > worth(chosen):
        return f"{said} Its lead {stands(chosen)}"
    if points >= LEVEL and needed - points >= 0.0:
        return f"{said} {more_or_less('less', needed, goal, (estimate, chosen))}"
    return said


def kept(estimate: Estimate, metric: Metric) -> str:
    """How often what is tuned was kept elsewhere, and what is served otherwise; "" where nothing is tuned."""
    back = fallback(estimate, metric)
    if estimate.rung != TUNED or estimate.run or estimate.kept_chance is None or back is None:
        return ""
    share = percent(estimate.kept_chance, digits=0)
    served = f"{row_of(back).in_text} {row_of(back).verb('is', 'are')} served"
    return f"On other datasets tuning was kept in {share} of runs; otherwise {served}."


def in_vain(estimate: Estimate) -> str:
    """That training a rung brought nothing here, a sentence."""
    return f"Measured: {title(estimate)} brought nothing here."


def find(estimates: Sequence[Estimate], name: RungName) -> Estimate:
    """The estimate of one rung."""
    return next(e for e in estimates if e.rung == name)
