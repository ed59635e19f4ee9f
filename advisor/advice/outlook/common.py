"""What the outlooks of the tasks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.advice.outlook.experience import CompletedTask, Experience, TaskKey
from advisor.advice.outlook.forecast import Forecast
from advisor.advice.outlook.signals import Z, logit
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Evidence, Kind, ProbeResult

#: What was expected of a completed task, from what other datasets taught.
Replayed = Callable[[CompletedTask, Experience], dict[RungName, Forecast]]

TRAINING_SECONDS = 300.0
#: One text counted and scored took 0.05 to 0.22 ms on trec6, tweet_emotion, sst2 and banking77.
MILLISECONDS_OF_WORDS = 0.2


def needed(evidence: Evidence, name: str) -> ProbeResult:
    """A probe result that every evidence of its kind has."""
    probe = evidence.result(name)
    assert probe is not None, f"evidence without {name}"
    return probe


def excluded(rung: RungName) -> Estimate:
    """A rung that the goal excludes."""
    return Estimate(rung=rung, available=False, reason="Excluded: you did not allow this rung.")


def value_of(result: ProbeResult | None) -> float | None:
    """A probe's value, None when it was not run."""
    return None if result is None else result.measured.value


def standing_on(
    probe: ProbeResult, rung: RungName, span: tuple[float, float, float], *, train_seconds: float,
    seconds_per_prediction: float, settings: dict[str, Any], details: str,
) -> Estimate:  # fmt: skip
    """The estimate of a rung from a probe, which gives its n and provenance. ``span``: value, low and high."""
    value, low, high = span
    return Estimate(
        rung=rung,
        available=True,
        value=value,
        low=low,
        high=high,
        gain_error=(high - low) / (2 * Z),  # answers of different rungs are hardly alike
        n=probe.measured.n,
        provenance=probe.measured.provenance,
        train_seconds=train_seconds,
        milliseconds_per_prediction=1000.0 * seconds_per_prediction,
        settings=settings,
        details=details,
    )


def forecast_of(rung: RungName, value: Forecast, **fields: Any) -> Estimate:
    """The estimate of a rung from its forecast. ``fields``: its other fields."""
    return Estimate(
        **{
            "rung": rung, "available": True, "value": value.value, "low": value.low, "high": value.high,
            "gain_error": value.gain_error, "provenance": value.provenance, **fields,
        }
    )  # fmt: skip


def expected_then(task: CompletedTask) -> dict[RungName, Forecast]:
    """What advice expected of a completed task when it was measured, from its row."""
    forecasts: dict[RungName, Forecast] = {}
    for rung in RUNG_NAMES:
        value, low, high = (task.number(rung, name) for name in ("expected", "expected_low", "expected_high"))
        if value is not None and low is not None and high is not None:
            forecasts[rung] = Forecast(value, low, high, (high - low) / (2 * Z), "measured")
    return forecasts


def misses_of(replayed: Replayed, experience: Experience, kind: Kind) -> dict[RungName, dict[TaskKey, float]]:
    """How far each task came out above what `replayed` expects without its dataset, by rung, in logits."""
    found: dict[RungName, dict[TaskKey, float]] = {rung: {} for rung in RUNG_NAMES}
    for task in experience.of_kind(kind):
        for rung, expected in replayed(task, experience.without(task.dataset)).items():
            if (value := task.value(rung)) is not None:
                n = task.situation.n_test
                found[rung][task.dataset, task.labels, task.seed] = logit(value, n) - logit(expected.value, n)
    return found
