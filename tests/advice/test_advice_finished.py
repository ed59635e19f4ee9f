"""Finished runs take the place of forecasts, and are taken back when they are gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.advice.decide import decide
from advisor.advice.explain import reasons, summary
from advisor.advice.finished import Finished, moved_along, with_runs
from advisor.advice.outlook.cost import repriced
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal
from probes.measured import Measured


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


def test_a_run_replaces_the_forecast_and_leaves_the_others() -> None:
    prompting, frozen, tuned = with_runs(estimates(), run("fine-tune", 0.992))
    assert (tuned.value, tuned.n, tuned.provenance, tuned.run) == (0.992, 359, "measured", "r1")
    assert (prompting, frozen) == estimates()[:2]
    assert tuned.before is not None and tuned.before.value == 0.97


def test_fine_tuning_follows_the_frozen_model_that_it_starts_from() -> None:
    _, frozen, tuned = with_runs(estimates(), run("frozen", 0.99))
    assert frozen.value == 0.99
    assert tuned.value == pytest.approx(0.994), "a fifth of the error was left, so a fifth of 3 points"
    assert tuned.low is not None and tuned.high is not None and tuned.low < tuned.value < tuned.high <= 1.0
    assert not tuned.run, "it is a forecast still"


def in_vain(value: float) -> dict[RungName, Finished]:
    """A run of fine-tuning that was no better and kept the frozen model."""
    (kept,) = run("frozen", value).values()
    kept = replace(kept, tried="fine-tune", seconds=65.0)
    return {"frozen": kept, "fine-tune": kept}


def test_what_was_trained_in_vain_yields_the_model_that_was_kept() -> None:
    _, frozen, tuned = with_runs(estimates(), in_vain(0.99))
    assert (tuned.value, tuned.low, tuned.high) == (frozen.value, frozen.low, frozen.high)
    assert (tuned.kept, tuned.run, tuned.provenance) == ("frozen", "r1", "measured")
    assert tuned.details.startswith("Measured: fine-tuning brought nothing here. In a run of 1 min 5 s")


def test_a_later_run_of_the_frozen_model_counts_for_what_was_tried_in_vain() -> None:
    later = run("frozen", 0.96)["frozen"]
    _, frozen, tuned = with_runs(estimates(), {**in_vain(0.99), "frozen": later})
    assert tuned.value == frozen.value == 0.96


def test_what_was_trained_in_vain_is_not_recommended_though_it_usually_gains() -> None:
    usual = [e.model_copy(update={"usual_gain": {"frozen": 0.0, "fine-tune": 0.04}.get(e.rung)}) for e in estimates()]
    goal = Goal(tolerance=0.0)
    assert decide(usual, goal).recommended == "fine-tune"
    after = repriced(with_runs(usual, in_vain(0.99)), goal)
    decision = decide(after, goal)
    assert decision.recommended == "frozen" and decision.runner_up is None and decision.race is None
    told = reasons(decision, after, "accuracy", goal)
    assert told["fine-tune"].startswith("Measured: fine-tuning brought nothing here.")
    assert "Measured: fine-tuning brought nothing here." in summary(decision, after, "accuracy", goal)


def test_what_was_trained_in_vain_can_be_chosen_where_nothing_else_is_allowed() -> None:
    goal = Goal(rungs=("fine-tune",))
    assert decide(repriced(with_runs(estimates(), in_vain(0.99)), goal), goal).recommended == "fine-tune"


def test_it_can_be_repeated_and_undone() -> None:
    once = with_runs(estimates(), run("frozen", 0.99))
    assert with_runs(once, run("frozen", 0.99)) == once
    assert with_runs(once, {}) == estimates()
    assert with_runs(with_runs(estimates(), in_vain(0.99)), {}) == estimates()


def test_with_more_labels_a_forecast_keeps_what_the_run_added() -> None:
    now = with_runs(estimates(), run("frozen", 0.97))
    more = moved_along(estimates(), now)
    assert more[1].value == pytest.approx(0.97) and more[0] == estimates()[0]
    assert moved_along(estimates(), with_runs(estimates(), in_vain(0.97)))[2].kept == "frozen"
