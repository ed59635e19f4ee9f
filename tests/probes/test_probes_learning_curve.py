from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from probes.errors import ProbeError
from probes.learning_curve import Curve, fit_curve, slope


@given(st.floats(0, 0.3), st.floats(0, 3))
def test_an_exact_curve_is_found_again(a: float, b: float) -> None:
    points = [(n, a + b * n**-0.5) for n in (50, 100, 200)]
    found_a, found_b = fit_curve(points)
    assert found_a == pytest.approx(a, abs=1e-6)
    assert found_b == pytest.approx(b, abs=1e-6)


def test_an_error_that_rises_with_n_is_read_as_flat() -> None:
    a, b = fit_curve([(100, 0.1), (200, 0.2)])
    assert (a, b) == (pytest.approx(0.15), 0.0)


def test_one_size_makes_no_curve() -> None:
    with pytest.raises(ProbeError, match="two sizes"):
        fit_curve([(100, 0.1), (100, 0.2)])


def test_the_curve_of_digits_falls_and_foretells_a_larger_set() -> None:
    data = load_digits()
    features, labels = data.data.astype(np.float32), data.target
    curve = slope(features[:450], labels[:450], "accuracy")
    assert curve.b > 0
    assert [n for n, _ in curve.points] == sorted(n for n, _ in curve.points)
    larger = slope(features, labels, "accuracy").points[-1]
    assert curve.error(larger[0]) == pytest.approx(larger[1], abs=0.04)
    assert curve.gain(300, 1200) > 0


def test_error_stays_a_share() -> None:
    curve = Curve(a=-0.1, b=3.0, points=(), seconds=0.0)
    assert curve.error(1) == 1.0
    assert curve.error(1_000_000) == 0.0


def test_tiny_data_still_gives_a_curve() -> None:
    rng = np.random.default_rng(0)
    curve = slope(rng.normal(size=(8, 4)), np.array([0, 0, 0, 0, 0, 0, 1, 1]), "balanced accuracy")
    assert np.isfinite([curve.a, curve.b]).all()
