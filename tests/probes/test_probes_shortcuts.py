from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.shortcuts import MAX_CATEGORIES, encoded, shortcuts, youden
from probes.text_properties import GROUPS, source_of, text_properties


def answered(labels: np.ndarray, right: float, n_classes: int, seed: int = 0) -> np.ndarray:
    """A probe's answers, right in a share of the cases."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(labels)) < right, labels, rng.integers(0, n_classes, len(labels)))


def test_a_property_that_gives_the_classes_away_is_named_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    properties = {
        "telling": {"x": labels * 10.0 + rng.normal(size=300)},
        "noise": {"x": rng.normal(size=300), "y": rng.choice(["a", "b"], 300)},
        "constant": {"x": np.ones(300)},
    }
    found = {one.name: one for one in shortcuts(properties, labels, answered(labels, 0.95, 3), "accuracy", 3)}
    assert set(found) == {"telling", "noise"}  # a constant says nothing
    telling, noise = found["telling"], found["noise"]
    assert telling.named and telling.overall and set(telling.classes) == {0, 1, 2}
    assert telling.measured.value > 0.95 and telling.chance == pytest.approx(np.bincount(labels).max() / 300)
    assert not noise.named and noise.measured.value < 0.5


def test_one_class_given_away_by_a_word() -> None:
    labels = np.random.default_rng(1).integers(0, 6, 400)
    first = np.where(labels == 4, "reuters", np.random.default_rng(2).choice(["the", "a", "in"], 400))
    found = shortcuts({"first": {"word": first}}, labels, answered(labels, 0.9, 6), "balanced accuracy", 6)[0]
    assert found.named and not found.overall and found.classes == (4,)
    assert found.recalls == (1.0,) and found.false_alarms == (0.0,)


def test_half_of_the_classes_from_another_source() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 8, 500)
    quality = np.where(np.isin(labels, [0, 3, 5]), 60.0, 90.0) + rng.integers(-4, 5, 500)
    found = shortcuts({"quality": {"q": quality}}, labels, answered(labels, 0.9, 8), "accuracy", 8)[0]
    assert found.named and not found.overall and found.side == (0, 3, 5)


def test_a_property_far_below_the_probe_is_not_named() -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 2, 400)
    weak = labels + rng.normal(scale=0.8, size=400)  # about 73 %
    assert not shortcuts({"weak": {"x": weak}}, labels, answered(labels, 0.98, 2), "accuracy", 2)[0].named


def test_a_property_of_a_group_is_not_learned_from_its_own_group() -> None:
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(40), 10)
    labels = rng.integers(0, 2, 40)[groups]
    mark = rng.permutation(40)[groups].astype(float)  # each group has its own value
    torn = shortcuts({"mark": {"x": mark}}, labels, labels, "accuracy", 2)[0]
    kept = shortcuts({"mark": {"x": mark}}, labels, labels, "accuracy", 2, groups)[0]
    assert torn.measured.value > kept.measured.value + 0.1 and not kept.named


def test_words_become_columns_and_unknown_numbers_a_value_of_their_own() -> None:
    words = np.array(["a"] * 10 + ["b"] * 5 + ["rare"])
    numbers = np.array([np.nan] * 8 + [2.0] * 8)
    table = encoded([words, numbers, np.ones(16)])
    assert table.shape == (16, 3) and table[:8, 2].tolist() == [-1.0] * 8
    many = np.repeat([f"w{i}" for i in range(100)], 4)
    assert encoded([many]).shape == (400, MAX_CATEGORIES)
    assert encoded([np.ones(4)]).shape == (4, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_youden_is_recall_minus_false_alarms(pairs: list[tuple[bool, bool]]) -> None:
    truth, answer = (np.array(column) for column in zip(*pairs, strict=True))
    j, least, recall, alarms = youden(truth, answer)
    assert recall == pytest.approx(answer[truth].mean() if truth.any() else 0.0)
    assert alarms == pytest.approx(answer[~truth].mean() if (~truth).any() else 0.0)
    assert j == pytest.approx(recall - alarms) and least < j


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_every_text_has_every_property(texts: list[str]) -> None:
    found = text_properties(texts)
    assert set(found) == set(GROUPS)
    for columns in found.values():
        for values in columns.values():
            assert len(values) == len(texts)
            assert values.dtype.kind == "U" or np.isfinite(values).all()


def test_sources_in_front_of_a_text() -> None:
    told = {"LONDON (Reuters) - Shares": "london (reuters) -", "Subject: hi": "subject:", "[12] it": "[12]",
            "BBC | news": "bbc |", "A well-known fact": "", "": "", "plain words only": ""}  # fmt: skip
    assert {text: source_of(text) for text in told} == told
    assert text_properties([]) == {}
