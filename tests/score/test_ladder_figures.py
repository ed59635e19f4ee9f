"""Intervals over datasets, and Wilson's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.score import figures


def test_tasks_of_one_dataset_are_drawn_together() -> None:
    draws = figures.drawn(["a", "b", "a", "c"])
    assert draws.shape == (figures.RESAMPLES, 4)
    assert (draws[:, 0] == draws[:, 2]).all()
    assert (draws[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert (draws == figures.drawn(["a", "b", "a", "c"])).all()


def test_means_weigh_tasks_and_ratios_sums() -> None:
    draws = figures.drawn(["a", "a", "b", "c"])
    values = np.array([1.0, 1.0, 0.0, 0.0])
    found = figures.mean(values, draws)
    assert (found.value, found.n) == (0.5, 4)
    assert found.low == 0.0 and found.high > 0.6
    ratio = figures.ratio(np.array([10.0, 2.0]), np.array([5.0, 1.0]), figures.drawn(["a", "b"]))
    assert (ratio.value, ratio.low, ratio.high) == (2.0, 2.0, 2.0)
    assert figures.ratio(np.zeros(2), np.zeros(2), figures.drawn(["a", "b"])) == figures.NOTHING
    assert figures.largest(np.array([1.0, 7.0]), figures.drawn(["a", "b"])).value == 7.0


def test_the_interval_is_as_wide_as_that_of_a_mean_of_datasets() -> None:
    """64 datasets with values 0 and 1: the mean's standard error is 0.5 / 8, its 90 % interval 1.645 of them."""
    names = [f"set {i}" for i in range(64)]
    found = figures.mean(np.arange(64) % 2 * 1.0, figures.drawn(names))
    assert found.low == pytest.approx(0.5 - 1.645 / 16, abs=0.016)
    assert found.high == pytest.approx(0.5 + 1.645 / 16, abs=0.016)


@given(st.integers(1, 300), st.data())
def test_wilson_holds_the_share_and_stays_within_bounds(n: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, n))
    found = figures.wilson(right, n)
    assert 0.0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1.0
    mirrored = figures.wilson(n - right, n)
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-12)
