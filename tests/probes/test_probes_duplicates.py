from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from probes.duplicates import look_alikes
from probes.errors import ProbeError


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


def test_known_copies_are_not_told_again() -> None:
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
