"""What the learning curve says of a target."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from advisor.core.records import LearningCurve, ProbeResult
from advisor.evidence.curve import ahead, labels_needed
from probes.measured import Measured


def curve() -> LearningCurve:
    """80 % at 100 items, rising to 90 % at 400, five points of band on either side."""
    band = tuple((n, 1 - 2 * n**-0.5, 0.95 - 2 * n**-0.5, 1.05 - 2 * n**-0.5) for n in range(100, 401, 10))
    return LearningCurve(a=0.0, b=2.0, sizes=(50, 100), points=(), band=band, furthest=400, seconds=0.1)


def test_more_labels_are_counted_from_those_there_are() -> None:
    needed = labels_needed(curve(), 0.85, n_now=100)
    assert needed.value == 180  # 1 - 2 / sqrt(178) = 0.85
    assert needed.low == 100 and needed.high == 400
    assert "needs about 180 training items (80 % band: 100 to 400) for 85.0 %, 80 more than now." in needed.sentence


def test_a_target_reached_already_and_one_out_of_reach_are_told_apart() -> None:
    assert "you have" not in labels_needed(curve(), 0.85, n_now=100).sentence
    assert labels_needed(curve(), 0.81, n_now=200).sentence.endswith("you have 200.")
    far = labels_needed(curve(), 0.93, n_now=100)
    assert far.value is None
    assert "does not reach 93.0 % even with 400 training items (expected: 90.0 %" in far.sentence


@given(st.floats(0.5, 1.0), st.integers(1, 1000))
def test_bounds_hold_the_value(target: float, n_now: int) -> None:
    needed = labels_needed(curve(), target, n_now)
    if needed.value is not None:
        assert needed.low is not None and needed.low <= needed.value
        assert needed.high is None or needed.high >= needed.value


def probe(name: str, value: float) -> ProbeResult:
    """A probe's result of no width."""
    measured = Measured(value=value, low=value, high=value, n=133, seconds=0.1)
    return ProbeResult(name=name, title=name, measured=measured)


def test_a_curve_promises_nothing_below_what_is_measured() -> None:
    end = ahead(curve(), 200, [probe("linear", 0.95)])
    assert end.gain <= 0 and end.now == 0.95
    assert end.none_in_sight.startswith("No gain in sight: 95.0 % is reached now") and "90.0" not in end.none_in_sight


def test_the_gain_is_counted_from_the_measured_probe_and_a_better_probe_is_named() -> None:
    end = ahead(curve(), 200, [probe("linear", 0.88), probe("joined", 0.93)])
    assert end.gain == 2.0 and not end.none_in_sight
    assert end.best is not None and end.best.name == "joined"
    lower = ahead(curve(), 200, [probe("linear", 0.80)])  # the curve at 200 items is above it
    assert lower.now > 0.85 and lower.best is None
