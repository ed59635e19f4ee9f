"""The minimiser against closed forms and against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from probes.lbfgs import minimise
from scipy.optimize import minimize


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.floats(0.01, 30.0), st.integers(0, 99))
def test_a_bowl_is_solved_whatever_its_scale(k: int, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves, wanted = (scale * rng.uniform(0.3, 3.0, k)).astype(np.float32), rng.normal(size=k).astype(np.float32)

    def bowl(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(0.5 * (curves * (x - wanted) ** 2).sum()), curves * (x - wanted)

    found = minimise(bowl, np.zeros(k, dtype=np.float32), 1e-4 * scale, 0.0, 200)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-3)


@pytest.mark.parametrize("start", [-3.0, 4.0])
def test_a_step_that_is_far_too_long_is_shortened(start: float) -> None:
    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.cosh(x - 1.0).sum()), np.sinh(x - 1.0)

    begin = np.full(3, start, dtype=np.float32)
    np.testing.assert_allclose(minimise(loss, begin, 1e-4, 0.0, 100), 1.0, atol=1e-3)


def test_it_ends_where_scipys_ends() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(200, 12)).astype(np.float32), rng.choice([-1.0, 1.0], 200).astype(np.float32)

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        margin = y * (x @ theta)
        pull = -y / (1.0 + np.exp(margin))
        return float(np.logaddexp(0.0, -margin).sum() + theta @ theta), x.T @ pull + 2 * theta

    ours = minimise(loss, np.zeros(12, dtype=np.float32), 1e-3, 0.0, 100)
    theirs = minimize(loss, np.zeros(12), jac=True, method="L-BFGS-B").x
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_an_end_is_an_end() -> None:
    looked = []

    def flat(x: np.ndarray) -> tuple[float, np.ndarray]:
        looked.append(x)
        return 1.0, np.ones_like(x)  # falls nowhere although its slope says so

    start = np.zeros(2, dtype=np.float32)
    np.testing.assert_array_equal(minimise(flat, start, 1e-6, 1e-9, 50), start)
    assert len(looked) < 15
