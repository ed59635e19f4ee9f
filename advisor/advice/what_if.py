"""What-if: the nearest changes that lead to another recommendation, each verified by deciding again.

The target and the prices change the goal alone, so they are always tried. Labels change the estimates, so they are
tried only where `at` gives estimates with more or fewer of them (`advisor.advice.what_if_labels`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from advisor.advice.cases import At, Case
from advisor.advice.decide import Decision, decide, just, usable
from advisor.advice.explain import title
from advisor.advice.outlook.cost import CPU, GPU_SPEEDUP, by_endpoint, repriced
from advisor.advice.search import Decided, first_change, geometric, outward
from advisor.advice.what_if_labels import label_price_what_ifs, label_what_ifs
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Goal, WhatIf
from advisor.core.wording import count, money, percent

#: Targets are given to a tenth of a point.
STEP = 0.001
#: A price or a number is followed so many times up and down.
FURTHEST = 1000.0
MOST_PREDICTIONS = 100_000_000


def what_ifs(
    estimates: Sequence[Estimate],
    goal: Goal,
    decision: Decision,
    at: At | None = None,
    *,
    n_labels: int = 0,
    n_classes: int = 1,
    device: str = CPU,
) -> tuple[WhatIf, ...]:
    """The nearest changes that change the recommendation: labels, the target, prices, predictions, a GPU.

    estimates: priced. at: priced estimates with so many times the labels, 0.25 to 4; None where no curve may be
    extrapolated. n_labels, n_classes: what is at hand; without labels there is no what-if about them.
    """
    case = Case(tuple(estimates), goal, decision, at, n_labels, n_classes, device)
    kinds = (label_what_ifs, target_what_ifs, label_price_what_ifs, prediction_what_ifs, point_what_ifs, gpu_what_ifs)
    return tuple(what_if for kind in kinds for what_if in kind(case))


def target_what_ifs(case: Case) -> Iterator[WhatIf]:
    """The nearest targets below and above at which another rung is recommended; without a target the two highest spans.

    The sentence says where no rung is likely to reach a target.
    """
    target, spans = case.goal.target, target_spans(case)
    others = [span for span in spans if span.decision.recommended != case.decision.recommended]
    if target is None:
        nearest = others[-2:]
    else:
        below, above = [s for s in others if s.high < target], [s for s in others if s.low > target]
        nearest = [*below[-1:], *above[:1]]
    for span in nearest:
        row = row_of(span.decision.recommended)
        other, are = row.in_text, row.verb("is", "are")
        likely, unlikely = (
            f"{other} would be recommended.",
            f"no rung is likely to reach it, and {other} {are} worth most.",
        )
        yield WhatIf(
            what="target",
            now=target,
            value=span.low if target is not None and span.low > target else span.high,
            rung=span.decision.recommended,
            sentence=f"With a target of {span}, {likely if span.decision.sure else unlikely}",
        )


@dataclass(frozen=True)
class TargetSpan:
    """Targets from `low` to `high`, shares on a grid of a tenth of a point, for which the same is decided."""

    low: float
    high: float
    decision: Decision

    def __str__(self) -> str:
        if self.low <= STEP:
            return f"{percent(self.high)} or less"
        if self.high >= 1.0:
            return f"{percent(self.low)} or more"
        return percent(self.low) if self.low == self.high else f"{percent(self.low)} to {percent(self.high)}"


def target_spans(case: Case) -> list[TargetSpan]:
    """Every target with what is decided for it, the lowest first.

    The decision changes only at the highest target that a rung is likely to reach, so those targets alone are tried.
    """
    last = {int(just(e) / STEP + 1e-9) for e in usable(case.estimates, case.goal)}
    spans: list[TargetSpan] = []
    low = 1
    for high in sorted({place for place in last if 0 < place < 1000} | {1000}):
        decision = at_target(case, STEP * high)
        before = spans[-1] if spans else None
        if before and (before.decision.recommended, before.decision.sure) == (decision.recommended, decision.sure):
            spans[-1] = TargetSpan(before.low, high / 1000, decision)
        else:
            spans.append(TargetSpan(low / 1000, high / 1000, decision))
        low = high + 1
    return spans


def at_target(case: Case, target: float) -> Decision:
    """What is decided for a target."""
    return decide(case.repriced(target=target), case.goal.model_copy(update={"target": target}))


def prediction_what_ifs(case: Case) -> Iterator[WhatIf]:
    """Predictions a month: fewer or more of them, whole numbers."""
    now = case.goal.prices.predictions_per_month
    for up in (False, True):
        change = followed(case, "predictions_per_month", max(float(now), 1.0), MOST_PREDICTIONS if up else 1.0)
        if change:
            bound, end, rung = change
            some = f"{from_to(bound, end, count)} predictions a month{'' if end else ' or more' if up else ' or fewer'}"
            sentence = f"With {some} ({count(now)} now), {title(case.find(rung))} would be recommended."
            yield WhatIf(what="predictions a month", now=float(now), value=bound, rung=rung, sentence=sentence)


def point_what_ifs(case: Case) -> Iterator[WhatIf]:
    """What a percentage point is worth: less or more."""
    now = case.goal.prices.point
    for up in (False, True):
        start = now or 1e-3
        change = followed(case, "point", start, start * FURTHEST if up else start / FURTHEST)
        if change:
            bound, end, rung = change
            worth = (
                f"If a point were worth {from_to(bound, end, money)}{'' if end else ' or more' if up else ' or less'}"
            )
            sentence = f"{worth} ({money(now)} now), {title(case.find(rung))} would be recommended."
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
    """The place rounded up or down, or else as it is, where the rung is decided there; None where it is not."""
    for rounded in (outward(place, up=up), float(round(place)) if whole else place):
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
        sentence = (
            f"On a GPU, assumed to be {GPU_SPEEDUP:.0f} times as fast at the same price of an hour, "
            f"{title(case.find(rung))} would be recommended."
        )
        yield WhatIf(what="a GPU", now=1.0, value=GPU_SPEEDUP, rung=rung, sentence=sentence)


def sped_up(estimate: Estimate, goal: Goal) -> Estimate:
    """The estimate with a GPU's times; it does not make an endpoint faster."""
    if by_endpoint(estimate, goal):
        return estimate
    times = (estimate.train_seconds, estimate.milliseconds_per_prediction)
    train, each = (None if time is None else time / GPU_SPEEDUP for time in times)
    return estimate.model_copy(update={"train_seconds": train, "milliseconds_per_prediction": each})
