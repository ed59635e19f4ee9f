from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes import neighbours
from probes.errors import ProbeError
from probes.neighbours import TEMPERATURE, knn, nearest_others, vote


def plain_vote(query: np.ndarray, memory: np.ndarray, labels: np.ndarray, k: int, n_classes: int) -> np.ndarray:
    """The formula one query at a time: sum of exp(cosine / temperature) over the k nearest, normalised."""
    answers = []
    for q in query:
        similar = memory @ q / (np.linalg.norm(memory, axis=1) * np.linalg.norm(q))
        near = np.argsort(-similar)[:k]
        votes = np.zeros(n_classes)
        for item in near:
            votes[labels[item]] += np.exp(similar[item] / TEMPERATURE)
        answers.append(votes / votes.sum())
    return np.array(answers)


def cloud(seed: int, n: int, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, n_classes, n)
    return (rng.normal(size=(n_classes, 6))[labels] + rng.normal(size=(n, 6))).astype(np.float32), labels


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 25))
def test_the_vote_is_the_plain_formula(seed: int, n_memory: int, k: int) -> None:
    memory, labels = cloud(seed, n_memory)
    query, _ = cloud(seed + 1, 5)
    found = vote(query, memory, labels, k, 3)
    np.testing.assert_allclose(found, plain_vote(query, memory, labels, k, 3), atol=1e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)


def test_leave_one_out_is_a_vote_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "CHUNK", 100)  # several chunks
    features, labels = cloud(3, 60)
    found = knn(features, labels, "accuracy")
    for k, value in found.scores.items():
        right = [
            vote(features[[i]], np.delete(features, i, 0), np.delete(labels, i), k, 3).argmax() == labels[i]
            for i in range(60)
        ]
        assert value == pytest.approx(np.mean(right))
    assert found.scores[found.k] == max(found.scores.values()) == found.measured.value
    assert np.mean(found.predicted == labels) == found.measured.value


def test_groups_do_not_vote_for_themselves() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 4)
    labels = rng.integers(0, 2, 30)[groups]
    features = rng.normal(size=(30, 32))[groups] + 0.01 * rng.normal(size=(120, 32))
    assert knn(features, labels, "accuracy").measured.value == 1.0
    assert knn(features, labels, "accuracy", groups=groups).measured.value < 0.8


def test_odd_inputs_give_numbers() -> None:
    zeros = knn(np.zeros((4, 3)), np.array([0, 1, 0, 1]), "balanced accuracy")
    assert 0 <= zeros.measured.value <= 1
    alone = knn(np.eye(3), np.array([0, 1, 2]), "accuracy", groups=np.zeros(3))
    assert 0 <= alone.measured.value <= 1
    with pytest.raises(ProbeError, match="two items"):
        knn(np.ones((1, 3)), np.array([0]), "accuracy")


def test_neighbours_found_once_serve_everyone_who_asks_for_fewer() -> None:
    from probes.labels import suspect_labels
    from probes.neighbourhood import look_alikes, neighbourhood

    features, labels = cloud(5, 90)
    groups = np.arange(90) // 2
    near = nearest_others(features, groups, 20)
    own, shared = (knn(features, labels, "accuracy", groups, near=one) for one in (None, near))
    np.testing.assert_array_equal(own.predicted, shared.predicted)
    around, again = (neighbourhood(features, labels, groups, near=one) for one in (None, near))
    np.testing.assert_allclose(around.distance, again.distance, rtol=1e-5)
    np.testing.assert_array_equal(around.majority_share, again.majority_share)
    np.testing.assert_array_equal(look_alikes(features, groups).nearest, look_alikes(features, groups, near).nearest)
    probability = vote(features, features, labels, 20, 3)
    suspects = [suspect_labels(probability, labels, features, groups, near=one) for one in (None, near)]
    np.testing.assert_array_equal(suspects[0].score, suspects[1].score)
