"""One rung against another in words: value, the chance of being better, effort, serving, and what it costs.

"1.5 points above frozen features (79 % likely to be better), for 5 minutes of training". What is alike is left out.
"""

from __future__ import annotations

from advisor.advice.decide import lead, p_higher, taken_off, value
from advisor.advice.outlook.common import TRAINING_SECONDS
from advisor.advice.outlook.cost import by_endpoint
from advisor.core.ladder import rung as row_of
from advisor.core.records import Advice, Estimate, Goal, Prices
from advisor.core.wording import amount, chance, counted, duration, listed, percent, roughly

#: Differences of less than this many points are none.
LEVEL = 0.05
#: Points taken off for luck are spoken of from so many on.
LUCK = 0.5
#: What a forecast comes from, by its provenance.
SOURCES = {"measured": "the probes", "piloted": "a short run", "predicted": "other datasets"}
#: Times that differ by less than this factor are the same; a time this many times longer leaves the other unnamed.
ALIKE, BEYOND = 1.25, 10.0
#: Predictions that take less than this many milliseconds are all alike.
INSTANT_MS = 1.0
#: A cost that is less than this share of all differences is not worth a word, nor is less than half a cent.
WORTH_A_WORD, LEAST_AMOUNT = 0.02, 0.005
#: Each cost as a sentence names it, with the months of use.
COSTS = {
    "upkeep": "for {months} of upkeep",
    "training": "for training",
    "predictions": "over {months} of predictions",
    "electricity": "for electricity",
    "tokens": "for the endpoint's tokens over {months}",
}


def compared(one: Estimate, other: Estimate, goal: Goal) -> str:
    """One rung against another, as the end of a sentence without its full stop."""
    named = [part for part in (effort(one, other), serving(one, other, goal)) if part]
    ahead = "for" if lead(one, other) >= LEVEL and row_of(one.rung).trains else "with"
    spent = dearer(one, other, goal.prices)
    return apart(one, other) + (f", {ahead} {' and '.join(named)}" if named else "") + (f": {spent}" if spent else "")


def apart(one: Estimate, other: Estimate) -> str:
    """The difference in points with the chance of being better: "1.5 points above retrieval (79 % likely ...)"."""
    if is_level(one, other):
        return f"level with {title(other)}"
    odds, points = p_higher(one, other), shown_lead(one, other)
    likely = "chance of being better not known" if odds is None else f"{chance(odds)} likely to be better"
    return f"{abs(points):.1f} points {'above' if points > 0 else 'below'} {title(other)} ({likely})"


def is_level(one: Estimate, other: Estimate) -> bool:
    """Whether two values are printed alike, or differ by next to nothing."""
    return abs(lead(one, other)) < LEVEL or abs(shown_lead(one, other)) < LEVEL


def shown_lead(one: Estimate, other: Estimate) -> float:
    """Points between two values as they are printed, to a tenth: a reader subtracts them."""
    return round(100.0 * value(one), 1) - round(100.0 * value(other), 1)


def luck(estimate: Estimate) -> str:
    """What was taken off a forecast for luck and why, a sentence; "" where it is not worth one."""
    off = taken_for_luck(estimate)
    if estimate.before_luck is None or off < LUCK:
        return ""
    forecast = estimate.before_luck[0]
    why = "because the best of many measured values is usually lucky"
    return f"The forecast was {percent(forecast)}; {off:.1f} points are taken off, {why}."


def taken_for_luck(estimate: Estimate) -> float:
    """The points that were taken off for luck, between the printed values: a reader subtracts them."""
    if estimate.before_luck is None:
        return 0.0
    return round(100.0 * estimate.before_luck[0], 1) - round(100.0 * value(estimate), 1)


def basis(estimate: Estimate) -> str:
    """What a rung's value comes from: the test part, or a forecast from what was measured on the training part."""
    if estimate.run:
        return "measured on the test part"
    return f"forecast from {SOURCES.get(estimate.provenance or 'predicted')}"


def effort(one: Estimate, other: Estimate) -> str:
    """The training of one rung, beside the other's where that matters: "5 minutes of training".

    "" where it is not known, or takes about as long.
    """
    mine, its = seconds_of(one), seconds_of(other)
    if mine is None or its is None or mine == its == 0.0:
        return ""
    if mine == 0.0:
        return "no training"
    if max(mine, its) < ALIKE * max(min(mine, its), 1.0):
        return ""
    more = its == 0.0 or mine >= BEYOND * its
    return f"{spoken_seconds(one)} of training" + ("" if more else f" instead of {spoken_seconds(other)}")


def spoken_seconds(estimate: Estimate) -> str:
    """The time of a training in a sentence; a forecast of the usual budget may be more."""
    return ("at least " if is_capped(estimate) else "") + roughly(seconds_of(estimate) or 0.0)


def is_capped(estimate: Estimate) -> bool:
    """Whether a training is expected to use the usual budget up."""
    return estimate.run_seconds is None and (seconds_of(estimate) or 0.0) >= TRAINING_SECONDS


