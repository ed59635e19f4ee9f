"""What would flip the recommendation: the nearest changes of the question, each verified by deciding again.

The target and the prices change the question alone, so they are always asked about. Labels change the estimates, so
they are asked about only where `at` gives estimates with more or fewer of them (`advisor.advice.flips_labels`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor.advice.cases import At, Case
from advisor.advice.decide import Decision, decide, just, usable
from advisor.advice.explain import count, money, percent, title
from advisor.advice.flips_labels import label_flips, label_price_flips
from advisor.advice.search import first_change, geometric, outward
from advisor.errors import AdviceError
from advisor.estimate.cost import CPU, GPU_SPEEDUP, by_endpoint, repriced
from advisor.ladder import RungName
from advisor.records import Estimate, Flip, Question

#: Targets are told to a tenth of a point.
STEP = 0.001
#: A price or a number is followed so many times up and down.
FURTHEST = 1000.0
MOST_PREDICTIONS = 100_000_000


def flips(
    estimates: Sequence[Estimate],
    question: Question,
    decision: Decision,
    at: At | None = None,
    *,
    n_labels: int = 0,
    n_classes: int = 1,
    device: str = CPU,
) -> tuple[Flip, ...]:
    """The nearest changes that change the recommendation: labels, the target, prices, predictions, a GPU.

    estimates: priced. at: priced estimates with so many times the labels, 0.25 to 4; None where no curve may be
    extrapolated. n_labels, n_classes: what is at hand; without labels nothing is said of them.
    """
    case = Case(tuple(estimates), question, decision, at, n_labels, n_classes, device)
    found = (label_flips, target_flips, label_price_flips, prediction_flips, point_flips, gpu_flips)
    return tuple(flip for look in found for flip in look(case))


def target_flips(case: Case) -> Iterator[Flip]:
    """The nearest target below and above at which another rung is recommended, on a grid of a tenth of a point.

    Between the targets that a rung will just do for, the decision does not change; so those alone are tried.
    """
    target = case.question.target
    start = target if target is not None else just(case.chosen)
    bounds = sorted(just(e) for e in usable(case.estimates, case.question))
    for bound in reversed([b for b in bounds if b < start - 1e-9]):
        down = STEP * int(bound / STEP + 1e-9)
        if (rung := at_target(case, down)) not in (None, case.decision.recommended):
            yield target_flip(case, down, rung, f"With a target of {percent(down)} or less")
            break
    for bound in [b for b in bounds if b >= start - 1e-9]:
        up = STEP * (int(bound / STEP + 1e-9) + 1)
        if (rung := at_target(case, up)) not in (None, case.decision.recommended):
            yield target_flip(case, up, rung, f"With a target of {percent(up)} or more")
            break


def target_flip(case: Case, target: float, rung: RungName | None, when: str) -> Flip:
    """The record; that no rung is likely to reach the target is said."""
    assert rung is not None
    decided = decide(case.asked(target=target), case.question.model_copy(update={"target": target}))
    other = title(case.find(rung))
    end = f"{other} would be recommended." if decided.sure else f"no rung is likely to do, and {other} is worth most."
    return Flip(what="target", now=case.question.target, value=round(target, 6), rung=rung, sentence=f"{when}, {end}")


def at_target(case: Case, target: float) -> RungName | None:
    """The rung recommended for a target, None for one that is no share."""
    if not 0 < target <= 1:
        return None
    question = case.question.model_copy(update={"target": target})
    return decide(case.asked(target=target), question).recommended


def prediction_flips(case: Case) -> Iterator[Flip]:
    """Predictions a month: fewer or more of them, whole numbers."""
    now = case.question.prices.predictions_per_month
    for up in (False, True):
        found = followed(case, "predictions_per_month", max(float(now), 1.0), MOST_PREDICTIONS if up else 1.0)
        if found:
            bound, rung = found
            some = f"{int(bound):,} predictions a month or {'more' if up else 'fewer'}"
            sentence = f"With {some} ({count(now)} now), {title(case.find(rung))} would be recommended."
            yield Flip(what="predictions a month", now=float(now), value=bound, rung=rung, sentence=sentence)


def point_flips(case: Case) -> Iterator[Flip]:
    """What a percentage point is worth: less or more."""
    now = case.question.prices.point
    for up in (False, True):
        start = now or 1e-3
        found = followed(case, "point", start, start * FURTHEST if up else start / FURTHEST)
        if found:
            bound, rung = found
            worth = f"If a point were worth {money(bound)} or {'more' if up else 'less'} ({money(now)} now)"
            sentence = f"{worth}, {title(case.find(rung))} would be recommended."
            yield Flip(what="price of a point", now=now, value=bound, rung=rung, sentence=sentence)


def followed(case: Case, price: str, start: float, end: float) -> tuple[float, RungName] | None:
    """The nearest value of a price towards `end` that changes the recommendation, rounded outward where that holds."""
    whole = price == "predictions_per_month"

    def decided(place: float) -> RungName:
        return case.with_prices(**{price: round(place) if whole else place})

    if start == end or decided(start) != case.decision.recommended:
        return None
    change = first_change(decided, geometric(start, end, 2.0), case.decision.recommended)
    if change is None:
        return None
    rounded = outward(change[0], up=end > start)
    for place in (rounded, float(round(change[0])) if whole else change[0]):
        if (place > start) == (end > start) and decided(place) == change[1]:
            return place, change[1]
    return None


def gpu_flips(case: Case) -> Iterator[Flip]:
    """A GPU: training and predictions here take a twentieth of the time, at the same price of an hour."""
    if case.device != CPU or case.question.constraints.no_gpu:
        return
    faster = repriced([sped_up(e, case.question) for e in case.estimates], case.question, "cuda")
    try:
        rung = decide(faster, case.question).recommended
    except AdviceError:
        return
    if rung != case.decision.recommended:
        sentence = (
            f"On a GPU, assumed to be {GPU_SPEEDUP:.0f} times faster at the same price of an hour, "
            f"{title(case.find(rung))} would be recommended."
        )
        yield Flip(what="a GPU", now=1.0, value=GPU_SPEEDUP, rung=rung, sentence=sentence)


def sped_up(estimate: Estimate, question: Question) -> Estimate:
    """The estimate with a GPU's times; an endpoint is not made faster by one."""
    if by_endpoint(estimate, question):
        return estimate
    times = (estimate.train_seconds, estimate.milliseconds_per_prediction)
    train, each = (None if time is None else time / GPU_SPEEDUP for time in times)
    return estimate.model_copy(update={"train_seconds": train, "milliseconds_per_prediction": each})
