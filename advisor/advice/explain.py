"""The decision in plain sentences: why this rung, and why not each other one, with the numbers that decided."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.advice.decide import LIKELY, Decision, gain_error, high, just, low, usable, value
from advisor.core.ladder import RungName, rung
from advisor.core.records import Estimate, Goal, Metric
from advisor.core.wording import chance, duration, money, percent

#: Costs by the name that a sentence gives them; those of one name are added.
COSTS = {"upkeep": ("upkeep",), "machine time": ("training", "predictions"), "electricity": ("electricity",),
         "tokens": ("tokens",), "labels": ("labels",)}  # fmt: skip
#: A cost that is less than this share of all differences is not worth a word.
WORTH_A_WORD = 0.02


def spoken(estimate: Estimate) -> str:
    """One estimate's value with its interval: 93.4 % (90.1 to 96.0)."""
    return f"{percent(value(estimate))} ({100 * low(estimate):.1f} to {100 * high(estimate):.1f})"


def headline(decision: Decision, estimates: Sequence[Estimate], metric: Metric, goal: Goal) -> str:
    """The recommendation in one sentence with its number."""
    chosen = find(estimates, decision.recommended)
    name, plural = subject(chosen)
    reached = f"a {chance(chosen.p_target or 0.0)} chance of reaching your target of {percent(goal.target or 0.0)}"
    if decision.sure:
        return f"{name} {'are' if plural else 'is'} enough: expected {metric} {spoken(chosen)}, with {reached}."
    if decision.sure is False:
        return (
            f"No rung is likely to reach {percent(goal.target or 0.0)}. {name} {'are' if plural else 'is'} worth "
            f"most: expected {metric} {spoken(chosen)}, with {reached}."
        )
    pays = "pay" if plural else "pays"
    return f"{name} {pays} most here: expected {metric} {spoken(chosen)} on data the model has not seen."


def summary(decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> tuple[str, ...]:
    """Two or three sentences under the headline: the coin toss or what separates the two best, and the training."""
    chosen = find(estimates, decision.recommended)
    other = find(estimates, decision.runner_up) if decision.runner_up else None
    sentences = []
    if other is not None and decision.race:
        sentences.append(coin_toss(chosen, other, decision))
    elif other is not None and not decision.sure:
        name, plural = subject(chosen)
        said = compared(chosen, other, goal, "cost" if plural else "costs")
        sentences.append(f"{name} {'are' if plural else 'is'} {said[0].lower()}{said[1:]}.")
        if decision.overlap and (gain_error(chosen) is None or gain_error(other) is None):
            sentences.append("Their intervals overlap; a race of both would settle it.")
    if decision.sure is False:
        reach = max(just(e) for e in usable(estimates, goal))
        sentences.append(f"The highest target that a rung is likely to reach here is {percent(max(reach, 0.0))}.")
    if decision.sure:
        sentences.append(f"It is the cheapest rung with at least a {chance(LIKELY)} chance of reaching the target.")
    if chosen.train_seconds is not None:
        sentences.append(f"Training takes about {duration(chosen.train_seconds)} on this machine.")
    return tuple(sentences)


def coin_toss(chosen: Estimate, other: Estimate, decision: Decision) -> str:
    """That the two best can hardly be told apart, and what settles it."""
    are = "are" if subject(other)[1] else "is"
    return (
        f"Between {title(chosen)} and {title(other)} the choice is a coin toss: there is a "
        f"{chance(decision.chance or 0.0)} chance that {title(other)} {are} worth more. The cheaper one is taken; a "
        f"race of both on this data would settle it."
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
        return against_target(estimate, chosen, goal)
    said = f"{compared(estimate, chosen, goal)}."
    if decision.race and estimate.rung in decision.race:
        return f"A coin toss with {title(chosen)}. {said}"
    return said


def against_target(estimate: Estimate, chosen: Estimate, goal: Goal) -> str:
    """Why a rung is not taken where the chosen one is likely to reach the target."""
    reached = estimate.p_target or 0.0
    if reached < LIKELY:
        return f"Only a {chance(reached)} chance of reaching the target (expected: {percent(value(estimate))})."
    does = "reach" if subject(chosen)[1] else "reaches"
    more = spent(estimate, chosen)
    return f"Not needed: {title(chosen)} likely {does} the target{f', and this rung {more}' if more else ''}."


def chosen_because(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], goal: Goal) -> str:
    """Why the recommended rung is recommended."""
    if decision.sure:
        return f"The cheapest rung that is likely to reach the target (chance: {chance(estimate.p_target or 0.0)})."
    if decision.runner_up is None:
        return f"The only rung that may be taken: {percent(value(estimate))} is expected."
    other = find(estimates, decision.runner_up)
    if decision.race:
        return f"A coin toss with {title(other)}, and the cheaper of the two. {compared(estimate, other, goal)}."
    return f"Worth most at your prices. {compared(estimate, other, goal)}."


def compared(one: Estimate, other: Estimate, goal: Goal, verb: str = "costs") -> str:
    """One rung against another in points, in money, and in costs, without the full stop.

    "Expected 1.2 points above frozen features, worth 120, and costs 50 more in upkeep and 3 in machine time"
    """
    points = 100 * (value(one) - value(other))
    more = spent(one, other, verb)
    if abs(points) < 0.05:
        said = f"Expected to bring as much as {title(other)}"
        return f"{said}, and {more}" if more else said
    amount = money(abs(points) * goal.prices.point)
    where, counts = ("above", f"worth {amount}") if points > 0 else ("below", f"a loss of {amount}")
    said = f"Expected {abs(points):.1f} points {where} {title(other)}, {counts}"
    less = points < 0 and sum(one.costs.values()) < sum(other.costs.values())
    return f"{said}, {'but' if less else 'and'} {more}" if more else said


def spent(one: Estimate, other: Estimate, verb: str = "costs") -> str:
    """What one rung costs more or less than another, by name: "costs 50 more in upkeep and 3 in machine time"."""
    apart = {
        name: sum(one.costs.get(part, 0.0) - other.costs.get(part, 0.0) for part in parts)
        for name, parts in COSTS.items()
    }
    total = sum(abs(amount) for amount in apart.values())
    kept = {name: amount for name, amount in apart.items() if abs(amount) > WORTH_A_WORD * total}
    said, before = [], None
    for name, amount in kept.items():
        word = "more" if amount > 0 else "less"
        said.append(f"{money(abs(amount))} {f'{word} ' if word != before else ''}in {name}")
        before = word
    return f"{verb} {' and '.join([', '.join(said[:-1]), said[-1]] if len(said) > 1 else said)}" if said else ""


def subject(estimate: Estimate) -> tuple[str, bool]:
    """The rung as the subject of a sentence, and whether its verb stands in the plural.

    >>> [subject(Estimate(rung=name, available=True)) for name in ("frozen", "scratch")]
    [('Frozen features', True), ('Training from scratch', False)]
    """
    name = "Training from scratch" if estimate.rung == "scratch" else rung(estimate.rung).title
    return name, name.endswith("s")


def title(estimate: Estimate) -> str:
    """The rung's title in running text."""
    return subject(estimate)[0].lower()


def find(estimates: Sequence[Estimate], name: RungName) -> Estimate:
    """The estimate of one rung."""
    return next(e for e in estimates if e.rung == name)
