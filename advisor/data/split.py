"""Assign every item a part: official splits as given, otherwise stratified 64/16/20 in whole units.

A unit is all items that must stay together: one group, one cluster of duplicates, or a chain of both. Units of
several items go first, largest first, each to the part where it does least harm to the class proportions
(chi-square against the quota, after Sechidis, Tsoumakas and Vlahavas, ECML 2011, for whole units); single items
then fill what is missing, class by class. The same rows and seed always give the same parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from advisor.data.split_sets import divide_sets

SHARES = {"train": 0.64, "val": 0.16, "test": 0.20}
CARVED_VAL = 0.15


def assign_parts(
    items: pd.DataFrame, clusters: Sequence[Sequence[int]], seed: int = 0
) -> tuple[pd.Series[str], bool, list[str]]:
    """The part of every item, whether the split is the official one, and what was decided, in sentences.

    items: rows with `label`, `part` ("" or train, val, test, ood) and `group` (missing or "" = none).
    clusters: row positions of duplicates that must stay together where we split; an official split is not changed.
    """
    divided = _by_sets(items) if "labels" in items else _by_class(items)
    marked = items["part"].fillna("").astype(str).to_numpy(dtype=object)
    units = unit_numbers(items["group"], clusters)
    parts, present = marked.copy(), {"train", "val", "test"} & set(marked)
    inside = np.flatnonzero(marked != "ood")
    if len(present) < 2:
        parts[inside] = divided(inside, units[inside], SHARES, seed)
        notes = [_only_one_part(present.pop())] if present else []
        return _series(parts, items), False, notes
    notes = _complete_official(parts, marked, present)
    if not (parts == "val").any():
        rows = np.flatnonzero(parts == "train")
        parts[rows] = divided(rows, units[rows], {"train": 1 - CARVED_VAL, "val": CARVED_VAL}, seed)
        n = f"{(parts == 'val').sum():,} training items were set apart for validation."
        if "val" in present and "test" not in present:
            notes[0] = f"There is no test part: the validation part is the locked test part, and {n}"
        else:
            notes.append(f"There is no validation part, so {n}")
    return _series(parts, items), True, notes


#: From rows (m,), their units (m,), shares by part, and a seed to the part of each row, (m,).
Divided = Callable[[np.ndarray, np.ndarray, dict[str, float], int], np.ndarray]


def _by_class(items: pd.DataFrame) -> Divided:
    labels = pd.factorize(items["label"])[0]
    return lambda rows, units, shares, seed: divide(labels[rows], units, shares, seed)


def _by_sets(items: pd.DataFrame) -> Divided:
    """Items with several labels, written as JSON lists."""
    sets = items["labels"].map(json.loads)
    names = {name: i for i, name in enumerate(sorted({name for own in sets for name in own}))}
    targets = np.zeros((len(items), len(names)), dtype=np.int64)
    for row, own in enumerate(sets):
        targets[row, [names[name] for name in own]] = 1
    return lambda rows, units, shares, seed: divide_sets(targets[rows], units, shares, seed)


def _series(parts: np.ndarray, items: pd.DataFrame) -> pd.Series[str]:
    return pd.Series(parts, index=items.index, dtype=object, name="part")


def _only_one_part(name: str) -> str:
    return f"All items are marked {name}, so they were split into train, val and test."


def _complete_official(parts: np.ndarray, marked: np.ndarray, present: set[str]) -> list[str]:
    """Rename parts in place so that train and test exist; the sentences that say so."""
    notes = []
    if "test" not in present:
        parts[marked == "val"] = "test"
        notes.append("There is no test part, so the validation part is the locked test part.")
    if "train" not in present:
        parts[marked == "val"] = "train"
        notes.append("There is no training part, so the validation part is used for training.")
    unmarked = parts == ""
    if unmarked.any():
        parts[unmarked] = "train"
        notes.append(f"{unmarked.sum():,} items have no split value and are used for training.")
    return notes


def unit_numbers(groups: pd.Series[str], clusters: Iterable[Sequence[int]]) -> np.ndarray:
    """The unit of each row, (n,) int64: rows joined by a group or a cluster, directly or in a chain, share a number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(groups)
    named = groups.reset_index(drop=True).astype(object)
    codes = pd.factorize(named.where(named.notna() & (named.astype(str) != ""), None))[0]
    first: dict[int, int] = {}
    pairs = [(first.setdefault(int(code), row), row) for row, code in enumerate(codes) if code >= 0]
    pairs += [(cluster[0], row) for cluster in clusters for row in cluster]
    ends = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def divide(labels: np.ndarray, units: np.ndarray, shares: dict[str, float], seed: int = 0) -> np.ndarray:
    """Part names for rows, (n,) object: whole units, class proportions near `shares` (name → share, train first).

    labels, units: (n,) integers. A class with two or more units is always in train, and in test if there is one.
    """
    if len(labels) == 0:
        return np.empty(0, dtype=object)
    labels, units = np.unique(labels, return_inverse=True)[1], np.unique(units, return_inverse=True)[1]
    quota = np.stack([_quota(int(n), shares) for n in np.bincount(labels)], axis=1)
    filled = np.zeros_like(quota)
    unit_part = np.full(units.max() + 1, -1)
    order = np.random.default_rng(seed).permutation(len(labels))
    _place_large(unit_part, filled, quota, labels, units, order)
    _place_single(unit_part, filled, quota, labels, units, order[unit_part[units[order]] < 0])
    _complete_classes(unit_part, labels, units, list(shares))
    return np.asarray(list(shares), dtype=object)[unit_part[units]]


