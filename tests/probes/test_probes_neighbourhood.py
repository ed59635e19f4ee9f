from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from probes.errors import ProbeError
from probes.neighbourhood import far, look_alikes, neighbourhood
from probes.neighbours import nearest_others


def cloud(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 8)), rng.integers(0, 3, n)


def test_neighbours_are_those_of_the_slow_formula() -> None:
    features, labels = cloud()
    groups = np.repeat(np.arange(30), 2)
    found = neighbourhood(features, labels, groups, k=5)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    for i in range(60):
        others = np.flatnonzero(groups != groups[i])
        near = others[np.argsort(-(unit[others] @ unit[i]))][:5]
        assert found.distance[i] == pytest.approx(1 - np.mean(unit[near] @ unit[i]), abs=1e-5)
        assert found.own_share[i] == pytest.approx(np.mean(labels[near] == labels[i]))
        assert found.majority_share[i] == pytest.approx(np.bincount(labels[near]).max() / 5)
    np.testing.assert_array_equal(found.alone, found.own_share == 0)


def test_foreign_pictures_among_digits_are_outliers_and_few_digits_are() -> None:
    data = load_digits()
    own, labels = data.data[:600], data.target[:600]
    rng = np.random.default_rng(0)
    foreign = rng.permuted(own[:4], axis=1)  # the same grey values, no digit
    found = neighbourhood(np.vstack([own, foreign]), np.concatenate([labels, labels[:4]]))
    assert found.outlier[600:].all()
    assert found.outlier[:600].mean() < 0.03


def test_a_label_that_no_neighbour_carries() -> None:
    data = load_digits()
    labels = data.target[:600].copy()
    wrong = np.arange(10)  # the first ten show 0 to 9
    labels[wrong] = (labels[wrong] + 5) % 10
    found = neighbourhood(data.data[:600], labels)
    assert found.alone[wrong].sum() >= 8
    right = wrong[found.alone[wrong]]
    assert (found.majority[right] == data.target[right]).mean() > 0.7
    assert found.alone.mean() < 0.05


def test_a_class_too_small_to_have_neighbours_is_not_called_lonely() -> None:
    features, labels = cloud(50)
    labels[:] = 0
    labels[:4] = 1
    found = neighbourhood(features, labels)
    assert not found.alone.any()


def test_one_group_has_no_neighbours_and_no_outliers() -> None:
    features, labels = cloud(20)
    found = neighbourhood(features, labels, np.zeros(20, dtype=np.int64))
    assert np.isnan(found.distance).all() and not found.outlier.any() and not found.alone.any()
    with pytest.raises(ProbeError, match="at least two"):
        neighbourhood(features[:1], labels[:1])


def test_the_fence_is_tukeys_on_the_logarithm() -> None:
    distance = np.exp(np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.9, 7.1]))
    low, high = np.quantile(np.log(distance), [0.25, 0.75])
    np.testing.assert_array_equal(far(distance), np.log(distance) > high + 1.5 * (high - low))
    distance[:] = 0.2
    assert not far(distance).any()
    assert far(np.array([0.1] * 20 + [0.9, np.nan])).tolist() == [False] * 20 + [True, False]


def test_too_few_others_are_marked_by_an_infinite_distance() -> None:
    features, _ = cloud(6)
    near, closeness = nearest_others(features, np.array([0, 0, 0, 0, 0, 1]), k=3)
    assert near.shape == closeness.shape == (6, 3)
    assert np.isfinite(closeness[:5]).sum(axis=1).tolist() == [1] * 5


def test_changed_digits_are_alike_and_few_others_are() -> None:
    own = load_digits().data[:500]
    rng = np.random.default_rng(0)
    rows = rng.permutation(500)[:20]
    again = own[rows] + rng.normal(scale=0.2, size=(20, 64))
    found = look_alikes(np.vstack([own, again]))
    assert found.alike[500:].all() and found.alike[rows].all()
    np.testing.assert_array_equal(found.nearest[500:], rows)
    others = np.setdiff1d(np.arange(500), rows)
    assert found.alike[others].mean() < 0.01
    assert (found.cosine[found.alike] > found.cut).all() and (found.cosine[~found.alike] <= found.cut).all()


def test_known_copies_are_not_listed_again() -> None:
    own = load_digits().data[:200]
    twice = np.vstack([own, own[:15]])
    groups = np.concatenate([np.arange(200), np.arange(15)])
    assert look_alikes(twice).alike[200:].all()
    assert look_alikes(twice, groups).alike.mean() < 0.02


def test_too_few_items_have_no_fence() -> None:
    features = np.random.default_rng(0).normal(size=(10, 4))
    features[1] = features[0]
    found = look_alikes(features)
    assert found.cut == 1.0 and not found.alike.any() and found.nearest[0] == 1
    assert not look_alikes(features, np.zeros(10, dtype=np.int64)).alike.any()
    with pytest.raises(ProbeError, match="at least two"):
        look_alikes(features[:1])
