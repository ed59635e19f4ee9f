"""Thresholds keep their promise, sets hold the truth: on real data out of fold, on chance, and by their properties."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from probes.errors import ProbeError
from probes.selective import answered, curve, least_likely, likely, lower_bound, threshold, thresholds

#: How improbable noise a test accepts.
RARE = 1e-4
ITEMS = st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.5, 0.7, 0.9, 0.99]), st.booleans()), max_size=120)


def split(items: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([c for c, _ in items], float), np.array([r for _, r in items], bool)


@given(ITEMS)
def test_coverage_falls_as_the_threshold_rises_and_the_last_point_answers_all(items: list[tuple[float, bool]]) -> None:
    confidence, right = split(items)
    points = curve(confidence, right)
    assert all(a.least > b.least and a.covers < b.covers for a, b in pairwise(points))
    assert all(p.low <= p.right <= p.high and (p.covers, p.right, p.n) == answered(confidence, right, p.least)
               for p in points)  # fmt: skip
    assert not points or (points[-1].n == len(items) and points[-1].right == right.mean())


@given(ITEMS, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_who_wants_more_right_gets_fewer_answers(items: list[tuple[float, bool]], one: float, other: float) -> None:
    confidence, right = split(items)
    little, much = (threshold(confidence, right, wanted) for wanted in sorted([one, other]))
    if much is not None:
        assert little is not None
        assert little.covers >= much.covers
        assert little.least <= much.least
        assert much.promised <= much.right
        assert answered(confidence, right, much.least) == (much.covers, much.right, much.n)


@given(st.integers(1, 60), st.floats(0.01, 0.3), st.data())
def test_the_lower_bound_is_the_exact_one(n: int, doubt: float, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    assert binom.sf(k - 1, n, lower_bound(k, n, doubt)) == pytest.approx(doubt, rel=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_a_set_bound_leaves_out_few_enough_of_the_held_out_items(shares: list[float], level: float) -> None:
    of_truth = np.array(shares)
    least = least_likely(of_truth, level)
    assert (of_truth >= least).sum() >= min(len(shares), level * (len(shares) + 1) - 1e-6)


def test_a_level_that_is_no_share_is_refused() -> None:
    with pytest.raises(ProbeError, match="not 90"):
        least_likely(np.array([0.5]), 90)


def test_promises_are_broken_no_more_often_than_said() -> None:
    rng, broken, kept, draws = np.random.default_rng(5), 0, 0, 400
    for _ in range(draws):  # an honest model: right with the probability that it gives, so the truth is known
        confidence = rng.beta(4, 1, 400)
        found = threshold(confidence, rng.random(400) < confidence, 0.9)
        if found is not None:
            kept += 1
            true_share = np.mean((sample := rng.beta(4, 1, 20_000))[sample >= found.least])
            broken += bool(true_share < 0.9 - 0.002)
    assert kept > draws / 10
    assert broken <= binom.ppf(1 - RARE, draws, 0.1)


MODELS = {
    "digits": (load_digits, lambda: LogisticRegression(max_iter=3000, C=0.01)),
    "digits by a bad model": (load_digits, GaussianNB),
    "breast cancer": (load_breast_cancer, GaussianNB),
}


@pytest.mark.parametrize("name", MODELS)
def test_on_real_data_sets_hold_the_truth_and_thresholds_their_promise(name: str) -> None:
    load, build = MODELS[name]
    features, labels = load(return_X_y=True)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(labels))
        train, held, test = np.array_split(order, 3)
        model = build().fit(features[train], labels[train])
        given_held, given_test = model.predict_proba(features[held]), model.predict_proba(features[test])
        members = likely(given_test, least_likely(given_held[np.arange(len(held)), labels[held]], 0.9))
        holds = int(members[np.arange(len(test)), labels[test]].sum())
        # the held-out items are a draw as well: their share of misses is a Beta, so both noises are in the bound
        assert holds >= len(test) * 0.9 - 4 * np.sqrt(0.09 * len(test) * (1 + len(test) / len(held)))
        right = given_held.argmax(1) == labels[held]
        for one in thresholds(given_held.max(1), right):
            _, share, n = answered(given_test.max(1), given_test.argmax(1) == labels[test], one.least)
            assert share is None or round(share * n) >= binom.ppf(RARE, n, one.promised)
