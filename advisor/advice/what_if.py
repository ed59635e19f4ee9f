"""What-if: the changes that lead to another recommendation, each verified by deciding again.

The target, the tolerance and the prices change the goal alone, so they are always tried, prices where the user gave
them. Labels change the estimates, so they are tried only where `at` gives estimates with more or fewer of them
(`advisor.advice.what_if_labels`).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

from advisor.advice.cases import Case
from advisor.advice.comparison import title
from advisor.advice.decide import SAME_CHANCE, decide
from advisor.advice.outlook.cost import CPU, GPU_SPEEDUP, by_endpoint, repriced
from advisor.advice.search import Decided, first_change, geometric, outward
from advisor.advice.what_if_labels import label_price_what_ifs, label_what_ifs
from advisor.advice.what_if_target import target_what_ifs
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal, WhatIf
from advisor.core.wording import amount, count

#: A tolerance is tried to a tenth of a point, and beyond ten points to a point.
TOLERANCES = (*(tenths / 10 for tenths in range(101)), *(float(points) for points in range(11, 101)))
#: A price or a number is followed so many times up and down.
FURTHEST = 1000.0
MOST_PREDICTIONS = 100_000_000


def what_ifs(case: Case) -> tuple[WhatIf, ...]:
    """Every target and tolerance that changes the recommendation; the nearest labels, prices, predictions; a GPU."""
    kinds = (target_what_ifs, tolerance_what_ifs, label_what_ifs, label_price_what_ifs, prediction_what_ifs,
             point_what_ifs, gpu_what_ifs)  # fmt: skip
    return tuple(what_if for kind in kinds for what_if in kind(case))


def tolerance_what_ifs(case: Case) -> Iterator[WhatIf]:
    """Every tolerance for each step of the ladder, to a tenth of a point, at which another rung is recommended."""
    if (case.chosen.p_target or 0.0) >= SAME_CHANCE:
        return  # the target decides

    @functools.cache
    def decided(points: float) -> RungName | None:
        changed = {"tolerance": points}
        try:
            return decide(case.repriced(**changed), case.goal.model_copy(update=changed)).recommended
        except AdviceError:
            return None

    now = case.goal.tolerance
    for places in ([t for t in reversed(TOLERANCES) if t < now], [t for t in TOLERANCES if t > now]):
        for rung, run in itertools.groupby(places, decided):
            if rung in (None, case.decision.recommended):
                continue
            points = list(run)
            steps = steps_of(points[0], points[-1], further=points[-1] == places[-1])
            sentence = f"With a tolerance of {steps}, {title(case.find(rung))} would be recommended."
            yield WhatIf(what="tolerance", now=now, value=points[0], rung=rung, sentence=sentence)


def steps_of(near: float, far: float, further: bool) -> str:
    """The tolerances, from the nearest to the furthest that do; `further`: and all beyond.

    >>> [steps_of(0.4, 0.0, True), steps_of(0.0, 0.0, True), steps_of(1.4, 2.0, False), steps_of(3.0, 100.0, True)]
    ['0.4 points a step or less', '0 points', '1.4 to 2 points a step', '3 points a step or more']
    """
    if near == 0.0:
        return "0 points"
    if further:
        return f"{near:g} point{'s' * (near != 1)} a step or {'more' if far >= near and far else 'less'}"
    one, other = sorted((near, far))
    return f"{one:g} point{'s' * (one != 1)} a step" if one == other else f"{one:g} to {other:g} points a step"


def prediction_what_ifs(case: Case) -> Iterator[WhatIf]:
    """Predictions a month: fewer or more of them, whole numbers; nothing where the user has not said how many."""
    now = case.goal.prices.predictions_per_month
    if now is None:
        return
    for up in (False, True):
        change = followed(case, "predictions_per_month", max(float(now), 1.0), MOST_PREDICTIONS if up else 1.0)
        if change:
            bound, end, rung = change
            some = f"{from_to(bound, end, count)} predictions a month{'' if end else ' or more' if up else ' or fewer'}"
            sentence = f"With {some} ({count(now)} now), {title(case.find(rung))} would be recommended."
            yield WhatIf(what="predictions a month", now=float(now), value=bound, rung=rung, sentence=sentence)


def point_what_ifs(case: Case) -> Iterator[WhatIf]:
    """What a percentage point is worth: less or more; nothing where the user has not said it."""
    now, currency = case.goal.prices.point, case.goal.prices.currency
    if now is None:
        return

    def written(price: float) -> str:
        return amount(price, currency)

    for up in (False, True):
        start = now or 1e-3
        change = followed(case, "point", start, start * FURTHEST if up else start / FURTHEST)
        if change:
            bound, end, rung = change
            worth = (
                f"If a point were worth {from_to(bound, end, written)}{'' if end else ' or more' if up else ' or less'}"
            )
            sentence = f"{worth} ({written(now)} now), {title(case.find(rung))} would be recommended."
            yield WhatIf(what="price of a point", now=now, value=bound, rung=rung, sentence=sentence)


def from_to(one: float, other: float | None, written: Callable[[float], str]) -> str:
    """A number, or the smaller to the larger of two that differ."""
    return " to ".join(written(place) for place in sorted({one, one if other is None else other}))


def followed(case: Case, price: str, start: float, end: float) -> tuple[float, float | None, RungName] | None:
    """The nearest value of a price towards `end` that changes the recommendation, and how far on that one holds.

    Both are rounded to where it does hold; None instead of the second where nothing else follows.
    """
    whole = price == "predictions_per_month"

    def decided(place: float) -> RungName:
        return case.with_prices(**{price: round(place) if whole else place})

    up = end > start
    if start == end or decided(start) != case.decision.recommended:
        return None
    change = first_change(decided, geometric(start, end, 2.0), case.decision.recommended)
    if change is None:
        return None
    near = _holds(decided, change[0], up, whole, change[1], start if up else end, end if up else start)
    if near is None or near == start:
        return None
    further = first_change(decided, geometric(near, end, 2.0), change[1]) if near != end else None
    if further is None:
        return near, None, change[1]
    last = _holds(decided, further[0], not up, whole, change[1], min(near, end), max(near, end))
    return near, near if last is None else last, change[1]


def _holds(
    decided: Decided, place: float, up: bool, whole: bool, rung: RungName, least: float, most: float
) -> float | None:
    """The place rounded up or down, where the rung is decided there; None where it is not.

    What holds between two numbers of two digits alone cannot be said.
    """
    for rounded in (outward(place, up=up), *([float(round(place))] if whole else [])):
        if least <= rounded <= most and decided(rounded) == rung:
            return rounded
    return None


def gpu_what_ifs(case: Case) -> Iterator[WhatIf]:
    """A GPU: training and predictions here take a twentieth of the time, at the same price of an hour."""
    if case.device != CPU or case.goal.constraints.no_gpu:
        return
    faster = repriced([sped_up(e, case.goal) for e in case.estimates], case.goal, "cuda")
    try:
        rung = decide(faster, case.goal).recommended
    except AdviceError:
        return
    if rung != case.decision.recommended:
        same = "" if case.goal.prices.hour is None else " at the same price of an hour"
        sentence = (
            f"On a GPU, assumed to be {GPU_SPEEDUP:.0f} times as fast{same}, "
            f"{title(case.find(rung))} would be recommended."
        )
        yield WhatIf(what="a GPU", now=1.0, value=GPU_SPEEDUP, rung=rung, sentence=sentence)


def sped_up(estimate: Estimate, goal: Goal) -> Estimate:
    """The estimate with a GPU's times; it does not make an endpoint faster."""
    if by_endpoint(estimate, goal):
        return estimate
    times = ("train_seconds", "run_seconds", "milliseconds_per_prediction")
    known = {name: time for name in times if (time := getattr(estimate, name)) is not None}
    return estimate.model_copy(update={name: time / GPU_SPEEDUP for name, time in known.items()})
