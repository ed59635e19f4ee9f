"""The decision: the cheapest rung that will do.

With a target, the cheapest rung whose lower bound reaches it; without one, the cheapest rung whose
expected value is within one point of the best. The order of cost is the ladder's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.errors import AdviceError
from advisor.ladder import RUNG_NAMES, RungName
from advisor.records import Estimate

#: Rungs this close to the best (one point) count as equally good, so the cheaper one is taken.
MARGIN = 0.01


@dataclass(frozen=True)
class Decision:
    """The chosen rung, the next best, and what the choice rests on.

    ``sure``: the chosen rung's lower bound reaches the target (None without a target).
    ``overlap``: the intervals of the chosen rung and of the best other rung share values.
    """

    recommended: RungName
    runner_up: RungName | None
    best: RungName
    sure: bool | None
    overlap: bool


def usable(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The available estimates with a value, cheapest rung first."""
    ranked = sorted(estimates, key=lambda estimate: RUNG_NAMES.index(estimate.rung))
    return [estimate for estimate in ranked if estimate.available and estimate.value is not None]


def decide(estimates: Sequence[Estimate], target: float | None = None) -> Decision:
    """Choose a rung. Raises AdviceError when no rung is available or the target is not a share."""
    if target is not None and not 0 < target <= 1:
        raise AdviceError(f"The target {target:g} is not a share. Give a number above 0 and at most 1, such as 0.9.")
    candidates = usable(estimates)
    if not candidates:
        reasons = " ".join(f"{e.rung}: {e.reason}" for e in estimates if e.reason)
        raise AdviceError(f"No rung can be recommended. {reasons} Allow more rungs, or give a longer budget.")
    best = max(candidates, key=lambda e: (value(e), -RUNG_NAMES.index(e.rung)))
    near_best = [e for e in candidates if value(e) >= value(best) - MARGIN - 1e-9]
    certain = [e for e in candidates if target is not None and low(e) >= target - 1e-9]
    chosen = certain[0] if certain else near_best[0]
    others = [e for e in candidates if e.rung != chosen.rung]
    runner_up = max(others, key=lambda e: (value(e), -RUNG_NAMES.index(e.rung)), default=None)
    return Decision(
        recommended=chosen.rung,
        runner_up=runner_up.rung if runner_up else None,
        best=best.rung,
        sure=None if target is None else bool(certain),
        overlap=runner_up is not None and low(runner_up) <= high(chosen) and low(chosen) <= high(runner_up),
    )


def value(estimate: Estimate) -> float:
    """The expected value of an available estimate."""
    assert estimate.value is not None
    return estimate.value


def low(estimate: Estimate) -> float:
    """The lower bound of an available estimate."""
    assert estimate.low is not None
    return estimate.low


def high(estimate: Estimate) -> float:
    """The upper bound of an available estimate."""
    assert estimate.high is not None
    return estimate.high
