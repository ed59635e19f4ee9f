"""The outcome model's limits and the paired error, against closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.estimate.outcome import FINE_TUNE, fine_tune_gain, scratch_growth
from probes.interval import paired_error, score

shares = st.floats(0, 1, allow_nan=False)


@given(shares, st.floats(-1, 1), st.floats(0, 0.3), st.floats(0.01, 50))
def test_a_gain_stays_within_the_error_that_is_left(frozen: float, gain: float, error: float, epochs: float) -> None:
    shift = fine_tune_gain(frozen, gain, error, epochs)
    assert 0.0 <= shift.mean <= 1.0 - frozen + 1e-9 and shift.spread > 0


def test_a_better_pilot_promises_more_and_a_noisy_one_counts_less() -> None:
    plain = fine_tune_gain(0.7, 0.0, 0.02, 10)
    better = fine_tune_gain(0.7, 0.15, 0.02, 10)
    noisy = fine_tune_gain(0.7, 0.15, 0.5, 10)
    prior = FINE_TUNE.share * 0.3
    assert better.mean > plain.mean
    assert abs(noisy.mean - prior) < abs(better.mean - prior) + 1e-9


def test_too_few_epochs_promise_less() -> None:
    assert fine_tune_gain(0.7, 0.1, 0.02, 0.5).mean < fine_tune_gain(0.7, 0.1, 0.02, 5).mean


@given(shares, shares)
def test_scratch_is_not_promised_above_the_frozen_rung_by_its_gap(pilot: float, frozen: float) -> None:
    shift = scratch_growth(pilot, frozen)
    assert pilot + shift.mean <= max(pilot, frozen) + 1e-9 and shift.spread > 0


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_the_paired_error_is_the_scatter_of_the_difference(metric: str) -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1, 2], [80, 120, 200])
    differences, errors = [], []
    for _ in range(400):
        one = np.where(rng.random(400) < 0.8, truth, (truth + 1) % 3)
        other = np.where(rng.random(400) < 0.7, truth, (truth + 1) % 3)
        differences.append(score(metric, truth, one, 3) - score(metric, truth, other, 3))
        errors.append(paired_error(metric, truth, one, other, 3))
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.15)
