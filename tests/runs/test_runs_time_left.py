"""The time left of a run: one number for all of it, which grows only where the reading at the end is measured."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from advisor.runs.reporter import Reporter
from advisor.runs.time_left import TimeLeft

SECONDS = st.floats(0.0, 400.0)
#: Moments of a run: when, how much of it is done, and what a training says if it says anything.
MOMENTS = st.lists(st.tuples(SECONDS, st.floats(0.0, 1.0), st.none() | SECONDS), max_size=30)


@given(MOMENTS, st.floats(1.0, 500.0))
def test_the_time_left_never_grows_and_stays_within_the_budget(
    moments: list[tuple[float, float, float | None]], budget: float
) -> None:
    left, before = TimeLeft(), None
    for seconds, share, told in sorted(moments, key=lambda moment: moment[0]):
        if told is not None:
            left.note(told, seconds)
        shown = left.at(seconds, share, budget)
        if shown is None:
            continue
        assert shown <= max(1.0, budget - seconds) + 0.1
        assert before is None or shown <= before
        before = shown


def test_what_a_training_says_is_counted_down_through_stages_that_say_nothing() -> None:
    left = TimeLeft()
    assert left.at(5.0, 0.2, 300.0) is None  # before the training the pace says nothing
    left.note(40.0, 10.0)
    assert left.at(10.0, 0.3, 300.0) == 40.0
    assert left.at(45.0, 0.4, 300.0) == 5.0  # at the pace so far it would be a minute
    assert left.at(301.0, 0.9, 300.0) is None


def test_a_run_that_needs_less_than_its_training_planned_says_so_at_the_end() -> None:
    left = TimeLeft()
    left.note(100.0, 10.0)  # with a last tuning that is then dropped
    assert left.at(57.0, 0.7, 300.0) == 53.0
    assert left.at(57.0, 0.95, 300.0) == 3.0


def test_a_rung_that_does_not_train_goes_by_its_pace() -> None:
    left = TimeLeft()
    assert left.at(1.0, 0.1, 300.0) is None
    assert left.at(10.0, 0.5, 300.0) == 10.0
    assert left.at(11.0, 0.5, 300.0) == 10.0  # no slower than before


def test_the_reading_of_the_test_part_is_in_the_estimate_from_the_start() -> None:
    left = TimeLeft()
    left.expect_reading(20.0)
    assert left.at(19.0, 0.5, 300.0) == 37.1, "19 s for half, of which the reading takes no part"
    assert left.at(36.1, 0.949, 300.0) == 20.0
    left.read(37.0)
    assert left.at(37.0, 0.95, 300.0) == 20.0
    assert left.at(47.0, 0.955, 300.0) == 10.0


def test_a_reading_that_takes_longer_than_was_known_does_not_stay_at_a_second() -> None:
    left = TimeLeft()
    left.note(30.0, 10.0)
    assert left.at(40.0, 0.95, 300.0) == 1.0
    left.read(40.0)  # nothing was known of its pace
    assert left.at(40.0, 0.95, 300.0) == 1.0
    left.read(45.0, 45.0)
    assert left.at(45.0, 0.955, 300.0) == 45.0
    left.read(60.0, 28.0)
    assert left.at(60.0, 0.97, 300.0) == 28.0
    assert left.at(60.0, 0.97, 70.0) == 28.0, "its pace is measured, and no budget cuts it short"
    assert left.at(75.0, 0.97, 70.0) == 13.0


def test_a_test_that_takes_longer_than_the_budget_leaves_is_known_from_the_start() -> None:
    left = TimeLeft()
    left.expect_reading(190.0)
    assert left.at(5.0, 0.1, 60.0) == 190.0
    left.note(30.0, 20.0)
    assert left.at(20.0, 0.4, 60.0) == 30.0, "what the training says holds the test"
    left.read(55.0)
    assert left.at(55.0, 0.95, 60.0) == 190.0 and left.at(65.0, 0.95, 60.0) == 180.0


def test_a_run_of_several_fits_shows_one_time_left(tmp_path: Path) -> None:
    reporter = Reporter(tmp_path)
    reporter.budget_seconds = 300.0
    shown = []
    for stage, share, told in (
        ("Reading", 0.1, None),
        ("Training without fold 1 of 2", 0.3, 32.0),
        ("Training without fold 2 of 2", 0.5, 271.0),
        ("Reading the test part", 0.95, None),
    ):
        reporter.emit(stage, share, **({} if told is None else {"eta_seconds": told, "step": 1}))
        shown.append(json.loads((tmp_path / "state.json").read_text())["eta_seconds"])
    assert shown[0] is None
    assert all(later <= 32.0 for later in shown[1:])


def test_an_end_that_has_passed_is_longer_than_expected_and_not_a_second_away() -> None:
    left = TimeLeft()
    left.note(20.0, 10.0)
    assert left.at(30.0, 0.5, 300.0) == 1.0
    assert left.at(40.0, 0.5, 300.0) == 0.0
    left.note(60.0, 41.0)
    assert left.at(41.0, 0.5, 300.0) == 0.0, "it does not rise again"
