"""The climb: which rungs, what a run brought, when it goes on, and for how long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.climb_words import enough, plan_sentence
from advisor.advice.climbing import (
    LEAST_SECONDS,
    draws,
    held_out,
    judged,
    lead,
    onward,
    rungs_of,
    tried,
)
from advisor.advice.decide import LIKELY
from advisor.advice.outlook.cost import priced
from advisor.core.errors import AdviceError
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Climb, ClimbStep, Constraints, Goal, Metric, Plan, Prices, RunReport
from probes.measured import Measured
from tests.advice.made_estimates import estimate, ladder

VALUES = (0.3, 0.7, 0.90, 0.92, 0.2)


def advice(values: tuple[float, ...] = VALUES, metric: Metric = "accuracy", **wishes: object) -> Advice:
    goal = Goal(**wishes)  # type: ignore[arg-type]
    estimates = [*ladder(*values, error=0.02)[:4], estimate("scratch", values[4], error=0.1)]
    return Advice(
        fingerprint="f", metric=metric, question=goal, recommended="frozen", runner_up="fine-tune", headline="",
        sentences=(), flips=(), estimates=priced(estimates, goal, 400), seconds=1.0,
    )  # fmt: skip


def climb(given: Advice | None = None, budget: float = 300.0, **more: object) -> Climb:
    given = given or advice()
    rungs = rungs_of(given)
    plans = [
        Plan(
            run="", rung=rung, dataset_folder="d", dataset_name="n", fingerprint="f", kind="image", metric="accuracy",
            backbone="b", backbone_hash="h", input_size=64,
        )
        for rung in rungs
    ]  # fmt: skip
    made = Climb(
        climb="c", fingerprint="f", dataset_name="n", advice=given, rungs=rungs, plans=tuple(plans),
        budget_seconds=budget,
    )  # fmt: skip
    return made.model_copy(update=more)


def report(rung: RungName, dropped: str = "", seconds: float = 10.0, **validation: float) -> RunReport:
    return RunReport(
        run=f"run-{rung}", rung=rung, metric="accuracy",
        test=Measured(value=0.9, low=0.85, high=0.94, n=100, seconds=1.0), promised=None, classes=("a", "b"),
        confusion=[[1, 0], [0, 1]], per_class=[], mistakes=(), validation=validation, seconds=seconds, device="cpu",
        precision="float32", dropped=dropped,
    )  # fmt: skip


def after(begun: Climb, *reports: RunReport) -> Climb:
    """The climb once these runs have ended."""
    for one in reports:
        step = ClimbStep(rung=one.rung, run=one.run, budget_seconds=100.0)
        begun = judged(begun.model_copy(update={"steps": (*begun.steps, step)}), step, one)
    return begun


def test_a_climb_begins_where_tuning_starts_from_and_takes_what_may_be_recommended() -> None:
    assert rungs_of(advice()) == ("frozen", "fine-tune", "scratch")
    assert rungs_of(advice(metric="token F1")) == ("rag", "frozen", "fine-tune", "scratch")
    assert rungs_of(advice(rungs=("rag", "frozen", "fine-tune"))) == ("frozen", "fine-tune")
    assert rungs_of(advice(constraints=Constraints(weights_fixed=True))) == ("frozen",)
    assert rungs_of(advice(constraints=Constraints(deadline_seconds=60))) == ("frozen",), "a training of 300 s is not"


def test_a_climb_without_a_rung_that_trains_is_refused() -> None:
    with pytest.raises(AdviceError, match=r"nothing to climb.*not among the allowed rungs"):
        rungs_of(advice(rungs=("prompting", "rag")))
    with pytest.raises(AdviceError, match=r"nothing to climb.*Knowledge changes daily"):
        rungs_of(advice(metric="token F1", constraints=Constraints(knowledge_changes=True)))


def test_with_a_target_it_goes_on_until_that_is_likely_on_held_out_items() -> None:
    begun = climb(advice(target=0.9))
    first = onward(begun)
    assert (first.rung, first.why) == ("frozen", "first")
    short = after(begun, report("frozen", value=0.9, n=100))
    assert short.steps[-1].p_target is not None and 0.3 < short.steps[-1].p_target < LIKELY
    assert (onward(short).rung, onward(short).why) == ("fine-tune", "target")
    there = after(begun, report("frozen", value=0.95, n=100))
    assert (onward(there).rung, onward(there).why) == (None, "reached")
    few = after(begun, report("frozen", value=0.95, n=20))
    assert onward(few).rung == "fine-tune", "19 of 20 do not show that the target is likely"


def test_without_a_target_it_ends_where_the_next_rung_is_expected_to_bring_less_than_is_asked() -> None:
    measured = report("frozen", value=0.9, n=100)
    asked_little = after(climb(advice(tolerance=1.0)), measured)
    assert lead(asked_little, "fine-tune").points == pytest.approx(2.0, abs=0.1)
    assert (onward(asked_little).rung, onward(asked_little).why) == ("fine-tune", "gain")
    much = after(climb(advice(tolerance=3.0)), measured)
    assert (onward(much).rung, onward(much).why) == (None, "enough")
    prices = Prices(point=100.0, rung=300.0)
    assert onward(after(climb(advice(prices=prices)), measured)).why == "enough", "upkeep of three points a step"


def test_a_high_measured_value_leaves_the_next_rung_less_to_bring() -> None:
    begun = climb(advice())
    leads = [lead(after(begun, report("frozen", value=v, n=200)), "fine-tune") for v in (0.8, 0.9, 0.99)]
    assert leads[0].points == pytest.approx(leads[1].points) == pytest.approx(2.0), "never more than the forecasts say"
    assert 0 < leads[2].points < 1.0 and leads[2].chance == pytest.approx(leads[0].chance)


def test_who_wants_the_best_gets_every_rung_that_may_be_better_and_no_other() -> None:
    begun = climb(advice((0.3, 0.7, 0.9, 0.899, 0.2), tolerance=0.0))
    first = after(begun, report("frozen", value=0.9, n=100))
    assert (onward(first).rung, onward(first).why) == ("fine-tune", "best"), "expected below, but it may be better"
    second = after(first, report("fine-tune", value=0.91, tuned=0.91, frozen=0.9, gain_error=0.01, n=100))
    assert (onward(second).rung, onward(second).why) == (None, "behind"), "scratch has no chance"


def test_a_step_brings_what_was_measured_on_the_same_items_and_its_own_rule_says_what_is_kept() -> None:
    begun = after(climb(), report("frozen", value=0.88, n=50))
    won = after(begun, report("fine-tune", value=0.93, tuned=0.93, frozen=0.9, gain_error=0.01, n=100))
    brought = won.steps[-1].brought
    assert brought is not None and brought.paired and brought.points == pytest.approx(3.0)
    assert brought.low == pytest.approx(3.0 - 1.645, abs=0.01)
    assert (won.kept, won.kept_rung) == ("run-fine-tune", "fine-tune") and won.seconds == 20.0
    behind = after(begun, report("fine-tune", value=0.89, tuned=0.89, frozen=0.9, gain_error=0.03, n=100))
    assert behind.kept_rung == "fine-tune", "its run kept it, for what tuning brings elsewhere"
    lost = after(begun, report("fine-tune", "not better", value=0.9, tuned=0.87, frozen=0.9, gain_error=0.01, n=100))
    assert (lost.kept, lost.kept_rung) == ("run-frozen", "frozen")
    assert lost.steps[-1].brought is not None and lost.steps[-1].brought.points == pytest.approx(-3.0)
    assert lost.held_out is not None and (lost.held_out.value, lost.held_out.n) == (0.9, 100), "on more items"


def test_a_tuning_that_was_never_measured_brings_nothing_and_says_why() -> None:
    begun = after(climb(), report("frozen", value=0.9, n=50))
    cut = after(begun, report("fine-tune", "there was no time to fine-tune", value=0.9, frozen=0.9, n=50))
    last = cut.steps[-1]
    assert (cut.kept_rung, last.held_out, last.brought, last.dropped) == (
        "frozen", None, None, "there was no time to fine-tune"
    )  # fmt: skip


def test_rungs_that_share_no_start_are_compared_on_what_each_measured() -> None:
    begun = after(climb(advice(metric="token F1")), report("rag", value=0.5, n=80))
    reader = after(begun, report("frozen", value=0.4, n=80))
    brought = reader.steps[-1].brought
    assert reader.kept_rung == "rag" and brought is not None and not brought.paired
    assert brought.low < -10 < brought.high
    better = after(begun, report("frozen", value=0.6, n=80))
    assert better.kept_rung == "frozen"
    back = after(better, report("fine-tune", "noise", value=0.5, tuned=0.52, rag=0.5, n=80))
    assert back.kept_rung == "frozen", "it rolled back to retrieval, which is behind the reader"


def test_a_first_run_of_fine_tuning_is_compared_with_what_it_started_from() -> None:
    race = climb().model_copy(update={"rungs": ("fine-tune",), "every": True})
    won = after(race, report("fine-tune", value=0.93, tuned=0.93, frozen=0.9, gain_error=0.01, n=100))
    assert won.kept_rung == "fine-tune"
    assert won.steps[0].brought is not None and won.steps[0].brought.paired
    lost = after(race, report("fine-tune", "not better", value=0.9, tuned=0.9, frozen=0.9, gain_error=0.01, n=100))
    assert (lost.kept, lost.kept_rung) == ("run-fine-tune", "frozen"), "its run holds the frozen model"


def test_a_race_trains_all_and_shares_its_seconds_alike() -> None:
    race = climb(advice(tolerance=50.0), 100.0, every=True, rungs=("rag", "frozen"))
    first = onward(race)
    assert (first.rung, first.seconds) == ("rag", 50.0)
    second = onward(after(race, report("rag", value=0.99, n=1000)))
    assert (second.rung, second.why, second.seconds) == ("frozen", "every", 50.0)


def test_a_step_takes_half_of_what_is_left_and_the_last_all_of_it() -> None:
    begun = climb(advice(tolerance=0.0), 200.0)
    assert onward(begun).seconds == 100.0, "fine-tuning may follow"
    second = onward(after(begun, report("frozen", value=0.9, n=100, seconds=30.0)))
    assert (second.rung, second.seconds) == ("fine-tune", 170.0), "nothing that may be better follows"
    with_a_chance = advice((0.3, 0.7, 0.9, 0.88, 0.89), tolerance=0.0)
    assert onward(climb(with_a_chance, 200.0)).seconds == 200.0, "nothing better is expected, so nothing is kept back"
    alone = onward(climb(advice(constraints=Constraints(weights_fixed=True)), 200.0))
    assert alone.seconds == 200.0
    spent = onward(after(begun, report("frozen", value=0.9, n=100, seconds=200.0 - LEAST_SECONDS / 2)))
    assert (spent.rung, spent.why) == (None, "budget")
    hurried = advice(constraints=Constraints(deadline_seconds=40.0))
    assert onward(climb(hurried, 200.0)).seconds == 40.0, "the longest training allowed"


def test_the_plan_says_beforehand_which_rung_the_time_is_too_short_for() -> None:
    given = advice(tolerance=0.0)
    slow = tuple(e.model_copy(update={"train_seconds": 180.0}) if e.rung == "fine-tune" else e for e in given.estimates)
    begun = climb(given.model_copy(update={"estimates": slow}), 90.0)
    assert "The time is too short for fine-tuning (about 3 min): give it" in plan_sentence(begun)
    assert "too short" not in plan_sentence(climb(given.model_copy(update={"estimates": slow}), 900.0))


def test_a_training_of_at_least_the_whole_time_is_not_said_to_fit_into_it_beside_another() -> None:
    given = advice(tolerance=0.0)
    capped = tuple(
        e.model_copy(update={"train_seconds": 300.0}) if e.rung == "fine-tune" else e for e in given.estimates
    )
    begun = climb(given.model_copy(update={"estimates": capped}), 300.0)
    assert "too short for fine-tuning (5 min or more)" in plan_sentence(begun)
    budget = enough(begun, (60, 300, 900, 3600))
    assert budget == 900 and "too short" not in plan_sentence(begun.model_copy(update={"budget_seconds": 900.0}))


@given(st.integers(1, 400), st.floats(0, 1), st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_the_interval_of_a_held_out_value_holds_it(n: int, share: float, weights: list[float]) -> None:
    shares = tuple(np.array(weights) / sum(weights))
    for metric in ("accuracy", "balanced accuracy", "token F1"):
        number = held_out(metric, share, n, shares, 1.0)
        assert number.low <= share <= number.high and number.n == n


def test_small_classes_widen_the_interval_of_balanced_accuracy() -> None:
    even, uneven = (np.std(draws("balanced accuracy", 0.8, 100, shares)) for shares in ((0.5, 0.5), (0.95, 0.05)))
    assert uneven > 1.5 * even


def test_a_run_without_held_out_items_measured_nothing() -> None:
    assert tried("accuracy", report("frozen", value=0.0, n=0.0), ()) == (None, None)
    none = after(climb(), report("frozen", value=0.0, n=0.0))
    assert none.kept_rung == "frozen" and none.held_out is None
    assert onward(none).rung == "fine-tune", "the forecast alone speaks"
