"""The decision in plain sentences: why this rung, and why not each other one, with the numbers that decided."""

from __future__ import annotations

import math
from collections.abc import Sequence

from advisor.advice.decide import LIKELY, Decision, high, just, low, usable, value, worth
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Goal, Metric
from advisor.core.wording import about, capital, chance, listed, money, percent

#: Costs by the name that a sentence gives them; those of one name are added.
COSTS = {"upkeep": ("upkeep",), "machine time": ("training", "predictions"), "electricity": ("electricity",),
         "tokens": ("tokens",)}  # fmt: skip
#: A cost that is less than this share of all differences is not worth a word.
WORTH_A_WORD = 0.02


def spoken(estimate: Estimate) -> str:
    """One estimate's value with its interval: 93.4 % (90.1 to 96.0)."""
    return f"{percent(value(estimate))} ({100 * low(estimate):.1f} to {100 * high(estimate):.1f})"


def likelihood(share: float) -> str:
    """A chance with its article.

    >>> [likelihood(share) for share in (0.4, 0.83, 0.11, 0.002, 0.999)]
    ['a 40 % chance', 'an 83 % chance', 'an 11 % chance', 'less than a 1 % chance', 'more than a 99 % chance']
    """
    if share > 0.995 or share < 0.005:
        return "more than a 99 % chance" if share > 0.5 else "less than a 1 % chance"
    written = chance(share)
    return f"{'an' if written.startswith(('8', '11 ', '18 ')) else 'a'} {written} chance"


