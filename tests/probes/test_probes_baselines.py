from __future__ import annotations

import warnings

import numpy as np
import pytest

from probes.baselines import majority, tfidf

SUBJECTS = ["the old king", "a young doctor", "my neighbour", "that tall woman", "our teacher", "the clever child"]
SPORT = ["won the match", "kicked the ball", "ran a marathon", "trained with the team"]
FOOD = ["cooked the soup", "baked some bread", "ate a ripe pear", "salted the fish"]


def corpus() -> tuple[list[str], np.ndarray]:
    """Short sentences about sport and food, 24 of each."""
    texts = [f"{subject} {ending}" for ending in SPORT + FOOD for subject in SUBJECTS]
    return texts, np.repeat([0, 1], 24)


def test_majority_is_the_share_of_the_largest_class() -> None:
    labels = np.array([2, 2, 2, 0, 1])
    found = majority(labels, "accuracy", 3)
    assert found.measured.value == 0.6
    assert (found.predicted == 2).all()
    assert majority(labels, "balanced accuracy", 3).measured.value == pytest.approx(1 / 3)


def test_words_tell_the_topics_apart() -> None:
    texts, labels = corpus()
    found = tfidf(texts, labels, "accuracy")
    assert found.measured.value > 0.9
    assert np.mean(found.predicted == labels) == found.measured.value
    assert found.settings["character_grams"]


def test_shuffled_labels_cannot_be_told_apart_when_groups_stay_together() -> None:
    texts, _ = corpus()
    groups = np.arange(24)
    labels = np.random.default_rng(1).permutation(np.repeat([0, 1], 12))
    doubled, twice = [text for text in texts[:24] for _ in range(2)], np.repeat(labels, 2)
    assert tfidf(doubled, twice, "accuracy").measured.value > 0.85
    assert tfidf(doubled, twice, "accuracy", groups=np.repeat(groups, 2)).measured.value < 0.85


def test_odd_texts_and_tiny_classes_give_numbers_and_no_warnings() -> None:
    texts = ["!!!", "", "???", "...", "日本語", "a", "word", "another word"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for labels in (np.array([0, 0, 0, 1, 1, 1, 1, 2]), np.array([0, 1, 1, 1, 1, 1, 1, 1])):
            for metric in ("accuracy", "balanced accuracy"):
                assert 0 <= tfidf(texts, labels, metric).measured.value <= 1
        assert tfidf(["!!!"] * 6, np.array([0, 1] * 3), "accuracy").measured.n == 6


def test_little_time_trains_on_fewer_texts_and_still_predicts_all() -> None:
    texts, labels = corpus()
    many, twice = [text * 100 for text in texts] * 8, np.tile(labels, 8)
    found = tfidf(many, twice, "accuracy", seconds_limit=0.01)
    assert found.n_fit < 288
    assert not found.settings["character_grams"]
    assert len(found.predicted) == len(many)
