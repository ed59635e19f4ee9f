from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import ProbeError
from probes.folds import assign_folds, spread_order, stratified_subset

LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=80).map(np.array)


@settings(deadline=None)
@given(LABELS, st.integers(2, 6), st.integers(0, 9))
def test_single_items_are_dealt_evenly_class_by_class(labels: np.ndarray, folds: int, seed: int) -> None:
    fold_of = assign_folds(labels, folds=folds, seed=seed)
    sizes = np.bincount(fold_of, minlength=min(folds, len(labels)))
    assert len(sizes) == min(folds, len(labels))
    assert sizes.max() - sizes.min() <= 1
    for label in np.unique(labels):
        own = np.bincount(fold_of[labels == label], minlength=len(sizes))
        assert own.max() - own.min() <= 1


@settings(deadline=None)
@given(LABELS, st.integers(2, 6), st.data())
def test_groups_stay_whole_and_no_fold_is_empty(labels: np.ndarray, folds: int, data: st.DataObject) -> None:
    groups = np.array(data.draw(st.lists(st.integers(0, 12), min_size=len(labels), max_size=len(labels))))
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        with pytest.raises(ProbeError, match="one group"):
            assign_folds(labels, groups, folds)
        return
    fold_of = assign_folds(labels, groups, folds)
    assert all(len(np.unique(fold_of[groups == group])) == 1 for group in np.unique(groups))
    assert sorted(np.unique(fold_of)) == list(range(min(folds, n_groups)))


def test_many_groups_give_folds_of_about_the_same_classes() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 600)
    fold_of = assign_folds(labels, rng.integers(0, 150, 600), folds=4)
    for label in range(3):
        own = np.bincount(fold_of[labels == label])
        assert own.max() <= 1.2 * own.min()


def test_one_item_cannot_be_split() -> None:
    with pytest.raises(ProbeError, match="one item"):
        assign_folds(np.array([0]))


@settings(deadline=None)
@given(LABELS, st.integers(1, 90), st.integers(1, 90), st.integers(0, 5))
def test_subsets_are_nested_and_hold_every_class(labels: np.ndarray, one: int, other: int, seed: int) -> None:
    small, large = (stratified_subset(labels, size, seed) for size in sorted((one, other)))
    assert set(small) <= set(large)
    for label in np.unique(labels):
        assert np.count_nonzero(labels[small] == label) >= min(2, np.count_nonzero(labels == label))


def test_every_beginning_of_the_order_holds_the_classes_in_their_shares() -> None:
    labels = np.array([0] * 80 + [1] * 20)
    ordered = spread_order(labels, seed=1)
    assert sorted(ordered.tolist()) == list(range(100))
    for n in (10, 25, 50):
        assert abs(np.mean(labels[ordered[:n]]) - 0.2) <= 0.11
