"""Folds and subsets that keep class shares and never split a group, down to classes of one item.

scikit-learn's stratified splitters warn or raise when a class has fewer items than there are folds, and real datasets
have such classes. Here their items simply go to as many folds as there are items.
"""

from __future__ import annotations

import numpy as np

from probes.errors import ProbeError


def assign_folds(labels: np.ndarray, groups: np.ndarray | None = None, folds: int = 4, seed: int = 0) -> np.ndarray:
    """The fold of each item, (n,) int64 in 0..folds-1; fewer folds where there are fewer items or groups.

    Shape: labels (n,) class indices; groups (n,): items of one group share a fold. Raises ProbeError for fewer than two
    items or groups.
    """
    labels = np.asarray(labels)
    units = np.arange(len(labels)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    n_units = int(units.max()) + 1 if len(units) else 0
    if n_units < 2:
        what = "item" if len(labels) < 2 else "group"
        raise ProbeError(f"All items belong to one {what}, so nothing can be held out. Add data from another {what}.")
    rng = np.random.default_rng(seed)
    if n_units == len(labels):
        return _singles(labels, min(folds, n_units), rng)
    return _grouped(labels, units, n_units, min(folds, n_units), rng)


def stratified_subset(labels: np.ndarray, size: int, seed: int = 0, at_least: int = 2) -> np.ndarray:
    """Positions of about `size` items, ascending, with the classes' shares and `at_least` items of each that has them.

    Nested: with the same seed a smaller subset lies inside a larger one.
    """
    labels = np.asarray(labels)
    if size >= len(labels):
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    kept = []
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        kept.append(own[: max(at_least, round(size * len(own) / len(labels)))])
    return np.sort(np.concatenate(kept))


def spread_order(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Positions in an order in which every prefix has about the classes' shares. Shape: (n,) to (n,)."""
    rng = np.random.default_rng([seed, 7])
    place = np.empty(len(labels))
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        place[own] = (rng.permutation(len(own)) + rng.random(len(own))) / len(own)
    order: np.ndarray = np.argsort(place, kind="stable")
    return order


def _singles(labels: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Deal out each class's shuffled items, starting where the last class ended, so that folds have equal sizes."""
    assigned = np.empty(len(labels), dtype=np.int64)
    start = 0
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        assigned[own] = (start + np.arange(len(own))) % folds
        start += len(own)
    return assigned


def _grouped(labels: np.ndarray, units: np.ndarray, n_units: int, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Place whole groups, the largest first, where their classes are rarest so far, then in the smallest fold."""
    classes = np.unique(labels, return_inverse=True)[1]
    held = np.zeros((n_units, int(classes.max()) + 1))
    np.add.at(held, (units, classes), 1)
    shares = held / held.sum(axis=0)  # a rare class weighs as much as a frequent one
    order = rng.permutation(n_units)
    order = order[np.argsort(-shares[order].sum(axis=1), kind="stable")]
    filled = np.zeros((folds, shares.shape[1]))
    sizes = np.zeros(folds)
    fold_of = np.empty(n_units, dtype=np.int64)
    for unit in order:
        own = np.flatnonzero(held[unit])
        fold = int(np.lexsort((sizes, filled[:, own] @ shares[unit, own]))[0])
        fold_of[unit] = fold
        filled[fold] += shares[unit]
        sizes[fold] += held[unit].sum()
    assigned: np.ndarray = fold_of[units]
    return assigned
