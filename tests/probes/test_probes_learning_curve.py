from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from probes.errors import ProbeError
from probes.heads import Recipe
from probes.learning_curve import Curve, fit_curve, learning_curve

LOGISTIC = Recipe("logistic", 30.0)


def made(a: float, b: float, spread: float = 0.0) -> Curve:
    """A curve measured at 100 to 400 items whose draws differ by `spread` in level."""
    draws = np.stack([a + spread * np.linspace(-1, 1, 1000), np.full(1000, b)], axis=1)
    return Curve(a, b, (100, 200, 400), (), draws, 0.0)


@given(st.floats(0, 0.3), st.floats(0, 3))
def test_an_exact_curve_is_found_again(a: float, b: float) -> None:
    sizes = np.array([50, 100, 200])
    found_a, found_b = fit_curve(sizes, (a + b * sizes**-0.5)[None])
    assert found_a[0] == pytest.approx(a, abs=1e-6)
    assert found_b[0] == pytest.approx(b, abs=1e-6)


def test_an_error_that_rises_with_n_is_read_as_flat_and_none_falls_below_zero() -> None:
    a, b = fit_curve(np.array([100, 200, 100, 200]), np.array([[0.1, 0.2, 0.1, 0.2], [0.2, 0.01, 0.2, 0.01]]))
    assert b[0] == 0.0 and 0.1 < a[0] < 0.2
    assert a[1] == 0.0 and b[1] > 0


def test_one_size_makes_no_curve() -> None:
    with pytest.raises(ProbeError, match="two sizes"):
        fit_curve(np.array([100, 100]), np.array([[0.1, 0.2]]))


@pytest.mark.parametrize("recipe", [LOGISTIC, Recipe("ridge", 30.0)])
def test_the_curve_of_digits_falls_and_foretells_a_larger_set(recipe: Recipe) -> None:
    data = load_digits()
    features, labels = data.data.astype(np.float32), data.target
    curve = learning_curve(features[::4], labels[::4], "accuracy", recipe)
    assert curve.b > 0
    assert list(curve.sizes) == sorted(curve.sizes)
    larger = learning_curve(features, labels, "accuracy", recipe)
    assert curve.error(larger.sizes[-1]) == pytest.approx(1 - larger.points[-1].value, abs=0.04)
    low, high = curve.band(larger.sizes[-1])
    assert low < 1 - curve.error(larger.sizes[-1]) < high
    assert all(point.low <= point.value <= point.high for point in curve.points)


def test_labels_needed_follow_the_curve_and_end_where_it_ends() -> None:
    curve = made(0.05, 2.0, spread=0.02)
    reach = curve.labels_needed(0.83)  # 0.05 + 2 n^-0.5 = 0.17 at n = 278
    assert reach.value == pytest.approx(278, rel=0.03)
    assert reach.low is not None and reach.high is not None and reach.low < 278 < reach.high
    assert curve.labels_needed(0.94).value is None  # 0.05 + 2 / 40 at 1,600 items, the furthest
    assert curve.furthest == 1600


def test_the_band_widens_ahead_and_with_a_small_test() -> None:
    curve = made(0.05, 2.0, spread=0.01)

    def width(n: float, n_test: int | None = None) -> float:
        low, high = curve.band(n, n_test=n_test)
        return high - low

    assert width(400) < width(800) < width(1600)
    assert width(400, 50) > 2 * width(400)


def test_error_stays_a_share() -> None:
    curve = made(0.0, 3.0)
    assert curve.error(1) == 1.0
    assert 0.0 < curve.error(1_000_000) < 0.01


def test_tiny_data_still_gives_a_curve() -> None:
    rng = np.random.default_rng(0)
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    curve = learning_curve(rng.normal(size=(8, 4)), labels, "balanced accuracy", LOGISTIC)
    assert np.isfinite([curve.a, curve.b]).all()
