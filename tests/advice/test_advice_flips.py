"""What would flip it: every number that is told is verified by deciding again, on either side of it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.cases import At, Case
from advisor.advice.decide import decide
from advisor.advice.outlook.cost import Z, priced, repriced
from advisor.advice.search import first_change, first_reached, geometric, outward
from advisor.advice.what_if import FURTHEST, sped_up, what_ifs
from advisor.advice.what_if_labels import best_offer, labels_for_target, moved, offers_of
from advisor.advice.what_if_target import HOPE, target_spans
from advisor.core.ladder import RungName
from advisor.core.records import Constraints, Estimate, Goal, Prices, WhatIf
from tests.advice.made_estimates import N_LABELS, estimate, growing, ladder

shares = st.floats(0, 1, allow_nan=False)
#: What each rung usually gains over the frozen one elsewhere, as it is known or not.
usual = st.one_of(st.none(), st.lists(st.floats(-0.1, 0.1), min_size=5, max_size=5))
priced_goals = st.builds(
    Prices, point=st.floats(1, 500), rung=st.floats(0, 200), hour=st.floats(0, 50),
    predictions_per_month=st.integers(0, 10**6),
)  # fmt: skip
#: Fine-tuning of `growing` is 2.3 points better with 400 labels.
TOLERANCE = 2.3
FIELDS = {"predictions a month": "predictions_per_month", "price of a point": "point"}


def asked(estimates: list[Estimate] | tuple[Estimate, ...], goal: Goal, at: At | None = None) -> list[WhatIf]:
    made = priced(estimates, goal, N_LABELS)
    return list(what_ifs(case_of(made, goal, at)))


def case_of(made: tuple[Estimate, ...], goal: Goal, at: At | None) -> Case:
    return Case(made, goal, decide(made, goal), at, N_LABELS, n_classes=4, device="cpu")


def informed(values: list[float], error: float | None, gains: list[float] | None) -> list[Estimate]:
    """Estimates with what is usual elsewhere; tuning is kept in 6 of 10 runs."""
    made = ladder(*values, error=error)
    if gains is None:
        return made
    kept = {"kept_chance": 0.6, "place": 2.6}
    return [
        e.model_copy(update={"usual_gain": gain, **(kept if e.rung == "fine-tune" else {})})
        for e, gain in zip(made, gains, strict=True)
    ]


def again(estimates: list[Estimate], goal: Goal) -> RungName:
    return decide(repriced(estimates, goal), goal).recommended


def kind(found: list[WhatIf], what: str) -> list[WhatIf]:
    return [flip for flip in found if flip.what == what]


def with_price(goal: Goal, name: str, value: float) -> Goal:
    return goal.model_copy(update={"prices": goal.prices.model_copy(update={name: value})})


@settings(deadline=None, max_examples=60)
@given(
    st.lists(shares, min_size=5, max_size=5),
    st.one_of(st.none(), st.floats(0.05, 1)),
    st.one_of(st.none(), st.floats(0.001, 0.03)),
    st.one_of(st.just(Prices()), priced_goals),
    st.floats(0, 5),
    usual,
)  # fmt: skip
def test_every_flip_really_flips_the_decision_and_the_present_does_not(
    values: list[float],
    target: float | None,
    error: float | None,
    prices: Prices,
    tolerance: float,
    gains: list[float] | None,
) -> None:
    goal, estimates = Goal(target=target, tolerance=tolerance, prices=prices), informed(values, error, gains)
    now = again(estimates, goal)
    for flip in asked(estimates, goal):
        assert flip.rung != now and flip.sentence[0].isupper() and flip.sentence.endswith(".")
        if flip.what == "target":
            assert again(estimates, goal.model_copy(update={"target": flip.value})) == flip.rung
        elif flip.what == "tolerance":
            assert again(estimates, goal.model_copy(update={"tolerance": flip.value})) == flip.rung
        elif flip.what in FIELDS:
            assert again(estimates, with_price(goal, FIELDS[flip.what], flip.value)) == flip.rung
        else:
            assert flip.what == "a GPU"
            faster = [sped_up(e, goal) for e in estimates]
            assert decide(repriced(faster, goal, "cuda"), goal).recommended == flip.rung


@settings(deadline=None, max_examples=40)
@given(st.lists(shares, min_size=5, max_size=5), st.one_of(st.none(), st.floats(0.001, 0.05)))
def test_the_spans_of_targets_say_what_is_decided_for_every_one_of_them(
    values: list[float], error: float | None
) -> None:
    goal = Goal()
    made = priced(ladder(*values, error=error), goal, N_LABELS)
    spans = target_spans(case_of(made, goal, None))
    assert (spans[0].low, spans[-1].high) == (0.001, 1.0)
    assert all(round(1000 * (later.low - span.high)) == 1 for span, later in itertools.pairwise(spans))
    for place in range(1, 1001, 7):
        span = next(span for span in spans if round(1000 * span.low) <= place <= round(1000 * span.high))
        wanted = goal.model_copy(update={"target": place / 1000})
        decided = decide(repriced(made, wanted), wanted)
        assert (decided.recommended, decided.sure) == (span.decision.recommended, span.decision.sure)


@settings(deadline=None, max_examples=40)
@given(st.lists(shares, min_size=5, max_size=5), st.floats(0.05, 1))
def test_between_the_target_and_its_nearest_flips_nothing_changes(values: list[float], target: float) -> None:
    goal, estimates = Goal(target=target), ladder(*values)
    now, found = again(estimates, goal), kind(asked(estimates, goal), "target")
    low = max((flip.value for flip in found if flip.value < target), default=0.0) + 0.002
    high = min((flip.value for flip in found if flip.value > target), default=1.0) - 0.002
    for place in (low + (high - low) * step / 8 for step in range(9)):
        if 0 < place <= 1 and low < high:
            wanted = goal.model_copy(update={"target": place})
            hopeless = max(e.p_target or 0.0 for e in repriced(estimates, wanted)) < HOPE + 0.01
            assert again(estimates, wanted) == now or hopeless


@settings(deadline=None, max_examples=60)
@given(st.lists(shares, min_size=5, max_size=5), st.floats(0, 5), st.one_of(st.none(), st.floats(0.001, 0.03)), usual)
def test_every_tolerance_that_a_flip_names_flips_it_the_same_way_and_the_one_before_does_not(
    values: list[float], tolerance: float, error: float | None, gains: list[float] | None
) -> None:
    goal, estimates = Goal(tolerance=tolerance), informed(values, error, gains)
    for flip in kind(asked(estimates, goal), "tolerance"):
        named = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", flip.sentence)] or [0.0]
        if "or less" in flip.sentence:
            named.append(0.0)
        if "or more" in flip.sentence:
            named.append(100.0)
        assert flip.value in named
        for points in np.linspace(min(named), max(named), 9).round(1):
            assert again(estimates, goal.model_copy(update={"tolerance": float(points)})) == flip.rung
        step = 0.1 if flip.value < tolerance else -0.1
        before = round(flip.value + step, 1)
        if flip.value <= 10 and abs(before - tolerance) >= 0.1:
            assert again(estimates, goal.model_copy(update={"tolerance": before})) != flip.rung


@settings(deadline=None, max_examples=60)
@given(st.lists(shares, min_size=5, max_size=5), st.one_of(st.none(), st.floats(0.05, 1)))
def test_every_target_that_a_flip_names_flips_it_the_same_way(values: list[float], target: float | None) -> None:
    goal, estimates = Goal(target=target), ladder(*values)
    for flip in kind(asked(estimates, goal), "target"):
        named = [round(10 * float(number)) for number in re.findall(r"([\d.]+) %", flip.sentence)]
        if "or less" in flip.sentence:
            named.append(1)
        if "or more" in flip.sentence:
            named.append(1000)
        assert round(1000 * (flip.value or 0.0)) in named
        for place in np.linspace(min(named), max(named), 9).round().astype(int):
            wanted = goal.model_copy(update={"target": place / 1000})
            decided = decide(repriced(estimates, wanted), wanted)
            assert decided.recommended == flip.rung
            assert decided.sure == ("no rung would be likely" not in flip.sentence)


@settings(deadline=None, max_examples=60)
@given(st.lists(shares, min_size=5, max_size=5), st.floats(1, 500), st.floats(0, 200))
def test_every_price_that_a_flip_names_flips_it_the_same_way(values: list[float], point: float, rung: float) -> None:
    goal, estimates = Goal(prices=Prices(point=point, rung=rung, currency="EUR")), ladder(*values)
    for flip in kind(asked(estimates, goal), "price of a point"):
        assert flip.value is not None
        end = point * FURTHEST if flip.value > point else point / FURTHEST
        if not re.search(r"or (more|less) ", flip.sentence):
            numbers = [float(n.replace(",", "")) for n in re.findall(r"[\d.,]*\d", flip.sentence.split("(")[0])]
            end = max(numbers) if flip.value > point else min(numbers)
        for place in np.geomspace(flip.value, end, 7)[1:-1]:
            assert again(estimates, with_price(goal, "point", float(place))) == flip.rung


def test_more_labels_flip_to_the_rung_that_gains_most_from_them() -> None:
    goal = Goal(tolerance=TOLERANCE)
    at = growing(goal)
    estimates = at(1.0)
    assert decide(estimates, goal).recommended == "frozen"
    flip = kind(asked(estimates, goal, at), "labels per class")[0]
    times = flip.value * 4 / N_LABELS
    assert flip.now == 100.0 and times > 1 and flip.rung == "fine-tune"
    assert decide(at(times), goal).recommended == "fine-tune"
    assert decide(at(times / 1.02), goal).recommended == "frozen", "it is the nearest such number"
    assert flip.low is None or flip.low <= flip.value
    assert flip.high is None or flip.high >= flip.value
    assert f"{flip.value:,.0f}" in flip.sentence or f"{flip.value + 1:,.0f}" in flip.sentence


def test_the_interval_of_labels_is_where_a_lucky_and_an_unlucky_gain_would_flip_it() -> None:
    goal = Goal(tolerance=TOLERANCE)
    at = growing(goal, error=0.001)
    made = at(1.0)
    flip = kind(asked(made, goal, at), "labels per class")[0]
    case = case_of(made, goal, at)
    shift = Z * 2**0.5 * 0.001
    for end, by in ((flip.low, shift), (flip.high, -shift)):
        assert end is not None and flip.rung == "fine-tune"
        times = end * 4 / N_LABELS
        assert decide(moved(at(times), "fine-tune", by, case), goal).recommended == "fine-tune"
        assert decide(moved(at(times / 1.02), "fine-tune", by, case), goal).recommended == "frozen"
    wider = kind(asked(growing(goal, 0.004)(1.0), goal, growing(goal, 0.004)), "labels per class")
    assert wider[0].high is None and "to over 400)" in wider[0].sentence, "beyond four times nothing is said"


def test_nothing_is_said_of_labels_without_a_curve() -> None:
    goal = Goal(tolerance=TOLERANCE, prices=Prices(point=22.0, label=0.1))
    found = asked(growing(goal)(1.0), goal)
    assert not kind(found, "labels per class") and not kind(found, "label price")


def test_the_labels_that_make_a_target_likely_are_told() -> None:
    goal = Goal(target=0.89, prices=Prices(label=0.5, currency="EUR"))
    at = growing(goal)
    case = case_of(at(1.0), goal, at)
    (said,) = labels_for_target(case)
    labels = int(re.findall(r"[\d,]+", said)[0].replace(",", ""))
    more = f"{labels - N_LABELS:,} more cost {(labels - N_LABELS) / 2:,.0f} EUR"
    assert said == f"With about {labels:,} labels (you have 400), fine-tuning would be likely to reach 89.0 %; {more}."
    assert decide(at(labels / N_LABELS), goal).sure and not decide(at(0.88 * labels / N_LABELS), goal).sure
    assert labels_for_target(case_of(at(1.0), goal, None)) == ()
    low = Goal(target=0.5)
    assert labels_for_target(case_of(growing(low)(1.0), low, growing(low))) == (), "it is likely already"


@pytest.mark.parametrize(
    ("n_measured", "words"),
    [
        (90, "unknown: the probes looked at 90 of your 400"),
        (200, "As far as the learning curve goes"),
        (
            400,
            "Four times your labels would not make your target likely: fine-tuning would have a 3 % chance of 95.0 %",
        ),
    ],
)
def test_labels_that_no_curve_speaks_for_are_not_counted(n_measured: int, words: str) -> None:
    goal = Goal(target=0.95)

    def at(times: float) -> tuple[Estimate, ...]:
        return tuple(one.model_copy(update={"n": n_measured}) for one in growing(goal)(times))

    (said,) = labels_for_target(case_of(at(1.0), goal, at))
    assert words in said
    assert ("1,600" in said) == (n_measured == 400)


@pytest.mark.parametrize("label", [0.001, 0.1, 50.0])
def test_the_price_of_a_label_is_where_buying_and_another_rung_pay(label: float) -> None:
    goal = Goal(tolerance=TOLERANCE, prices=Prices(point=22.0, label=label))
    at = growing(goal)
    made = at(1.0)
    case = case_of(made, goal, at)
    found = kind(asked(made, goal, at), "label price")
    assert len(found) == 1
    offers = offers_of(case, at)
    assert best_offer(offers, found[0].value)[0] == found[0].rung == "fine-tune"
    assert best_offer(offers, 1.1 * found[0].value)[0] == "frozen"
    assert ("or less" in found[0].sentence) == (found[0].value < label)


def test_many_predictions_flip_to_the_rung_whose_predictions_are_cheap() -> None:
    slow = [e.model_copy(update={"milliseconds_per_prediction": 500.0}) if e.rung == "prompting" else e
            for e in ladder(0.95, 0.5, 0.885, 0.6, 0.2)]  # fmt: skip
    goal = Goal(tolerance=0.5, prices=Prices(point=100.0, hour=1.0, predictions_per_month=10_000))
    assert again(slow, goal) == "prompting"
    flip = kind(asked(slow, goal), "predictions a month")[0]
    assert flip.rung == "frozen" and flip.value > 10_000 and flip.value == int(flip.value)
    assert again(slow, with_price(goal, "predictions_per_month", round(flip.value / 1.2))) == "prompting"


def test_a_gpu_flips_what_a_deadline_blocked() -> None:
    goal = Goal(constraints=Constraints(deadline_seconds=60.0))
    estimates = ladder(0.3, 0.5, 0.8, 0.9, 0.2)
    flip = kind(asked(estimates, goal), "a GPU")
    assert [f.rung for f in flip] == ["fine-tune"] and "assumed" in flip[0].sentence
    without = goal.model_copy(update={"constraints": Constraints(deadline_seconds=60.0, no_gpu=True)})
    assert not kind(asked(estimates, without), "a GPU")


def test_a_blocked_rung_is_what_no_flip_recommends() -> None:
    goal = Goal(constraints=Constraints(weights_fixed=True))
    at = growing(goal)
    assert {flip.rung for flip in asked(at(1.0), goal, at)} <= {"prompting", "rag", "frozen"}


@given(st.floats(0.01, 100), st.floats(1.01, 1e3), st.booleans(), st.floats(0.001, 0.999))
def test_the_search_finds_the_place_of_a_change(start: float, factor: float, up: bool, share: float) -> None:
    end = start * factor if up else start / factor
    change = start * (end / start) ** share
    decided: Callable[[float], RungName] = lambda place: "rag" if (place >= change) == up else "frozen"  # noqa: E731
    found = first_change(decided, geometric(start, end, 2.0), "frozen", 30)
    assert found is not None and found[1] == "rag" and found[0] == pytest.approx(change, rel=1e-6)
    assert first_reached(lambda place: decided(place) == "rag", geometric(start, end, 2.0), 30) == pytest.approx(
        change, rel=1e-6
    )
    assert first_change(lambda place: "frozen", geometric(start, end, 2.0), "frozen") is None


@given(st.floats(1e-6, 1e9), st.booleans())
def test_rounding_outward_never_comes_back_inward(place: float, up: bool) -> None:
    rounded = outward(place, up)
    assert (rounded >= place * (1 - 1e-9)) if up else (rounded <= place * (1 + 1e-9))
    assert rounded == pytest.approx(place, rel=0.11)


def test_an_endpoint_is_not_made_faster_by_a_gpu() -> None:
    there = estimate("prompting", 0.9, settings={"identity": "endpoint https://x m"})
    assert sped_up(there, Goal()) == there
    assert sped_up(estimate("rag", 0.9), Goal()).milliseconds_per_prediction == 0.5
