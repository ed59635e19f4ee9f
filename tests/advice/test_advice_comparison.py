"""One rung against another in words: every part is there when it is known, and nothing is said that is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.comparison import (
    apart,
    compared,
    dearer,
    effort,
    in_all,
    luck,
    milliseconds,
    seconds_of,
    serving,
    training_time,
)
from advisor.advice.outlook.cost import repriced
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Goal, Prices
from tests.advice.made_estimates import estimate, ladder

times = st.one_of(st.none(), st.floats(0, 1e6))
rungs = st.sampled_from(RUNG_NAMES)


@pytest.mark.parametrize(
    ("mine", "its", "words"),
    [
        (300.0, 5.0, "at least 5 minutes of training"),
        (200.0, 90.0, "3 minutes 20 seconds of training instead of 1 minute 30 seconds"),
        (30.0, 300.0, "30 seconds of training instead of at least 5 minutes"),
        (300.0, 290.0, ""),
        (0.2, 0.6, ""),
        (None, 300.0, ""),
    ],
)
def test_the_training_of_one_stands_beside_the_others_where_that_matters(
    mine: float | None, its: float, words: str
) -> None:
    one, other = estimate("fine-tune", 0.9, train_seconds=mine), estimate("frozen", 0.9, train_seconds=its)
    assert effort(one, other) == words


def test_what_trains_nothing_says_so_and_two_that_do_say_nothing() -> None:
    one, other = estimate("rag", 0.9), estimate("prompting", 0.9)
    assert effort(one, estimate("frozen", 0.9)) == "no training" and effort(one, other) == ""
    assert effort(estimate("frozen", 0.9), one) == "30 seconds of training"


@pytest.mark.parametrize(
    ("mine", "its", "words"),
    [
        (10.0, 11.0, ""),
        (0.01, 0.9, ""),
        (25.0, 10.0, "25 ms instead of 10 ms per prediction"),
        (2400.0, 0.2, "2.4 s instead of under 1 ms per prediction"),
        (None, 10.0, ""),
    ],
)
def test_a_prediction_of_one_stands_beside_the_others(mine: float | None, its: float, words: str) -> None:
    one = estimate("frozen", 0.9, milliseconds_per_prediction=mine)
    assert serving(one, estimate("rag", 0.9, milliseconds_per_prediction=its), Goal()) == words


def test_an_endpoint_is_named() -> None:
    there = estimate("prompting", 0.9, settings={"identity": "endpoint https://x m"})
    here = estimate("frozen", 0.9)
    assert serving(there, here, Goal()) == "an endpoint's answer per prediction"
    assert serving(here, there, Goal()) == "predictions made on this machine"


def test_a_difference_too_small_for_a_cent_or_beside_the_others_is_not_named() -> None:
    prices = Prices(hour=0.01, kwh=0.3, currency="EUR")
    one, other = repriced(ladder(0.1, 0.2, 0.9, 0.9, 0.2)[2:4], Goal(prices=prices))
    assert dearer(one, other, prices) == "" and in_all(one, prices) == ""
    dear = Prices(hour=100.0, kwh=0.01, rung=50.0, currency="CHF", months=1)
    one, other = repriced([one, other], Goal(prices=dear))
    assert dearer(other, one, dear) == "50 CHF more for 1 month of upkeep and 7.50 CHF more for training"
    assert in_all(other, dear) == "about 158 CHF: 150 CHF for 1 month of upkeep and 8.33 CHF for training"


@given(rungs, rungs, st.floats(0, 1), st.floats(0, 1), times, times, st.one_of(st.none(), st.floats(0, 0.1)), st.data())
def test_any_two_rungs_can_be_compared(
    one: RungName, other: RungName, mine: float, its: float, train: float | None, each: float | None,
    error: float | None, data: st.DataObject,
) -> None:  # fmt: skip
    def made(rung: RungName, value: float) -> Estimate:
        return estimate(rung, value, error=error, train_seconds=train, milliseconds_per_prediction=each)

    prices = data.draw(st.sampled_from([Prices(), Prices(hour=1.0, currency="EUR"), Prices(token=1.0, kwh=1.0)]))
    goal = Goal(prices=prices)
    first, second = repriced([made(one, mine), made(other, its)], goal)
    said = compared(first, second, goal)
    assert re.match(r"(\d+\.\d points (above|below)|level with) ", said) and not said.endswith((".", ",", " ", ":"))
    told_apart = error is None and {one, other} != {"frozen"} and not said.startswith("level")
    assert ("not known" in said) == told_apart
    assert "  " not in said and ("EUR" in said) <= (prices.currency == "EUR")


def test_the_value_that_is_shown_is_the_one_that_decides_and_its_luck_is_told() -> None:
    made = repriced(ladder(0.3, 0.9, 0.9, 0.88, 0.2, error=0.02), Goal())
    lucky = made[1]
    assert lucky.value == pytest.approx(0.847) and lucky.before_luck == pytest.approx((0.9, 0.87, 0.93))
    assert lucky.high == pytest.approx(0.91675), "less is off the upper bound: the forecast may be right"
    assert apart(lucky, made[2]).startswith("5.3 points below frozen features (")
    assert luck(lucky) == (
        "The forecast was 90.0 %; 5.3 points are taken off, because the best of many measured values is usually lucky."
    )
    assert luck(made[2]) == luck(made[0]) == "", "what trains, and what lies far behind"
    assert repriced(made, Goal()) == made, "taken off once"


def test_a_time_of_training_is_the_run_s_where_one_has_finished() -> None:
    frozen = ladder(0.3, 0.9, 0.9, 0.88, 0.2)[2].model_copy(update={"run": "r1", "run_seconds": 26.0})
    assert (seconds_of(frozen), training_time(frozen)) == (26.0, "26 s, measured")
    assert training_time(frozen.model_copy(update={"run_seconds": None})) == "30 s"


def test_points_apart_are_those_between_the_printed_values() -> None:
    made = repriced(ladder(0.3, 0.4, 0.6494, 0.9164, 0.2, error=0.02), Goal())
    assert apart(made[2], made[3]).startswith("26.7 points below fine-tuning (")  # 91.6 - 64.9
    assert milliseconds(0.99) == "under 1 ms"