def _quota(n: int, shares: dict[str, float]) -> np.ndarray:
    """Items per part for a class of n, summing to n: rounded shares, at least one in every part from four items on.

    Of two or three items one goes to test and none to val: an untested class is worse than an unvalidated one.
    """
    quota = {name: round(n * share) for name, share in shares.items() if name != "train"}
    if n >= 4:
        quota = {name: max(1, amount) for name, amount in quota.items()}
    else:
        quota = {name: int(name == "test" and n > 1) for name in quota}
    return np.array([quota.get(name, n - sum(quota.values())) for name in shares])


def _place_large(
    unit_part: np.ndarray,
    filled: np.ndarray,
    quota: np.ndarray,
    labels: np.ndarray,
    units: np.ndarray,
    order: np.ndarray,
) -> None:
    """Give units of several items to the part where they raise the chi-square distance to the quota least.

    The largest first, then those with the rarest class, then by `order`, (n,). Changes unit_part, (units,), and
    filled, (parts, classes), in place; quota is (parts, classes).
    """
    rows = order[np.bincount(units)[units[order]] > 1]
    rows = rows[np.argsort(units[rows], kind="stable")]
    blocks = np.split(rows, np.flatnonzero(np.diff(units[rows])) + 1) if len(rows) else []
    counts, turn = quota.sum(axis=0), np.argsort(order)
    for block in sorted(blocks, key=lambda b: (-len(b), counts[labels[b]].min(), turn[b[0]])):
        classes, amounts = np.unique(labels[block], return_counts=True)
        wanted = quota[:, classes]
        harm = amounts * (2 * (filled[:, classes] - wanted) + amounts) / np.maximum(wanted, 0.5)
        part = int(np.argmin(harm.sum(axis=1)))
        filled[part, classes] += amounts
        unit_part[units[block[0]]] = part


def _place_single(
    unit_part: np.ndarray,
    filled: np.ndarray,
    quota: np.ndarray,
    labels: np.ndarray,
    units: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Give each class's single items, in the shuffled order of `rows`, to the parts that still miss some."""
    by_class = rows[np.argsort(labels[rows], kind="stable")]
    for block in np.split(by_class, np.flatnonzero(np.diff(labels[by_class])) + 1) if len(rows) else []:
        label = labels[block[0]]
        missing = np.maximum(quota[:, label] - filled[:, label], 0)
        share = len(block) * missing / missing.sum()
        amounts = np.floor(share).astype(np.int64)
        amounts[np.argsort(amounts - share, kind="stable")[: len(block) - amounts.sum()]] += 1
        unit_part[units[block]] = np.repeat(np.arange(len(amounts)), amounts)


def _complete_classes(unit_part: np.ndarray, labels: np.ndarray, units: np.ndarray, names: list[str]) -> None:
    """Where a class misses train, move its smallest unit there; then into test, from val or what train can spare.

    Changes unit_part, (units,), in place. A class of one unit stays in train alone.
    """
    table = np.unique(np.stack([units, labels]), axis=1)  # one column per unit and class in it
    have = np.zeros((len(names), labels.max() + 1), dtype=np.int64)  # units of each class in each part
    np.add.at(have, (unit_part[table[0]], table[1]), 1)
    sizes = np.bincount(units)
    train = names.index("train")
    for target in [names.index(name) for name in ("train", "test") if name in names]:
        for label in np.flatnonzero(have[target] == 0):
            for unit in sorted(table[0][table[1] == label], key=lambda u: (sizes[u], u)):
                source, classes = unit_part[unit], table[1][table[0] == unit]
                if target == train or source != train or (have[train, classes] > 1).all():
                    have[source, classes] -= 1
                    have[target, classes] += 1
                    unit_part[unit] = target
                    break
