"""Finished runs take the place of forecasts, and are taken back when they are gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.advice.decide import decide, p_higher
from advisor.advice.explain import reasons, summary
from advisor.advice.finished import Finished, moved_along, with_runs
from advisor.advice.outlook.cost import Z, repriced
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.shared import shared_misses
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal
from probes.measured import Measured

SHARED = shared_misses(Experience.shipped(), "image")


def estimates() -> tuple[Estimate, ...]:
    """Frozen 95 %, fine-tuned 97 %, and prompting without a number."""

    def of(rung: RungName, value: float, error: float | None) -> Estimate:
        return Estimate(
            rung=rung, available=True, value=value, low=value - 0.03, high=value + 0.02, gain_error=error, n=100,
            provenance="predicted",
        )  # fmt: skip

    return Estimate(rung="prompting", available=False), of("frozen", 0.95, None), of("fine-tune", 0.97, 0.02)


def run(rung: RungName, value: float) -> dict[RungName, Finished]:
    """A finished run of a rung."""
    test = Measured(value=value, low=value - 0.01, high=value + 0.005, n=359, seconds=1.0)
    return {rung: Finished("r1", rung, "b", test)}


def test_a_run_replaces_the_forecast_and_leaves_what_has_no_number() -> None:
    prompting, frozen, tuned = with_runs(estimates(), run("fine-tune", 0.992), SHARED)
    assert (tuned.value, tuned.n, tuned.provenance, tuned.run) == (0.992, 359, "measured", "r1")
    assert prompting == estimates()[0] and not frozen.run
    assert tuned.before is not None and tuned.before.value == 0.97


def test_a_rung_that_was_measured_on_a_part_of_the_items_says_so() -> None:
    part = replace(run("frozen", 0.96)["frozen"], partial="The time budget allowed 256 of 1,688 training items.")
    assert with_runs(estimates(), {"frozen": part}, SHARED)[1].details.endswith("256 of 1,688 training items.")


def test_what_was_expected_when_a_run_started_and_before_any_run_are_both_named() -> None:
    later = replace(run("fine-tune", 0.98)["fine-tune"], promised=0.962)
    said = with_runs(estimates(), {"fine-tune": later}, SHARED)[2].details
    assert "96.2 % was expected when it started, 97.0 % before any run." in said
    first = replace(later, promised=0.97)
    assert (
        "part; 97.0 % was expected before any run." in with_runs(estimates(), {"fine-tune": first}, SHARED)[2].details
    )


def width(estimate: Estimate) -> float:
    assert estimate.low is not None and estimate.high is not None
    return estimate.high - estimate.low


def test_a_forecast_follows_what_another_rung_measured_and_gets_surer() -> None:
    _, frozen, tuned = estimates()
    pairs: tuple[tuple[RungName, int], ...] = (("frozen", 2), ("fine-tune", 1))
    for name, other in pairs:
        plain = estimates()[other]
        better = with_runs(estimates(), run(name, 0.99), SHARED)[other]
        worse = with_runs(estimates(), run(name, 0.85), SHARED)[other]
        assert worse.value is not None and plain.value is not None and better.value is not None
        assert worse.value < plain.value < better.value
        assert width(better) < width(plain)
        assert not better.run and better.before is not None and better.before.value == plain.value
        assert "miss their forecasts together" in better.details
    assert frozen.value == 0.95 and tuned.value == 0.97, "the estimates themselves stay"


def test_a_forecast_that_was_met_stays_where_it_is() -> None:
    tuned = with_runs(estimates(), run("frozen", 0.95), SHARED)[2]
    assert tuned.value == pytest.approx(0.97, abs=1e-3) and "expected before" not in tuned.details


def test_a_low_measure_is_no_proof_against_a_rung_that_is_judged_on_the_same_items() -> None:
    _, frozen, tuned = repriced(with_runs(estimates(), run("fine-tune", 0.90), SHARED), Goal(tolerance=0.0))
    chance = p_higher(tuned, frozen)
    assert chance is not None and chance > 0.02
    assert frozen.value is not None and frozen.value < 0.93, "most of the miss is the test part's"


def test_two_that_measured_the_same_are_the_same_and_the_cheaper_is_taken() -> None:
    goal = Goal(tolerance=0.0)
    usual = [e.model_copy(update={"usual_gain": {"frozen": 0.0, "fine-tune": 0.04}.get(e.rung)}) for e in estimates()]
    both = repriced(with_runs(usual, run("fine-tune", 0.95) | run("frozen", 0.95), SHARED), goal)
    assert p_higher(both[2], both[1]) == pytest.approx(0.5)
    assert decide(both, goal).recommended == "frozen"


def test_what_was_measured_stands_where_a_forecast_leads_by_less_than_its_error() -> None:
    slightly = [e.model_copy(update={"value": 0.951} if e.rung == "fine-tune" else {}) for e in estimates()]
    goal = Goal(tolerance=0.0)
    decision = decide(repriced(with_runs(slightly, run("frozen", 0.95), SHARED), goal), goal)
    assert decision.recommended == "frozen" and decision.anchored


def test_luck_is_taken_off_once_and_not_off_what_was_measured() -> None:
    near = Estimate(rung="rag", available=True, value=0.96, low=0.93, high=0.98, gain_error=0.02, n=100,
                    provenance="measured")  # fmt: skip
    every = (*estimates()[:1], near, *estimates()[1:])
    before = next(e for e in repriced(every, Goal()) if e.rung == "rag").curse
    after = next(e for e in repriced(with_runs(every, run("frozen", 0.95), SHARED), Goal()) if e.rung == "rag").curse
    own = next(e for e in repriced(with_runs(every, run("rag", 0.95), SHARED), Goal()) if e.rung == "rag").curse
    assert 0.0 == own < after < before


def test_what_the_run_took_is_its_time_until_it_is_taken_back() -> None:
    finished = replace(run("frozen", 0.95)["frozen"], seconds=26.0)
    once = with_runs(estimates(), {"frozen": finished}, SHARED)
    assert once[1].run_seconds == 26.0
    assert with_runs(once, {}, SHARED)[1].run_seconds is None


def in_vain(value: float) -> dict[RungName, Finished]:
    """A run of fine-tuning that was no better and kept the frozen model."""
    (kept,) = run("frozen", value).values()
    kept = replace(kept, tried="fine-tune", seconds=65.0)
    return {"frozen": kept, "fine-tune": kept}


def test_what_was_trained_in_vain_yields_the_model_that_was_kept() -> None:
    _, frozen, tuned = with_runs(estimates(), in_vain(0.99), SHARED)
    assert (tuned.value, tuned.low, tuned.high) == (frozen.value, frozen.low, frozen.high)
    assert (tuned.kept, tuned.run, tuned.provenance) == ("frozen", "r1", "measured")
    assert tuned.details.startswith("Measured: fine-tuning brought nothing here. In a run of 1 min 5 s")


def test_a_later_run_of_the_frozen_model_counts_for_what_was_tried_in_vain() -> None:
    later = run("frozen", 0.96)["frozen"]
    _, frozen, tuned = with_runs(estimates(), {**in_vain(0.99), "frozen": later}, SHARED)
    assert tuned.value == frozen.value == 0.96


def test_what_was_trained_in_vain_is_not_recommended_though_it_usually_gains() -> None:
    usual = [e.model_copy(update={"usual_gain": {"frozen": 0.0, "fine-tune": 0.04}.get(e.rung)}) for e in estimates()]
    goal = Goal(tolerance=0.0)
    assert decide(usual, goal).recommended == "fine-tune"
    after = repriced(with_runs(usual, in_vain(0.99), SHARED), goal)
    decision = decide(after, goal)
    assert decision.recommended == "frozen" and decision.runner_up is None and decision.race is None
    told = reasons(decision, after, "accuracy", goal)
    assert told["fine-tune"].startswith("Measured: fine-tuning brought nothing here.")
    assert "Measured: fine-tuning brought nothing here." in summary(decision, after, "accuracy", goal)


def test_what_was_trained_in_vain_can_be_chosen_where_nothing_else_is_allowed() -> None:
    goal = Goal(rungs=("fine-tune",))
    assert decide(repriced(with_runs(estimates(), in_vain(0.99), SHARED), goal), goal).recommended == "fine-tune"


def test_it_can_be_repeated_and_undone() -> None:
    once = with_runs(estimates(), run("frozen", 0.99), SHARED)
    assert with_runs(once, run("frozen", 0.99), SHARED) == once
    assert with_runs(once, {}, SHARED) == estimates()
    assert with_runs(with_runs(estimates(), in_vain(0.99), SHARED), {}, SHARED) == estimates()


def test_with_more_labels_a_forecast_keeps_what_the_run_added() -> None:
    now = with_runs(estimates(), run("frozen", 0.97), SHARED)
    more = moved_along(estimates(), now)
    assert more[1].value == pytest.approx(0.97) and more[0] == estimates()[0]
    assert moved_along(estimates(), with_runs(estimates(), in_vain(0.97), SHARED))[2].kept == "frozen"


def test_beside_a_measured_frozen_model_a_gain_is_as_open_as_the_forecast_that_it_comes_from() -> None:
    near = Estimate(rung="rag", available=True, value=0.99, low=0.96, high=1.0, gain_error=0.005, n=100,
                    provenance="measured")  # fmt: skip
    moved = with_runs((near, *estimates()), run("frozen", 0.95), SHARED)[0]
    assert moved.high is not None and moved.low is not None and moved.gain_error is not None
    assert moved.gain_error >= (moved.high - moved.low) / (2 * Z) - 1e-9
