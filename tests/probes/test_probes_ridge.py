"""Ridge and logistic fits against scikit-learn, and against leaving items out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression, Ridge

from probes.errors import ProbeError
from probes.heads import class_weights, one_hot, softmax
from probes.logistic import fit_logistic
from probes.ridge import ridge_path, ridge_solve, spectrum


def problem(n: int, d: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    return (rng.normal(size=(classes, d))[labels] + 2 * rng.normal(size=(n, d))).astype(np.float32), labels


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 40), st.integers(2, 60), st.integers(2, 4), st.booleans(), st.integers(0, 99))
def test_leaving_out_by_formula_is_leaving_out_by_refitting(n: int, d: int, c: int, balanced: bool, seed: int) -> None:
    features, labels = problem(n, d, c, seed)
    weights, targets = class_weights(labels, balanced), one_hot(labels, c)
    groups = np.random.default_rng(seed).integers(0, max(2, n // 2), n)
    found = spectrum(features, weights)
    path = ridge_path(found, targets, np.array([1.0, 30.0]), groups)
    scaled = (features - found.centre) / found.scale
    for a, strength in enumerate((1.0, 30.0)):
        for group in np.unique(groups)[:4]:
            kept, out = groups != group, groups == group
            model = Ridge(alpha=strength).fit(scaled[kept], targets[kept], sample_weight=weights[kept])
            np.testing.assert_allclose(path.left_out[a][out], model.predict(scaled[out]), atol=5e-3)


@pytest.mark.parametrize(("n", "d"), [(200, 64), (40, 64)])
def test_coefficients_are_scikit_learns(n: int, d: int) -> None:
    data = load_digits()
    features, targets = data.data[:n, :d].astype(np.float32), one_hot(data.target[:n], 10)
    found = spectrum(features)
    path = ridge_path(found, targets, np.array([5.0]))
    scaled = (features - found.centre) / found.scale
    model = Ridge(alpha=5.0).fit(scaled, targets)
    np.testing.assert_allclose(found.rows @ path.coefficients[0] + path.intercept, model.predict(scaled), atol=2e-3)
    weight, bias = ridge_solve(found.rows, targets, found.weights, 5.0)
    np.testing.assert_allclose(found.rows @ weight + bias, model.predict(scaled), atol=2e-3)


def test_the_axes_carry_all_of_the_features() -> None:
    features, _ = problem(50, 20, 3, 0)
    found = spectrum(features)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    np.testing.assert_allclose(found.rows @ found.axes.T, scaled, atol=1e-3)
    np.testing.assert_allclose(found.power, (found.rows**2).sum(axis=0), rtol=1e-3)
    assert (np.diff(found.power) <= 0).all()


@pytest.mark.parametrize("penalty", [3.0, 300.0])
def test_logistic_is_scikit_learns(penalty: float) -> None:
    features, labels = problem(300, 40, 4, 1)
    found = spectrum(features)
    weight, bias = fit_logistic(found.rows, labels, found.weights, found.power, penalty, 4, tolerance=1e-5)
    scaled = (features - found.centre) / found.scale
    model = LogisticRegression(C=1 / penalty, max_iter=5000, tol=1e-8).fit(scaled, labels)
    np.testing.assert_allclose(softmax(found.rows @ weight + bias), model.predict_proba(scaled), atol=2e-3)


def test_a_start_changes_the_way_and_not_the_end() -> None:
    features, labels = problem(200, 30, 3, 2)
    found = spectrum(features)
    fit = (found.rows, labels, found.weights, found.power, 10.0, 3)
    start = fit_logistic(*fit[:4], 1000.0, 3)
    cold, warm = fit_logistic(*fit, tolerance=1e-5), fit_logistic(*fit, start, tolerance=1e-5)
    np.testing.assert_allclose(
        softmax(found.rows @ cold[0] + cold[1]), softmax(found.rows @ warm[0] + warm[1]), atol=2e-3
    )


def test_one_item_is_no_probe() -> None:
    with pytest.raises(ProbeError, match="two items"):
        spectrum(np.zeros((1, 5)))
