"""The decision in plain sentences: why this rung, why not each other one, and what would flip it."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.advice.decide import MARGIN, Decision, decide, high, low, usable, value
from advisor.ladder import RUNG_NAMES, RungName, rung
from advisor.records import Estimate, Metric

#: A range of targets narrower than this is lost in the rounding of its sentence.
NARROWEST = 0.002


def percent(share: float) -> str:
    """A share as a percentage with one decimal: 0.934 → 93.4 %."""
    return f"{100 * share:.1f} %"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 12 s, 4 min, 2.5 h, 651 days."""
    if seconds >= 48 * 3600:
        return f"{seconds / 86400:,.0f} days"
    if seconds < 90:
        return f"{max(1, round(seconds))} s" if seconds >= 0.5 else "under 1 s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def spoken(estimate: Estimate) -> str:
    """One estimate's value with its interval: 93.4 % (90.1 to 96.0)."""
    return f"{percent(value(estimate))} ({100 * low(estimate):.1f} to {100 * high(estimate):.1f})"


def headline(decision: Decision, estimates: Sequence[Estimate], metric: Metric, target: float | None) -> str:
    """The recommendation in one sentence with its number."""
    chosen = find(estimates, decision.recommended)
    name, plural = subject(chosen)
    if decision.sure:
        return (
            f"{name} {'are' if plural else 'is'} enough: expected {metric} {spoken(chosen)}, and even the lower bound "
            f"reaches your target of {percent(target or 0)}."
        )
    if decision.sure is False:
        return (
            f"No rung is sure to reach {percent(target or 0)}. "
            f"{name} {'come closest at their' if plural else 'comes closest at its'} cost: "
            f"expected {metric} {spoken(chosen)}."
        )
    pays = "pay" if plural else "pays"
    return f"{name} {pays} most here: expected {metric} {spoken(chosen)} on data the model has not seen."


def summary(decision: Decision, estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Two or three sentences under the headline: the best rung, the overlap, the cost."""
    chosen, best = find(estimates, decision.recommended), find(estimates, decision.best)
    sentences = []
    if best.rung != chosen.rung:
        gain = 100 * (value(best) - value(chosen))
        cost = "at a higher cost" if costs_more(best, chosen) else "too little to climb the ladder for"
        sentences.append(f"{subject(best)[0]} may bring {gain:.1f} points more, {cost}.")
    if decision.runner_up and decision.overlap:
        other = find(estimates, decision.runner_up)
        cheaper = RUNG_NAMES.index(chosen.rung) < RUNG_NAMES.index(other.rung)
        taken = "so the cheaper one is taken" if costs_more(other, chosen) else "so the lower rung is taken"
        end = taken if cheaper else "so a test run of both would settle it"
        sentences.append(f"The intervals of {title(chosen)} and {title(other)} overlap, {end}.")
    if chosen.train_seconds is not None:
        sentences.append(f"Training takes about {duration(chosen.train_seconds)} on this machine.")
    return tuple(sentences)


def reasons(decision: Decision, estimates: Sequence[Estimate], target: float | None) -> dict[RungName, str]:
    """One sentence for every rung, with its number."""
    return {e.rung: reason(e, decision, estimates, target) for e in estimates}


def reason(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], target: float | None) -> str:
    """Why this rung is or is not chosen."""
    if not estimate.available or estimate.value is None:
        return estimate.reason
    if estimate.rung == decision.recommended:
        return chosen_because(estimate, decision, estimates, target)
    chosen = find(estimates, decision.recommended)
    difference = 100 * (value(estimate) - value(chosen))
    dearer = RUNG_NAMES.index(estimate.rung) > RUNG_NAMES.index(chosen.rung)
    if dearer:
        return reason_above(estimate, chosen, decision)
    if decision.sure and target is not None:
        return f"Cheaper, but its lower bound of {percent(low(estimate))} misses the target of {percent(target)}."
    return f"Cheaper, but expected {-difference:.1f} points lower than {title(chosen)}."


def reason_above(estimate: Estimate, chosen: Estimate, decision: Decision) -> str:
    """Why a rung above the chosen one is not taken; that it costs more is said only where it trains for longer."""
    difference, costly = 100 * (value(estimate) - value(chosen)), costs_more(estimate, chosen)
    if decision.sure:
        reaches = "reach" if subject(chosen)[1] else "reaches"
        return f"Not needed: {title(chosen)} already {reaches} the target{', and this rung costs more' * costly}."
    if abs(difference) < 0.05:
        start = f"Costs more than {title(chosen)} and is expected" if costly else "Expected"
        return f"{start} to bring no more{'' if costly else f' than {title(chosen)}'}."
    if difference > 0:
        return f"Expected {difference:.1f} points above {title(chosen)}, too little to pay for a higher rung."
    return (
        f"{'Costs more and is expected' if costly else 'Expected'} {-difference:.1f} points lower than {title(chosen)}."
    )


def chosen_because(estimate: Estimate, decision: Decision, estimates: Sequence[Estimate], target: float | None) -> str:
    """Why the recommended rung is recommended."""
    if decision.sure:
        return f"The cheapest rung whose lower bound, {percent(low(estimate))}, reaches the target."
    if decision.sure is False:
        gap = 100 * ((target or 0) - low(estimate))
        return f"The cheapest of the best: its lower bound misses the target by {gap:.1f} points."
    if decision.best == estimate.rung:
        return f"The highest expected value, {percent(value(estimate))}, and no cheaper rung is within one point."
    best = find(estimates, decision.best)
    behind = 100 * (value(best) - value(estimate))
    return f"The cheapest rung within one point of the best ({title(best)} is {behind:.1f} points ahead)."


def flips(decision: Decision, estimates: Sequence[Estimate], target: float | None) -> tuple[str, ...]:
    """The nearest changes of the user's question that change the recommendation, each checked by deciding again."""
    chosen = find(estimates, decision.recommended)
    found: list[str] = []
    for other in usable(estimates):
        if other.rung == chosen.rung:
            continue
        bound = low(other)
        if bound > 0.0 and decide(estimates, min(bound, 1.0)).recommended == other.rung:
            cheaper = RUNG_NAMES.index(other.rung) < RUNG_NAMES.index(chosen.rung)
            word = "A target of at most" if cheaper else "A target above"
            limit = (
                bound
                if cheaper
                else max(low(e) for e in usable(estimates) if RUNG_NAMES.index(e.rung) < RUNG_NAMES.index(other.rung))
            )
            wide = cheaper or bound - limit >= NARROWEST
            if wide and (target is None or (bound < target if cheaper else limit >= target)):
                found.append(f"{word} {percent(limit)}: {title(other)} would be recommended.")
    if target is None and decision.best != chosen.rung:
        best = find(estimates, decision.best)
        missing = 100 * (value(chosen) + MARGIN - value(best))
        found.append(f"If {title(best)} gained {missing:.1f} points more than expected, it would be recommended.")
    ceiling = max(low(e) for e in usable(estimates))
    above = f"Above {percent(ceiling)} no rung is sure to reach the target" if ceiling >= NARROWEST else ""
    found.append(f"{above or 'No rung is sure to reach any target'} on this data.")
    return tuple(found)


def costs_more(one: Estimate, other: Estimate) -> bool:
    """Whether `one` stands higher on the ladder and does not train in less time (counting words is soon done)."""
    known = one.train_seconds is not None and other.train_seconds is not None
    sooner = known and (one.train_seconds or 0.0) < (other.train_seconds or 0.0)
    return RUNG_NAMES.index(one.rung) > RUNG_NAMES.index(other.rung) and not sooner


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
