"""Which items to label next: new clusters first, then doubtful ones that differ; no item twice, none made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.heads import USUAL, fit_head, softmax
from probes.neighbours import unit_rows
from probes.next_labels import FEW, choose, doubtful, is_cold, margins, typical


def blobs(n_each: int, centres: int, seed: int = 0, dim: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Points around far centres, and whose each is."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(centres, dim)) * 6
    owner = np.repeat(np.arange(centres), n_each)
    return (middle[owner] + rng.normal(size=(len(owner), dim))).astype(np.float32), owner


@settings(max_examples=25, deadline=None)
@given(
    m=st.integers(1, 60), k=st.integers(2, 40), n=st.integers(1, 70), classes=st.integers(2, 9), seed=st.integers(0, 99)
)
def test_so_many_different_items_of_the_pool_are_chosen(m: int, k: int, n: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool, known = rng.normal(size=(m, 5)).astype(np.float32), rng.normal(size=(k, 5)).astype(np.float32)
    if seed % 3 == 0:
        pool[:] = pool[0]  # copies of one another
    probability = softmax(rng.normal(size=(m, classes)))
    chosen = choose(pool, known, classes, probability, n, seed)
    assert len(chosen) == len(set(chosen.tolist())) == min(n, m)
    assert chosen.min() >= 0 and chosen.max() < m
    assert chosen.tolist() == choose(pool, known, classes, probability, n, seed).tolist()


def test_clusters_without_a_label_come_first() -> None:
    rows, owner = blobs(20, 6)
    rows = unit_rows(rows - rows.mean(axis=0))
    labelled = np.flatnonzero(owner < 2)[::4]  # the other four clusters have none
    rest = np.setdiff1d(np.arange(len(rows)), labelled)
    chosen = rest[typical(rows[rest], rows[labelled], 8)]
    assert set(owner[chosen]) >= {2, 3, 4, 5}


def test_the_densest_place_of_a_cluster_is_chosen_and_not_its_rim() -> None:
    rng = np.random.default_rng(3)
    middle = np.array([1.0, 0.0, 0.0])
    core = middle + 0.01 * rng.normal(size=(30, 3))
    rim = middle + 0.6 * rng.normal(size=(5, 3))
    (chosen,) = typical(unit_rows(np.concatenate([rim, core])), np.zeros((0, 3), dtype=np.float32), 1)
    assert chosen >= 5


def test_doubtful_items_lie_in_different_places() -> None:
    rows, owner = blobs(40, 5, seed=2)
    margin = np.where(np.arange(len(rows)) % 40 < 10, 0.05, 0.9)  # ten doubtful ones in each cluster
    chosen = doubtful(unit_rows(rows - rows.mean(axis=0)), margin, 5)
    assert set(owner[chosen]) == {0, 1, 2, 3, 4} and (margin[chosen] < 0.5).all()


def test_with_labels_enough_the_probe_is_asked() -> None:
    rows, owner = blobs(60, 2, seed=5)
    labelled = np.r_[0:8, 60:68]
    assert not is_cold(len(labelled), 2) and is_cold(int(2 * FEW) - 1, 2)
    rest = np.setdiff1d(np.arange(len(rows)), labelled)
    head = fit_head(rows[labelled], owner[labelled], USUAL, False, 2)
    probability = head.probabilities(rows[rest])
    chosen = choose(rows[rest], rows[labelled], 2, probability, 5)
    margin = margins(probability)
    assert np.sort(margin[chosen]).max() <= np.sort(margin)[: 10 * 5].max()


def test_an_empty_pool_is_refused() -> None:
    with pytest.raises(ProbeError, match="no unlabelled items"):
        choose(np.zeros((0, 3)), np.ones((4, 3)), 2, np.zeros((0, 2)), 5)
