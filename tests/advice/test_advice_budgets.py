"""A budget that is too short is said before the training, with the one that would do."""

from __future__ import annotations

from pathlib import Path

from advisor.advice.budgets import enough, overrun, seconds_of_test, too_short, usual
from advisor.core.records import Estimate
from tests.ui.qa_records import write_questions

BUDGETS = (60, 300, 900)


def tuned(seconds: float | None) -> Estimate:
    """Fine-tuning that takes so long."""
    return Estimate(rung="fine-tune", available=True, value=0.9, train_seconds=seconds)


def test_the_budget_that_would_do_is_named() -> None:
    said = too_short(tuned(420.0), 60.0, BUDGETS)
    assert "takes 7 min or more" in said and "fall back" in said and said.endswith("15 min would do.")


def test_a_budget_with_room_or_a_rung_that_trains_no_network_needs_no_word() -> None:
    assert too_short(tuned(200.0), 300.0, BUDGETS) == "" == too_short(tuned(260.0), 300.0, BUDGETS)
    assert too_short(Estimate(rung="prompting", available=True, train_seconds=500.0), 60.0, BUDGETS) == ""
    assert too_short(tuned(None), 60.0, BUDGETS) == ""


def test_features_that_take_longer_than_the_budget_are_of_a_part_of_the_items() -> None:
    said = too_short(Estimate(rung="frozen", available=True, train_seconds=200.0), 60.0, BUDGETS)
    assert said.startswith("Frozen features take about 3 min 20 s") and "a part of your items" in said


def test_the_budget_to_start_from_suffices_where_one_does() -> None:
    assert [usual(tuned(seconds), BUDGETS) for seconds in (30.0, 260.0, 300.0, 5000.0, None)] == [
        60,
        300,
        900,
        900,
        300,
    ]


def test_where_no_budget_does_none_is_promised() -> None:
    assert enough(tuned(5000.0), BUDGETS) is None
    assert "would do" not in too_short(tuned(5000.0), 60.0, BUDGETS)


def test_a_test_that_no_budget_cuts_short_is_said_before_the_training(workspace: Path) -> None:
    dataset = write_questions(workspace)
    n = len(dataset.where("test"))
    slow = Estimate(rung="rag", available=True, value=0.5, train_seconds=5.0, milliseconds_per_prediction=30_000.0)
    testing = seconds_of_test(slow, dataset)
    assert testing == 30.0 * n
    said = overrun(slow, dataset, 60.0)
    assert f"longer than 1 min: answering {n} test questions takes about" in said and "no limit cuts" in said
    assert overrun(slow, dataset, 900.0) == ""
    assert usual(slow, BUDGETS, testing) == 300 > usual(slow, BUDGETS)
    quick = slow.model_copy(update={"milliseconds_per_prediction": 20.0})
    assert overrun(quick, dataset, 60.0) == ""
