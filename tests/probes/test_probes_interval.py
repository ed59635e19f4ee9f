"""Intervals: against closed forms, and that they cover as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, betabinom
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from probes.errors import ProbeError
from probes.interval import Counts, counts, measured_score, predictive, score


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=80))
def test_scores_are_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    assert score("accuracy", truth, predicted, 5) == pytest.approx(accuracy_score(truth, predicted))
    recalls = [np.mean(predicted[truth == c] == c) for c in np.unique(truth)]
    assert score("balanced accuracy", truth, predicted, 5) == pytest.approx(np.mean(recalls))


def test_balanced_accuracy_of_all_classes_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    truth, predicted = np.repeat(np.arange(3), [10, 30, 60]), rng.integers(0, 3, 100)
    assert score("balanced accuracy", truth, predicted, 3) == pytest.approx(balanced_accuracy_score(truth, predicted))


def test_the_interval_of_an_accuracy_is_the_jeffreys_interval() -> None:
    truth = np.zeros(200, dtype=int)
    predicted = np.r_[np.zeros(150, dtype=int), np.ones(50, dtype=int)]
    result = measured_score("accuracy", truth, predicted, 2, seconds=0.0)
    low, high = beta(150.5, 50.5).ppf([0.05, 0.95])
    assert (result.low, result.high) == pytest.approx((low, high), abs=0.005)


def test_a_perfect_score_is_not_a_certain_one() -> None:
    truth = np.zeros(30, dtype=int)
    result = measured_score("accuracy", truth, truth, 2, seconds=0.0)
    assert result.high == 1.0 and 0.9 < result.low < 1.0


def test_the_prediction_interval_is_the_beta_binomial_one() -> None:
    seen = Counts(np.array([180]), np.array([200]))
    _, low, high = predictive(seen, np.array([50]))
    exact = betabinom(50, 180.5, 20.5).ppf([0.05, 0.95]) / 50
    assert (low, high) == pytest.approx(tuple(exact), abs=0.021)


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_prediction_intervals_cover_about_as_often_as_they_say(metric: str) -> None:
    rng = np.random.default_rng(7)
    sizes, recalls, inside = np.array([40, 120, 240]), np.array([0.7, 0.85, 0.95]), 0
    for trial in range(300):
        truth = np.repeat(np.arange(3), sizes)
        right = rng.random(len(truth)) < recalls[truth]
        seen = counts(metric, truth, np.where(right, truth, (truth + 1) % 3), 3)
        test = np.repeat(np.arange(3), sizes // 2)
        hit = rng.random(len(test)) < recalls[test]
        value = score(metric, test, np.where(hit, test, (test + 1) % 3), 3)
        n_test = np.bincount(test) if metric == "balanced accuracy" else np.array([len(test)])
        _, low, high = predictive(seen, n_test, seed=trial)
        inside += low <= value <= high
    assert 0.84 <= inside / 300 <= 0.97


def test_many_small_classes_do_not_pull_the_interval_off_its_value() -> None:
    truth = np.repeat(np.arange(20), 5)
    predicted = np.where(np.arange(100) % 25 == 0, (truth + 1) % 20, truth)  # 96 of 100 right
    result = measured_score("balanced accuracy", truth, predicted, 20, seconds=0.0)
    assert result.low < result.value - 0.01 and result.high > result.value + 0.01


def test_a_shift_moves_the_interval_and_a_spread_widens_it() -> None:
    seen, n_test = Counts(np.array([160]), np.array([200])), np.array([200])
    plain, moved = predictive(seen, n_test), predictive(seen, n_test, shift=0.1)
    wide = predictive(seen, n_test, spread=0.1)
    assert moved[0] == pytest.approx(plain[0] + 0.1) and moved[1] > plain[1]
    assert wide[2] - wide[1] > 1.5 * (plain[2] - plain[1])


def test_nothing_to_score_is_said() -> None:
    with pytest.raises(ProbeError, match="no items"):
        score("accuracy", np.array([], dtype=int), np.array([], dtype=int), 2)
