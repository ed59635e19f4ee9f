"""What the outlooks of both tasks share."""

from __future__ import annotations

from typing import Any

from advisor.advice.outlook.forecast import Forecast
from advisor.advice.outlook.signals import Z
from advisor.core.ladder import RungName
from advisor.core.records import Estimate, Evidence, ProbeResult

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
