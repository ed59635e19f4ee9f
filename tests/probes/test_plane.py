"""Features as points of the plane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.neighbours import unit_rows
from probes.plane import FEWEST, principal_plane, umap_plane


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 2**16))
def test_the_plane_is_that_of_the_singular_vectors(n: int, d: int, seed: int) -> None:
    features = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    plane = principal_plane(features)
    assert plane.shape == (n, 2) and np.isfinite(plane).all()
    unit = unit_rows(features)
    centred = unit - unit.mean(axis=0)
    lengths = np.linalg.svd(centred, compute_uv=False)[:2]
    wanted = np.pad(lengths, (0, 2 - len(lengths)))
    np.testing.assert_allclose(np.linalg.norm(plane, axis=0), wanted, rtol=1e-2, atol=2e-3)


def test_the_same_features_lie_the_same_way_up() -> None:
    features = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    np.testing.assert_array_equal(principal_plane(features), principal_plane(features))


def test_a_few_rows_need_no_umap() -> None:
    features = np.random.default_rng(0).normal(size=(FEWEST - 1, 4)).astype(np.float32)
    np.testing.assert_array_equal(umap_plane(features), principal_plane(features))


def test_umap_keeps_two_groups_apart_and_gives_the_same_twice() -> None:
    pytest.importorskip("umap")
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(centre, 0.1, (20, 8)) for centre in (np.eye(8)[0], np.eye(8)[4])])
    one, two = (umap_plane(features.astype(np.float32)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert np.linalg.norm(one[:20].mean(axis=0) - one[20:].mean(axis=0)) > 3 * one[:20].std(axis=0).max()
