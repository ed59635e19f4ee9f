"""A probe's value is carried along the learning curve, and never to perfection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.estimate.estimates import FURTHEST, growth
from advisor.records import Evidence, LearningCurve, ProbeResult
from probes.measured import Measured


def evidence(value: float, a: float, b: float, n_fit: int, n_train: int) -> Evidence:
    measured = Measured(value=value, low=0.0, high=1.0, n=n_fit, seconds=0.1)
    curve = LearningCurve(a=a, b=b, sizes=(n_fit,), points=(measured,), band=(), furthest=4 * n_fit, seconds=0.1)
    return Evidence(
        fingerprint="f", metric="accuracy", backbone="b", backbone_hash="h", device="cpu", device_reason="",
        input_size=1, n_train=n_train, n_test=10, n_test_per_class=(5, 5), seconds=1.0,
        results=(ProbeResult(name="linear", title="", measured=measured, settings={"n_fit": n_fit}),),
        curve=curve,
    )  # fmt: skip


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 20), st.integers(10, 5000), st.integers(10, 10**6))
def test_growth_removes_some_of_the_error_and_never_all(value: float, a: float, b: float, n: int, full: int) -> None:
    made = evidence(value, a, b, n, full)
    shift = growth(made, made.results[0])
    assert shift.spread > 0
    assert 0.0 <= shift.mean <= (1 - value) * (1 - FURTHEST**-0.5) + 1e-9


def test_no_slope_means_no_growth_and_four_times_the_data_halves_a_pure_slope() -> None:
    flat = evidence(0.8, 0.2, 0.0, 100, 400)
    steep = evidence(0.8, 0.0, 2.0, 100, 400)
    assert growth(flat, flat.results[0]).mean == 0.0
    assert growth(steep, steep.results[0]).mean == pytest.approx(0.1)


def test_what_lies_beyond_four_times_widens_and_does_not_promise() -> None:
    near, far = evidence(0.8, 0.0, 2.0, 100, 400), evidence(0.8, 0.0, 2.0, 100, 40_000)
    one, other = growth(near, near.results[0]), growth(far, far.results[0])
    assert other.mean == pytest.approx(one.mean) and other.spread > one.spread
