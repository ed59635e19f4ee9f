from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal
from sklearn.covariance import ledoit_wolf
from sklearn.datasets import load_digits, load_iris

from probes.errors import ProbeError
from probes.transferability import gbc, h_score, leep, logme
from probes.transferability.logme import _spectrum, maximised

SCORES = (logme, h_score, gbc)


def problem(n: int, d: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Classes shifted against each other in d directions; every class occurs."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    return rng.normal(size=(n, d)) + rng.normal(size=(classes, d))[labels], labels


def slow_logme(features: np.ndarray, labels: np.ndarray) -> float:
    """The evidence as the probability of y under N(0, I/beta + FF'/alpha), at the fast one's alpha and beta."""
    squared, basis = _spectrum(features)
    found = []
    for c in np.unique(labels):
        y = (labels == c).astype(float)
        alpha, beta = maximised(squared, basis.T @ y, y)
        covariance = np.eye(len(y)) / beta + features @ features.T / alpha
        found.append(multivariate_normal(np.zeros(len(y)), covariance).logpdf(y) / len(y))
    return float(np.mean(found))


def slow_h_score(features: np.ndarray, labels: np.ndarray) -> float:
    shrunk, a = ledoit_wolf(features)
    means = np.stack([features[labels == c].mean(axis=0) for c in labels])
    return float((1 - a) * np.trace(np.linalg.inv(shrunk) @ np.cov(means, rowvar=False, bias=True)))


def slow_leep(theta: np.ndarray, labels: np.ndarray) -> float:
    n, total = len(labels), 0.0
    for i in range(n):
        likelihood = 0.0
        for z in range(theta.shape[1]):
            joint = sum(theta[k, z] for k in range(n) if labels[k] == labels[i]) / n
            likelihood += joint / (theta[:, z].sum() / n) * theta[i, z]
        total += np.log(likelihood)
    return total / n


def slow_gbc(features: np.ndarray, labels: np.ndarray) -> float:
    """All components kept: a rotation changes no distance and no mean variance."""
    d, total = features.shape[1], 0.0
    clouds = {c: features[labels == c] for c in np.unique(labels)}
    for i, one in clouds.items():
        for j, other in clouds.items():
            if i != j:
                vi, vj = one.var(axis=0, ddof=1).mean(), other.var(axis=0, ddof=1).mean()
                v = (vi + vj) / 2
                distance = np.sum((one.mean(0) - other.mean(0)) ** 2) / (8 * v) + d / 2 * np.log(v / np.sqrt(vi * vj))
                total += np.exp(-distance)
    return -total


@settings(deadline=None, max_examples=25)
@given(n=st.integers(12, 60), d=st.integers(2, 30), classes=st.integers(2, 4), seed=st.integers(0, 10**6))
def test_fast_formulas_give_what_the_slow_ones_give(n: int, d: int, classes: int, seed: int) -> None:
    features, labels = problem(n, d, classes, seed)
    assert logme(features, labels) == pytest.approx(slow_logme(features, labels), rel=1e-6, abs=1e-8)
    assert h_score(features, labels) == pytest.approx(slow_h_score(features, labels), rel=1e-6, abs=1e-9)
    if np.bincount(labels).min() > 1 and n >= d:
        assert gbc(features, labels) == pytest.approx(slow_gbc(features, labels), rel=1e-6, abs=1e-9)
    theta = np.random.default_rng(seed).dirichlet(np.ones(5), size=n)
    assert leep(theta, labels) == pytest.approx(slow_leep(theta, labels), rel=1e-9)


def test_the_fixed_point_of_logme_is_the_maximum_of_the_evidence() -> None:
    features, labels = load_iris(return_X_y=True)
    y = (labels == 1).astype(float)
    squared, basis = _spectrum(features)
    alpha, beta = maximised(squared, basis.T @ y, y)

    def evidence(a: float, b: float) -> float:
        covariance = np.eye(len(y)) / b + features @ features.T / a
        return float(multivariate_normal(np.zeros(len(y)), covariance).logpdf(y))

    top = evidence(alpha, beta)
    for factor in (0.8, 0.95, 1.05, 1.25):
        assert evidence(alpha * factor, beta) < top + 1e-6
        assert evidence(alpha, beta * factor) < top + 1e-6


@pytest.mark.parametrize("score", SCORES)
def test_labels_that_the_features_tell_score_above_shuffled_ones(score) -> None:  # type: ignore[no-untyped-def]
    features, labels = load_digits(return_X_y=True)
    features, labels = features[:600], labels[:600]
    shuffled = np.random.default_rng(0).permutation(labels)
    assert score(features, labels) > score(features, shuffled)


def test_shrinkage_keeps_noise_from_counting_when_features_outnumber_items() -> None:
    rng = np.random.default_rng(0)
    noise, labels = rng.normal(size=(60, 200)), np.arange(60) % 3
    assert h_score(noise, labels) < 0.3  # without shrinkage it would be the number of classes less one
    told = noise + 2 * rng.normal(size=(3, 200))[labels]
    assert h_score(told, labels) > h_score(noise, labels)


def test_leep_is_zero_when_the_source_classes_are_the_users_own() -> None:
    labels = np.arange(30) % 3
    assert leep(np.eye(3)[labels], labels) == pytest.approx(0.0, abs=1e-12)
    assert leep(np.full((30, 7), 1 / 7), labels) == pytest.approx(-np.log(3))


@pytest.mark.parametrize("score", SCORES)
def test_odd_input_gives_a_number_or_an_error_for_people(score) -> None:  # type: ignore[no-untyped-def]
    features, labels = problem(30, 40, 3, 0)
    with pytest.raises(ProbeError, match="two classes"):
        score(features, np.zeros(30))
    with pytest.raises(ProbeError, match="one row of features"):
        score(features, labels[:-1])
    single = np.concatenate([labels, [7]])
    assert np.isfinite(score(np.vstack([features, features[:1]]), single))
    assert np.isfinite(score(np.zeros((30, 4)), labels))
    assert np.isfinite(score(np.repeat(features, 2, axis=1), labels))
    with pytest.raises(ProbeError, match="one row of prob"):
        leep(np.ones((3, 2)) / 2, labels)