def headline(decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> str:
    """The recommendation in one sentence with its number."""
    chosen = find(estimates, decision.recommended)
    rung, target = row_of(chosen.rung), percent(goal.target or 0.0)
    reaching = f"with {likelihood(chosen.p_target or 0.0)} of reaching your target of {target}"
    if decision.sure:
        return f"{rung.subject} {rung.verb('is', 'are')} enough: expected {metric} {spoken(chosen)}, {reaching}."
    if decision.sure is False:
        most = capital(f"{limits(estimates, goal)}{rung.in_text} {rung.verb('is', 'are')} worth most")
        return f"No rung is likely to reach {target}. {most}: expected {metric} {spoken(chosen)}, {reaching}."
    most = capital(f"{limits(estimates, goal)}{rung.in_text} {rung.verb('pays', 'pay')} most")
    return f"{most} here: expected {metric} {spoken(chosen)} on data the model has not seen."


def limits(estimates: Sequence[Estimate], goal: Goal) -> str:
    """What keeps a rung that is worth more from being recommended, as the start of a sentence; empty where nothing."""
    priced = [e for e in estimates if e.available and e.utility is not None]
    most = max((worth(e) for e in usable(priced, goal)), default=math.inf)
    better = [e for e in priced if worth(e) > most]
    if any(e.blocked for e in better):
        return "within your constraints, "
    return "of the allowed rungs, " if any(e.rung not in goal.rungs for e in better) else ""


def summary(decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> tuple[str, ...]:
    """Two or three sentences under the headline: the coin toss or what separates the two best, and the training."""
    chosen = find(estimates, decision.recommended)
    other = find(estimates, decision.runner_up) if decision.runner_up else None
    rung = row_of(chosen.rung)
    sentences = []
    if other is not None and decision.race:
        sentences.append(coin_toss(chosen, other, decision))
    elif other is not None and not decision.sure:
        against = compared(chosen, other, goal, rung.verb("costs", "cost"))
        sentences.append(f"{rung.subject} {rung.verb('is', 'are')} {against}.")
    if decision.sure is False:
        reach = max(just(e) for e in usable(estimates, goal))
        sentences.append(f"The highest target that a rung is likely to reach here is {percent(max(reach, 0.0))}.")
    if decision.sure:
        sentences.append(f"It is the cheapest rung with at least {likelihood(LIKELY)} of reaching the target.")
    if chosen.train_seconds is not None:
        sentences.append(f"Training takes {about(chosen.train_seconds)} on this machine.")
    return tuple(sentences)


def coin_toss(chosen: Estimate, other: Estimate, decision: Decision) -> str:
    """That the two best can hardly be told apart, and what settles it."""
    odds, are = likelihood(decision.chance or 0.0), row_of(other.rung).verb("is", "are")
    return (
        f"The choice between {title(chosen)} and {title(other)} is a coin toss: there is {odds} that {title(other)} "
        f"{are} worth more. The cheaper one is recommended; a race of both on this data would settle it."
    )


def reasons(decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> dict[RungName, str]:
    """One sentence for every rung, with its number."""
    return {e.rung: reason(e, decision, estimates, goal) for e in estimates}


def reason(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> str:
    """Why this rung is or is not chosen."""
    if not any(e.rung == estimate.rung for e in usable(estimates, goal)):
        return estimate.blocked or estimate.reason
    if estimate.rung == decision.recommended:
        return chosen_because(estimate, decision, estimates, goal)
    chosen = find(estimates, decision.recommended)
    if decision.sure:
        return against_target(estimate, chosen)
    against = f"{capital(compared(estimate, chosen, goal))}."
    if decision.race and estimate.rung in decision.race:
        return f"A coin toss with {title(chosen)}. {against}"
    return against


def against_target(estimate: Estimate, chosen: Estimate) -> str:
    """Why a rung is not taken where the chosen one is likely to reach the target."""
    reached = estimate.p_target or 0.0
    if reached < LIKELY:
        odds = capital(likelihood(reached)) if reached < 0.005 else f"Only {likelihood(reached)}"
        return f"{odds} of reaching the target (expected: {percent(value(estimate))})."
    are, more = row_of(chosen.rung).verb("is", "are"), spent(estimate, chosen)
    return f"Not needed: {title(chosen)} {are} likely to reach the target{f', and this rung {more}' if more else ''}."


def chosen_because(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> str:
    """Why the recommended rung is recommended."""
    if decision.sure:
        return f"The cheapest rung that is likely to reach the target (chance: {chance(estimate.p_target or 0.0)})."
    if decision.runner_up is None:
        return f"The only rung available (expected: {percent(value(estimate))})."
    other = find(estimates, decision.runner_up)
    against = f"{capital(compared(estimate, other, goal))}."
    if decision.race:
        return f"A coin toss with {title(other)}, and the cheaper of the two. {against}"
    return f"Worth most at your prices. {against}"


def compared(one: Estimate, other: Estimate, goal: Goal, verb: str = "costs") -> str:
    """One rung against another in points, in money, and in costs, as the end of a sentence without its full stop.

    "expected 1.2 points above frozen features, worth 120, and costs 50 more in upkeep and 3 in machine time"
    """
    points = 100 * (value(one) - value(other))
    more = spent(one, other, verb)
    if abs(points) < 0.05:
        equal = f"expected to reach the same value as {title(other)}"
        return f"{equal}, and {more}" if more else equal
    amount = money(abs(points) * goal.prices.point)
    where, counts = ("above", f"worth {amount}") if points > 0 else ("below", f"a loss of {amount}")
    apart = f"expected {abs(points):.1f} points {where} {title(other)}, {counts}"
    saves = points < 0 and sum(one.costs.values()) < sum(other.costs.values())
    return f"{apart}, {'but' if saves else 'and'} {more}" if more else apart


def spent(one: Estimate, other: Estimate, verb: str = "costs") -> str:
    """What one rung costs more or less than another, by name: "costs 50 more in upkeep and 3 in machine time"."""
    apart = {
        name: sum(one.costs.get(part, 0.0) - other.costs.get(part, 0.0) for part in parts)
        for name, parts in COSTS.items()
    }
    total = sum(abs(amount) for amount in apart.values())
    parts, before = [], None
    for name, amount in apart.items():
        if abs(amount) > WORTH_A_WORD * total:
            word = "more" if amount > 0 else "less"
            parts.append(f"{money(abs(amount))} {f'{word} ' if word != before else ''}in {name}")
            before = word
    return f"{verb} {listed(parts)}" if parts else ""


def title(estimate: Estimate) -> str:
    """The rung's title in running text."""
    return row_of(estimate.rung).in_text


def find(estimates: Sequence[Estimate], name: RungName) -> Estimate:
    """The estimate of one rung."""
    return next(e for e in estimates if e.rung == name)
