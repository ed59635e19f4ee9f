from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from probes.errors import ProbeError
from probes.folds import assign_folds
from probes.heads import Recipe, fit_head, recalls, softmax, temperature
from probes.labels import planted
from probes.learning_curve import learning_curve
from probes.linear import STRENGTHS, linear_probe


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's handwritten digits as 64 pixel features."""
    data = load_digits()
    return data.data[:n].astype(np.float32), data.target[:n]


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("load", [load_digits, load_breast_cancer])
def test_the_head_is_scikit_learns_pipeline_as_one_linear_layer(load: object, balanced: bool) -> None:
    data = load()
    features, labels = data.data[:400].astype(np.float32), data.target[:400]
    # Two columns of half the size carry scikit-learn's one for two classes, at half the penalty.
    penalty = 10.0 if labels.max() > 1 else 20.0
    head = fit_head(features, labels, Recipe("logistic", penalty), balanced, int(labels.max()) + 1)
    plain = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced" if balanced else None)
    ).fit(features, labels)
    np.testing.assert_allclose(head.probabilities(features), plain.predict_proba(features), atol=0.03)
    assert np.mean(head.logits(features).argmax(axis=1) == plain.predict(features)) > 0.99


def test_the_probe_is_plain_cross_validation_where_only_one_strength_matters() -> None:
    features, labels = digits(500)
    probe = linear_probe(features, labels, "accuracy")
    fold_of = assign_folds(labels)
    right = []
    for fold in range(4):
        train, held_out = fold_of != fold, fold_of == fold
        head = fit_head(features[train], labels[train], probe.recipe, False, 10)
        right.append(head.logits(features[held_out]).argmax(axis=1) == labels[held_out])
    assert probe.measured.value == pytest.approx(np.concatenate(right).mean(), abs=0.02)
    assert probe.measured.value > 0.9
    assert probe.measured.n == 500
    assert probe.n_fit == 375
    assert Recipe.of(probe.recipe.settings) == probe.recipe


def test_every_answer_is_there_and_consistent() -> None:
    features, labels = digits(300)
    probe = linear_probe(features, labels, "balanced accuracy")
    assert probe.oof_probability.shape == (300, 10)
    np.testing.assert_allclose(probe.oof_probability.sum(axis=1), 1.0, atol=1e-4)
    np.testing.assert_array_equal(probe.oof_probability.argmax(axis=1), probe.oof_predicted)
    assert probe.measured.value == pytest.approx(probe.per_class.mean())
    assert probe.measured.low <= probe.measured.value <= probe.measured.high


def test_meaningless_labels_are_not_flattered() -> None:
    rng = np.random.default_rng(5)
    values = []
    for _ in range(6):
        features, labels = rng.normal(size=(80, 200)).astype(np.float32), rng.permutation(np.repeat([0, 1], 40))
        values.append(linear_probe(features, labels, "accuracy").measured.value)
    assert abs(np.mean(values) - 0.5) < 0.15


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.booleans(), st.integers(0, 3))
def test_tiny_classes_give_numbers_and_no_warnings(sizes: list[int], balanced: bool, seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    features = np.random.default_rng(seed).normal(size=(len(labels), 7)).astype(np.float32)
    features[:, 3] = 4.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        probe = linear_probe(features, labels, "balanced accuracy" if balanced else "accuracy", seed=seed)
        head = fit_head(features, labels, Recipe("logistic", 1.0), balanced, len(sizes) + 2)
    assert np.isfinite(probe.oof_probability).all()
    assert 0 <= probe.measured.value <= 1
    logits = head.logits(features)
    assert np.isfinite(logits).all()
    assert logits.argmax(axis=1).max() < len(sizes)


def test_a_class_without_items_and_a_single_class_never_mislead() -> None:
    features, labels = digits(100)
    head = fit_head(features, labels * 2, Recipe("ridge", 10.0), False, 21)
    assert not (head.logits(features * 3).argmax(axis=1) % 2).any()
    only = fit_head(features, np.full(100, 3), Recipe("logistic", 10.0), True, 5)
    assert (only.logits(features).argmax(axis=1) == 3).all()


def test_items_of_one_group_never_help_each_other() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    labels = rng.integers(0, 2, 40)[groups]
    features = (rng.normal(size=(40, 64))[groups] + 0.01 * rng.normal(size=(200, 64))).astype(np.float32)
    torn = linear_probe(features, labels, "accuracy").measured
    whole = linear_probe(features, labels, "accuracy", groups=groups).measured
    assert torn.value > 0.95
    assert whole.value < 0.8
    with pytest.raises(ProbeError, match="one group"):
        linear_probe(features, labels, "accuracy", groups=np.zeros(200))


def test_little_time_trains_on_fewer_items_and_still_predicts_all() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, 1024))
    labels = rng.integers(0, 100, 4000)
    features = (centres[labels] + rng.normal(size=(4000, 1024))).astype(np.float32)
    probe = linear_probe(features, labels, "accuracy", seconds_limit=0.5)
    assert probe.n_fit < 3000
    assert probe.measured.n == len(probe.oof_predicted) == 4000
    assert probe.measured.value > 0.5


def test_recalls_and_softmax_follow_their_formulas() -> None:
    found = recalls(np.array([0, 0, 1, 3]), np.array([0, 1, 1, 0]), 4)
    np.testing.assert_array_equal(found, [0.5, 1.0, np.nan, 0.0])
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0], [0.0, np.log(3)]])), [[0.5, 0.5], [0.25, 0.75]])


def test_the_temperature_is_the_one_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 4))
    labels = (softmax(3.0 * scores).cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert temperature(scores, labels) == pytest.approx(3.0, rel=0.1)


def test_a_ridge_head_is_honest_about_its_doubt() -> None:
    features, labels = digits(600)
    head = fit_head(features[:400], labels[:400], Recipe("ridge", 10.0), False, 10)
    probability = head.probabilities(features[400:])
    right = probability.argmax(axis=1) == labels[400:]
    assert abs(probability.max(axis=1).mean() - right.mean()) < 0.1


def test_the_probe_is_as_good_as_scikit_learns_searches() -> None:
    features, labels = digits(1797)
    train, test = np.arange(1797) % 3 != 0, np.arange(1797) % 3 == 0
    probe = linear_probe(features[train], labels[train], "accuracy")
    head = fit_head(features[train], labels[train], probe.recipe, False, 10)
    ours = np.mean(head.logits(features[test]).argmax(axis=1) == labels[test])
    scaled = StandardScaler().fit(features[train])
    ridge = RidgeClassifierCV(alphas=STRENGTHS).fit(scaled.transform(features[train]), labels[train])
    assert ours >= ridge.score(scaled.transform(features[test]), labels[test]) - 0.01


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy"])
def test_axes_that_a_probe_computed_give_what_it_would_compute_again(metric: str) -> None:
    features, labels = digits(300)
    first = linear_probe(features, labels, metric)
    assert first.axes is not None
    changed, _ = planted(labels, 10)
    again, shared = (linear_probe(features, changed, metric, axes=axes) for axes in (None, first.axes))
    np.testing.assert_array_equal(again.oof_probability, shared.oof_probability)
    recipe = first.recipe
    curves = [learning_curve(features, labels, metric, recipe, axes=axes) for axes in (None, first.axes)]
    assert curves[0].points[0].value == curves[1].points[0].value and curves[0].sizes == curves[1].sizes
    fewer = linear_probe(features[:200], labels[:200], metric, axes=first.axes)
    assert fewer.measured.n == 200
