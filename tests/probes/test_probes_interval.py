"""Intervals: against closed forms, and that they cover as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from probes.errors import ProbeError
from probes.interval import measured_score, paired_error, score


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


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_intervals_cover_about_as_often_as_they_say(metric: str) -> None:
    rng = np.random.default_rng(7)
    sizes, recalls, inside = np.array([40, 120, 240]), np.array([0.7, 0.85, 0.95]), 0
    true = recalls.mean() if metric == "balanced accuracy" else float(recalls @ sizes / sizes.sum())
    truth = np.repeat(np.arange(3), sizes)
    for _ in range(300):
        right = rng.random(len(truth)) < recalls[truth]
        found = measured_score(metric, truth, np.where(right, truth, (truth + 1) % 3), 3, seconds=0.0)
        inside += found.low <= true <= found.high
    assert 0.84 <= inside / 300 <= 0.97


def test_many_small_classes_do_not_pull_the_interval_off_its_value() -> None:
    truth = np.repeat(np.arange(20), 5)
    predicted = np.where(np.arange(100) % 25 == 0, (truth + 1) % 20, truth)  # 96 of 100 right
    result = measured_score("balanced accuracy", truth, predicted, 20, seconds=0.0)
    assert result.low < result.value - 0.01 and result.high > result.value + 0.01


def test_nothing_to_score_is_said() -> None:
    with pytest.raises(ProbeError, match="no items"):
        score("accuracy", np.array([], dtype=int), np.array([], dtype=int), 2)


def test_the_paired_error_of_accuracy_is_that_of_a_mean_of_changes() -> None:
    truth = np.zeros(400, int)
    one, other = np.zeros(400, int), np.repeat([0, 1], 200)  # right on all, right on half
    plain = np.std(one != other) / np.sqrt(400)
    assert paired_error("accuracy", truth, one, other, 2) == pytest.approx(plain, rel=0.01)


def test_two_items_that_did_not_change_say_little_of_their_class() -> None:
    """Many items of one class change; a class of two that did not is as uncertain as a class of two can be."""
    truth = np.array([0] * 60 + [1] * 2)
    other = truth.copy()
    one = np.where(np.arange(62) < 20, 1 - truth, truth)  # a third of the frequent class is lost
    error = paired_error("balanced accuracy", truth, one, other, 2)
    certain = 0.5 * np.sqrt(np.mean((one != truth)[:60]) / 60)  # as if the rare class were known exactly
    assert error > 2 * certain


@given(st.integers(0, 10_000))
def test_with_many_items_of_each_class_the_error_is_that_of_the_classes_means(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), 400)
    one, other = (np.where(rng.random(1200) < share, truth, (truth + 1) % 3) for share in (0.8, 0.6))
    changes = (one == truth).astype(float) - (other == truth)
    variances = [np.mean(changes[truth == c] ** 2) / 400 for c in range(3)]
    expected = np.sqrt(np.sum(variances)) / 3
    assert paired_error("balanced accuracy", truth, one, other, 3) == pytest.approx(expected, rel=0.02)
