"""What one look into every item finds, and how pairs of copies become clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from advisor.core.records import PixelRange

ClusterKind = Literal["exact", "near"]
#: Pairs of rows that are copies of each other, (pairs, 2).
Pairs = NDArray[np.int64]
MAX_NEAR_SHARE = 0.2


@dataclass(frozen=True)
class Inspection:
    """What one look into the items found; rows are positions in the table that was inspected.

    readable: (n,) bool; reasons: row → why it cannot be read; measures: n rows (images: width_px, height_px, mode,
    format, bytes, brightness, contrast and colourfulness in 0..255, and the traces of `image_traces`; texts:
    n_characters, n_words), missing where not inspected;
    clusters: rows that are copies of each other, two or more each; cluster_kinds: "exact" or "near" for each.
    pixel_range: what the values of 16-bit and float images among them mean; n_alike: items that so many others nearly
    equal that they are in no cluster (see `without_collapse`).
    """

    readable: np.ndarray
    reasons: dict[int, str]
    measures: pd.DataFrame
    clusters: list[tuple[int, ...]]
    cluster_kinds: list[ClusterKind]
    n_inspected: int
    pixel_range: PixelRange | None = None
    n_alike: int = 0

    @property
    def near_clusters(self) -> list[tuple[int, ...]]:
        """The clusters that hold near copies."""
        pairs = zip(self.clusters, self.cluster_kinds, strict=True)
        return [rows for rows, likeness in pairs if likeness == "near"]

    def only(self, keep: np.ndarray) -> Inspection:
        """The inspection of the rows where `keep`, (n,) bool, renumbered from 0; clusters left with one row go."""
        number = np.cumsum(keep) - 1
        clusters, kinds = [], []
        for rows, likeness in zip(self.clusters, self.cluster_kinds, strict=True):
            left = tuple(int(number[row]) for row in rows if keep[row])
            if len(left) > 1:
                clusters.append(left)
                kinds.append(likeness)
        reasons = {int(number[row]): reason for row, reason in self.reasons.items() if keep[row]}
        return replace(
            self,
            readable=self.readable[keep],
            reasons=reasons,
            measures=self.measures[keep].reset_index(drop=True),
            clusters=clusters,
            cluster_kinds=kinds,
        )

    def without_cluster_of_all(self, digests: pd.Series[str]) -> Inspection:
        """The inspection without a cluster that near copies make of all items: no split keeps that on one side.

        Its exact copies, by their digests, stay together.
        """
        n = len(self.readable)
        if not any(len(rows) == n for rows in self.near_clusters):
            return self
        clusters, kinds = merge(n, equal_digests(digests), [])
        return replace(self, clusters=clusters, cluster_kinds=kinds, n_alike=n)


def equal_digests(digests: pd.Series[str]) -> list[tuple[int, int]]:
    """Pairs (first row, row) of rows with the same non-empty digest."""
    values = digests.fillna("").to_numpy()
    codes, distinct = pd.factorize(values)
    first = np.full(len(distinct), len(values))
    np.minimum.at(first, codes, np.arange(len(values)))
    rows = np.flatnonzero((values != "") & (first[codes] != np.arange(len(values))))
    return [(int(first[codes[row]]), int(row)) for row in rows]


def merge(
    n: int, exact: Sequence[tuple[int, int]] | Pairs, near: Sequence[tuple[int, int]] | Pairs
) -> tuple[list[tuple[int, ...]], list[ClusterKind]]:
    """Clusters of rows joined by pairs, in order of their first row; "exact" where exact pairs alone join all of it."""
    same_ends, near_ends = _ends(exact), _ends(near)
    if not (len(same_ends) or len(near_ends)):
        return [], []
    joined = _components(n, np.concatenate([same_ends, near_ends]))
    rows = np.flatnonzero(np.bincount(joined)[joined] > 1)
    order = np.argsort(joined[rows], kind="stable")
    members = rows[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(joined[members]) != 0]))
    same = _components(n, same_ends)
    whole = np.minimum.reduceat(same[members], starts) == np.maximum.reduceat(same[members], starts)
    clusters = [tuple(part.tolist()) for part in np.split(members, starts[1:])]
    by_first = sorted(range(len(clusters)), key=lambda i: clusters[i][0])
    return [clusters[i] for i in by_first], ["exact" if whole[i] else "near" for i in by_first]


def without_collapse(n_items: int, pairs: Sequence[tuple[int, int]] | Pairs) -> tuple[Pairs, int]:
    """The near pairs, (pairs, 2), outside clusters of over 20 items and a fifth of all; how many items those hold.

    Such a cluster says more about the set (one template, one scene) than about copies, and could not be split.
    """
    ends = _ends(pairs)
    if not len(ends):
        return ends, 0
    joined = _components(n_items, ends)
    sizes = np.bincount(joined)
    too_large = sizes > max(20, MAX_NEAR_SHARE * n_items)
    return np.asarray(ends[~too_large[joined[ends[:, 0]]]]), int(sizes[too_large].sum())


def _ends(pairs: Sequence[tuple[int, int]] | Pairs) -> Pairs:
    return np.asarray(pairs, dtype=np.int64).reshape(-1, 2)


def _components(n: int, ends: Pairs) -> NDArray[np.int64]:
    """The number of the cluster of each row, (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
