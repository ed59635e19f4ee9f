"""Finished runs take the place of forecasts, and are taken back when they are gone."""

from __future__ import annotations

import pytest

from advisor.advice.finished import Finished, moved_along, with_runs
from advisor.core.ladder import RungName
from advisor.core.records import Estimate
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


def test_it_can_be_repeated_and_undone() -> None:
    once = with_runs(estimates(), run("frozen", 0.99))
    assert with_runs(once, run("frozen", 0.99)) == once
    assert with_runs(once, {}) == estimates()


def test_with_more_labels_a_forecast_keeps_what_the_run_added() -> None:
    now = with_runs(estimates(), run("frozen", 0.97))
    more = moved_along(estimates(), now)
    assert more[1].value == pytest.approx(0.97) and more[0] == estimates()[0]
