"""Priced estimates made by hand: five rungs whose values grow with the labels."""

from __future__ import annotations

from collections.abc import Callable

from advisor.advice.outlook.cost import priced
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Goal

N_LABELS = 400
SECONDS: dict[RungName, float] = {"prompting": 1.0, "rag": 5.0, "frozen": 30.0, "fine-tune": 300.0, "scratch": 300.0}
#: error(n) = a + b n^-0.5 of each rung: fine-tuning gains most from labels up to 4 times 400, scratch is far behind.
CURVES: dict[RungName, tuple[float, float]] = {
    "prompting": (0.5, 0.0), "rag": (0.1, 5.0), "frozen": (0.06, 2.2), "fine-tune": (0.02, 2.6), "scratch": (0.02, 4.5),
}  # fmt: skip


def estimate(rung: RungName, value: float, half: float = 0.03, error: float | None = None, **given: object) -> Estimate:
    """One estimate, not priced yet; `error` is its gain's standard error."""
    made = Estimate(
        rung=rung,
        available=True,
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        gain_error=error,
        n=100,
        provenance="measured",
        train_seconds=SECONDS[rung],
        milliseconds_per_prediction=10.0,
    )
    return made.model_copy(update=given)


def ladder(*values: float, half: float = 0.03, error: float | None = None) -> list[Estimate]:
    """The rungs of `SECONDS`, cheapest first, not priced yet."""
    return [estimate(rung, value, half, error) for rung, value in zip(SECONDS, values, strict=True)]


def growing(goal: Goal, error: float = 0.004) -> Callable[[float], tuple[Estimate, ...]]:
    """Estimates with so many times 400 labels, priced for the question."""

    def at(times: float) -> tuple[Estimate, ...]:
        n = times * N_LABELS
        values = [1.0 - a - b * n**-0.5 for a, b in CURVES.values()]
        return priced(ladder(*values, error=error), goal, N_LABELS)

    return at