def seconds_of(estimate: Estimate) -> float | None:
    """Seconds of training, 0 for what trains nothing; those that a run took, where one has finished."""
    if not row_of(estimate.rung).trains:
        return 0.0
    return estimate.train_seconds if estimate.run_seconds is None else estimate.run_seconds


def training_time(estimate: Estimate) -> str:
    """The time of training in a table, and that it was measured; "" where it is not known."""
    seconds = seconds_of(estimate)
    if seconds is None:
        return ""
    if is_capped(estimate):
        return f"{brief(seconds)} or more"
    if seconds and estimate.run_seconds is not None:
        return f"{duration(seconds)}, measured"
    return brief(seconds)


def serving(one: Estimate, other: Estimate, goal: Goal) -> str:
    """What a prediction of one rung costs beside the other's; "" where it is not known, or the same."""
    if by_endpoint(one, goal) != by_endpoint(other, goal):
        return "an endpoint's answer per prediction" if by_endpoint(one, goal) else "predictions made on this machine"
    mine, its = one.milliseconds_per_prediction, other.milliseconds_per_prediction
    if mine is None or its is None:
        return ""
    if max(mine, its) < INSTANT_MS or max(mine, its) < ALIKE * min(mine, its):
        return ""
    return f"{milliseconds(mine)} instead of {milliseconds(its)} per prediction"


def brief(seconds: float) -> str:
    """A time of training in a table.

    >>> brief(0.0), brief(0.2), brief(300.0)
    ('none', 'under 1 s', '5 min')
    """
    return "none" if seconds == 0.0 else "under 1 s" if seconds < 0.95 else duration(round(seconds))


def chance_beside(estimate: Estimate, advice: Advice) -> str:
    """The chance of the target, or of being better than the recommended rung; "" where it is not known."""
    chosen = advice.estimate(advice.recommended)
    if not estimate.available or estimate.value is None:
        return ""
    if estimate.kept is not None:
        return "same model"
    if advice.question.target is not None:
        return "" if estimate.p_target is None else chance(estimate.p_target)
    if estimate.rung == chosen.rung or chosen.value is None:
        return ""
    if is_level(estimate, chosen):
        return "level"
    odds = p_higher(estimate, chosen)
    return "" if odds is None else chance(odds)


def milliseconds(time: float) -> str:
    """The time of one prediction.

    >>> milliseconds(0.2), milliseconds(15.4), milliseconds(2400.0)
    ('under 1 ms', '15 ms', '2.4 s')
    """
    if time < INSTANT_MS:
        return "under 1 ms"
    return f"{time:,.0f} ms" if time < 1000 else f"{time / 1000:,.1f} s"


def dearer(one: Estimate, other: Estimate, prices: Prices) -> str:
    """What one rung costs more or less than another, at the prices given: "3.20 EUR more for training"; "" for none."""
    differences = {name: one.costs.get(name, 0.0) - other.costs.get(name, 0.0) for name in COSTS}
    total = sum(map(abs, differences.values()))
    parts = []
    for name, difference in differences.items():
        if abs(difference) > max(WORTH_A_WORD * total, LEAST_AMOUNT):
            more = "more" if difference > 0 else "less"
            parts.append(f"{cents(difference, prices)} {more} {cost_for(name, prices)}")
    return own_currency(prices) + listed(parts) if parts else ""


def in_all(estimate: Estimate, prices: Prices) -> str:
    """What a rung costs at the prices given: the sum of several, then each by name; "" without any.

    The currency's absence is unsaid.
    """
    named = {name: cost for name, cost in estimate.costs.items() if cost >= LEAST_AMOUNT}
    parts = listed(f"{cents(cost, prices)} {cost_for(name, prices)}" for name, cost in named.items())
    return f"about {cents(sum(named.values()), prices)}: {parts}" if len(named) > 1 else parts


def cents(cost: float, prices: Prices) -> str:
    """An amount in a sentence, to a cent."""
    return amount(round(abs(cost), 2), prices.currency)


def cost_for(name: str, prices: Prices) -> str:
    """What a cost is for, with the months of use."""
    return COSTS[name].format(months=counted(prices.months, "month"))


def own_currency(prices: Prices) -> str:
    """What comes before amounts whose currency has no name."""
    return "" if prices.currency else "in your currency, "


def allowed(one: Estimate, other: Estimate) -> float:
    """Points that `one` must lie above `other` to be worth its place and costs; below 0 where it may lie behind."""
    return taken_off(one) - taken_off(other)


def title(estimate: Estimate) -> str:
    """The rung's title in running text."""
    return row_of(estimate.rung).in_text


def capital_of(estimate: Estimate) -> str:
    """The rung at the beginning of a sentence."""
    return row_of(estimate.rung).subject


def verb(estimate: Estimate, singular: str, plural: str) -> str:
    """The form of a verb that goes with the rung."""
    return row_of(estimate.rung).verb(singular, plural)
