"""Means with intervals: the Jeffreys posterior of right or wrong answers, wider where questions hang together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from probes.bootstrap import measured_mean, paired_error_of_means, posterior_means, predictive_mean
from probes.errors import ProbeError


def test_right_or_wrong_gives_the_jeffreys_posterior() -> None:
    values = np.array([1.0] * 7 + [0.0] * 13)
    low, high = np.quantile(posterior_means(values), [0.05, 0.95])
    assert low == pytest.approx(beta.ppf(0.05, 7.5, 13.5), abs=0.01)
    assert high == pytest.approx(beta.ppf(0.95, 7.5, 13.5), abs=0.01)


def test_questions_of_one_document_say_less_than_as_many_of_different_ones() -> None:
    values = np.repeat([1.0, 0.0, 1.0, 0.0], 10)
    alone = measured_mean(values, 0.0)
    together = measured_mean(values, 0.0, np.repeat(["a", "b", "c", "d"], 10).tolist())
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert together.value == alone.value == 0.5


def test_scores_that_are_all_equal_are_not_certain() -> None:
    found = measured_mean([0.0] * 10, 1.0)
    assert found.low >= 0.0 and found.high > 0.05


def test_nothing_to_score_is_told() -> None:
    with pytest.raises(ProbeError, match="no answers"):
        posterior_means([])


def test_a_promise_is_wider_for_a_small_test_part() -> None:
    values = np.random.default_rng(0).uniform(size=200)
    many, few = predictive_mean(values, 2000), predictive_mean(values, 20)
    assert few[2] - few[1] > 1.5 * (many[2] - many[1])
    assert many[0] == few[0] == pytest.approx(values.mean())


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(-1, 1), st.integers(1, 100))
def test_promises_stay_within_what_a_share_can_be(values: list[float], shift: float, n_test: int) -> None:
    value, low, high = predictive_mean(values, n_test, shift=shift)
    assert 0 <= low <= value <= high <= 1


def test_the_error_of_a_difference_sees_that_both_answered_the_same_questions() -> None:
    one = np.random.default_rng(1).uniform(size=100)
    unpaired = np.sqrt(2 * one.var() / 100)
    assert paired_error_of_means(one, one - 0.1) < 0.5 * unpaired
