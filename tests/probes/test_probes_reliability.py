"""Bins of confidence hold every item once, and their gap is the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from probes.reliability import BINS, doubtful_mistakes, expected_gap, reliability
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


def test_wrong_labels_planted_in_a_test_part_are_doubted_and_most_real_mistakes_are_not() -> None:
    features, labels = load_digits(return_X_y=True)
    train, test = np.split(np.random.default_rng(0).permutation(len(labels)), [900])
    model = LogisticRegression(max_iter=300).fit(features[train] / 16, labels[train])
    probability = model.predict_proba(features[test] / 16)
    wrong = np.arange(len(test)) % 30 == 0
    truth = np.where(wrong, (labels[test] + 3) % 10, labels[test])
    predicted = probability.argmax(1)
    of_truth = probability[np.arange(len(test)), truth]
    found = doubtful_mistakes(truth, predicted, probability.max(1), of_truth)
    assert found[wrong].mean() > 0.6
    assert not found[truth == predicted].any()
    assert found[~wrong & (truth != predicted)].mean() < 0.5
    none = np.zeros(0, np.int64)
    assert doubtful_mistakes(none, none, np.zeros(0), np.zeros(0)).shape == (0,)
