"""Bins of confidence hold every item once, and their gap is the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.reliability import BINS, expected_gap, reliability
from probes.temperature import calibration_error


@given(st.lists(st.tuples(st.floats(0.5, 1.0), st.booleans()), min_size=1, max_size=80))
def test_every_item_is_in_one_bin_and_the_gap_is_the_known_error(items: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([p for p, _ in items]), np.array([r for _, r in items])
    bins = reliability(confidence, right)
    assert sum(one.n for one in bins) == len(items)
    assert all(0 <= one.low <= one.right <= one.high <= 1 for one in bins)
    probability = np.stack([confidence, 1 - confidence], axis=1)
    expected = calibration_error(probability, np.where(right, probability.argmax(1), 1 - probability.argmax(1)), BINS)
    assert expected_gap(bins) == pytest.approx(expected, abs=1e-9)
