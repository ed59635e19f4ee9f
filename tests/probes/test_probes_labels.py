from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from probes.errors import ProbeError
from probes.labels import neighbour_shares, planted, planted_check, suspect_labels
from probes.linear import linear_probe


def digits(n: int = 900) -> tuple[np.ndarray, np.ndarray]:
    data = load_digits()
    return data.data[:n].astype(np.float32), data.target[:n].astype(np.int64)


@pytest.mark.parametrize("seed", [0, 1])
def test_flipped_digits_are_found_and_the_list_is_mostly_right(seed: int) -> None:
    features, labels = digits()
    changed, flipped = planted(labels, 10, seed=seed)
    probe = linear_probe(features, changed, "accuracy")
    found = suspect_labels(probe.oof_probability, changed, features)
    assert found.suspect[flipped].mean() >= 0.7
    assert flipped[found.suspect].mean() >= 0.5
    listed = found.listed
    assert (np.diff(found.score[listed]) >= 0).all() and set(listed) == set(np.flatnonzero(found.suspect))
    right = found.suspect & flipped
    assert (found.suggested[right] == labels[right]).mean() > 0.8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.floats(0.3, 0.95))
def test_a_longer_list_adds_those_that_are_surely_another_class_and_no_others(seed: int, sure: float) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 120)
    shares = rng.dirichlet(np.ones(4), 120) + 2 * np.eye(4)[np.where(rng.random(120) < 0.8, labels, 0)]
    short, long = suspect_labels(shares, labels), suspect_labels(shares, labels, sure=sure)
    added = long.suspect & ~short.suspect
    assert not (short.suspect & ~long.suspect).any()
    assert (long.probability[added] >= sure).all() and (long.suggested[added] != labels[added]).all()
    left = ~long.suspect & (long.suggested != labels)
    assert (long.probability[left] < sure).all()


def test_the_list_holds_the_least_believed_and_never_an_agreed_label() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300)
    shares = rng.dirichlet(np.ones(4), 300) + 2 * np.eye(4)[np.where(rng.random(300) < 0.8, labels, 0)]
    found = suspect_labels(shares, labels)
    unit = shares / shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.score, unit[np.arange(300), labels])
    np.testing.assert_array_equal(found.suggested, unit.argmax(axis=1))
    assert found.suspect.any() and not (found.suggested == labels)[found.suspect].any()
    disagreed = (found.suggested != labels) & ~found.suspect
    assert found.score[found.suspect].max() <= found.score[disagreed].min()


def test_the_number_listed_is_the_confident_joint_off_its_diagonal() -> None:
    """Northcutt et al., equation 1, in plain loops: items that speak for another class than their label's."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 400)
    shares = rng.dirichlet(np.ones(3) * 0.4, 400) + 1.5 * np.eye(3)[np.where(rng.random(400) < 0.85, labels, 2)]
    shares /= shares.sum(axis=1, keepdims=True)
    thresholds = [shares[labels == j, j].mean() for j in range(3)]
    off_diagonal = 0
    for row, label in zip(shares, labels, strict=True):
        above = [j for j in range(3) if row[j] >= thresholds[j]]
        off_diagonal += bool(above) and max(above, key=lambda j: row[j]) != label
    assert off_diagonal > 5
    assert suspect_labels(shares, labels).suspect.sum() == pytest.approx(off_diagonal, abs=2)  # agreed labels leave


def test_classes_that_do_not_occur_take_no_part() -> None:
    features, labels = digits(400)
    kept = np.isin(labels, [1, 7])
    features, labels = features[kept], labels[kept]
    probe = linear_probe(features, labels, "accuracy", n_classes=10)
    found = suspect_labels(probe.oof_probability, labels, features)
    assert set(found.suggested[found.suspect]) <= {1, 7}
    alone = suspect_labels(np.full((5, 3), 1 / 3), np.ones(5, dtype=np.int64))
    assert not alone.suspect.any()
    with pytest.raises(ProbeError, match="no items"):
        suspect_labels(np.empty((0, 3)), np.empty(0, dtype=np.int64))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 6), st.floats(0, 0.5), st.integers(0, 99))
def test_planting_changes_just_as_many_labels_to_classes_that_occur(n: int, c: int, share: float, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, c, n) * 2  # odd classes do not occur
    changed, flipped = planted(labels, 2 * c, share, seed)
    many = len(np.unique(labels)) > 1
    assert flipped.sum() == (round(share * n) if many else 0)
    np.testing.assert_array_equal(changed != labels, flipped)
    assert set(changed) <= set(labels)


def test_neighbours_vote_as_counted_by_hand_and_groups_do_not_speak_for_themselves() -> None:
    rng = np.random.default_rng(1)
    features, labels, groups = rng.normal(size=(40, 5)), rng.integers(0, 3, 40), np.repeat(np.arange(20), 2)
    found = neighbour_shares(features, labels, 3, groups, k=6)
    for i in range(40):
        cosine = features @ features[i] / np.linalg.norm(features, axis=1) / np.linalg.norm(features[i])
        near = [j for j in np.argsort(-cosine) if groups[j] != groups[i]][:6]
        votes = 0.1 + np.bincount(labels[near], minlength=3)
        np.testing.assert_allclose(found[i], votes / votes.sum(), atol=1e-9)


def test_the_planted_check_says_what_such_a_list_is_worth() -> None:
    features, labels = digits(600)
    found = planted_check(features, labels, "accuracy")
    assert found is not None and found.n_planted == 30 and found.recall.n == 30
    assert found.recall.value >= 0.6 and found.precision is not None and found.precision.value >= 0.5
    noise = np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
    blind = planted_check(noise, labels, "accuracy")
    assert blind is not None and (blind.precision is None or blind.precision.high < found.precision.low)
    assert planted_check(features[:60], labels[:60], "accuracy") is None  # three flips say nothing
