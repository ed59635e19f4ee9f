"""Ridge from sums: the head of all items at once, in any cut and order."""

from __future__ import annotations

import numpy as np
import pytest

from probes.errors import ProbeError
from probes.heads import one_hot
from probes.moments import Moments
from probes.ridge import ridge_path, spectrum


def drawn(n: int = 300, d: int = 12, n_classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, n)
    centres = rng.normal(size=(n_classes, d))
    return (100 + centres[labels] + rng.normal(size=(n, d))).astype(np.float32), labels


@pytest.mark.parametrize("cuts", [[300], [1, 299], [50, 120, 130]])
def test_sums_in_blocks_give_the_ridge_of_the_whole(cuts: list[int]) -> None:
    features, labels = drawn()
    moments = Moments.of(features[:1].mean(axis=0), 2)
    for rows in np.split(np.random.default_rng(1).permutation(300), np.cumsum(cuts)[:-1]):
        moments.grow(4)
        moments.add(features[rows], labels[rows])
    found = moments.head(10.0).logits(features)
    axes = spectrum(features)
    path = ridge_path(axes, one_hot(labels, 4), np.array([10.0]))
    expected = axes.rows @ path.coefficients[0] + path.intercept
    expected -= expected.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_sums_of_two_machines_add_up_and_a_class_without_items_never_wins() -> None:
    features, labels = drawn()
    one, two, whole = (Moments.of(features.mean(axis=0), 5) for _ in range(3))
    one.add(features[:100], labels[:100])
    two.add(features[100:], labels[100:])
    whole.add(features, labels)
    one.merge(two)
    np.testing.assert_allclose(one.head(1.0).weight, whole.head(1.0).weight, rtol=1e-4, atol=1e-6)
    assert (one.head(1.0).logits(features).argmax(axis=1) != 4).all()
    with pytest.raises(ProbeError, match="origin"):
        one.merge(Moments.of(features[0], 5))
    with pytest.raises(ProbeError, match="two classes"):
        Moments.of(features[0], 5).head(1.0)
