"""Which unlabelled items to label next: typical ones of new clusters at first, then uncertain ones that differ.

With fewer than `FEW` labels a class a probe does not know what it does not know, and choosing by its doubts is worse
than chance (the cold start). Then TypiClust (Hacohen, Dekel and Weinshall, "Active Learning on a Budget: Opposite
Strategies Suit High and Low Budgets", ICML 2022, https://arxiv.org/abs/2202.02794): as many clusters as there will be
labels, and from the largest without one the item in its densest place. Later, diverse mini-batches (Zhdanov, "Diverse
mini-batch Active Learning", 2019, https://arxiv.org/abs/1901.05954): k-means over the ten times as many items of the
smallest margin, weighted by it, and the item nearest to each centre.

Why not the smallest margins spread by k-centre: its far-off points are outliers. Points of test value above 50 labels
drawn at random, a linear probe retrained, means of six development sets (bbc_news, clothing10, sst2, customer_reviews,
trec6, scenes14) with eight starts each:

| labels at the start | margin | margin, k-centre | typical clusters | margin-weighted k-means | this |
|---------------------|--------|------------------|------------------|-------------------------|------|
| 20                  | -1.6   | -1.1             | +3.0             | +0.8                    | +2.9 |
| 50                  | +0.2   | -0.4             | +1.1             | +1.4                    | +1.4 |
| 100                 | +0.3   | -0.5             | +0.5             | +0.5                    | +0.5 |
| 200                 | +0.5   | -0.1             | +0.5             | +1.2                    | +1.2 |

`make bench-next` measures it on six sets that took no part in this.
"""

from __future__ import annotations

import warnings

import numpy as np

from probes.errors import ProbeError
from probes.heads import single_blas_thread
from probes.neighbours import unit_rows

#: With fewer labels a class than these the probe's doubts are not asked.
FEW = 5.0
#: So many times the items wanted are taken by their margin before they are spread.
AHEAD = 10
#: Neighbours in its cluster that make an item typical; clusters at most.
NEIGHBOURS, MOST_CLUSTERS = 20, 500
#: Above so many items the clusters are found in batches.
MANY = 5000


def choose(
    pool: np.ndarray, labelled: np.ndarray, n_classes: int, probability: np.ndarray, n: int, seed: int = 0
) -> np.ndarray:
    """The places in the pool of the n items to label next, the most useful first; all of them where there are no more.

    Shape: pool (m, d) and labelled (k, d) features, probability (m, C) of the probe fitted to the labelled ones. Raises
    ProbeError for an empty pool.
    """
    if not len(pool):
        raise ProbeError("There are no unlabelled items to choose from.")
    n = min(n, len(pool))
    rows = unit_rows(np.concatenate([labelled, pool]) - np.concatenate([labelled, pool]).mean(axis=0))
    with single_blas_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct items than clusters
        if is_cold(len(labelled), n_classes):
            return typical(rows[len(labelled) :], rows[: len(labelled)], n, seed)
        return doubtful(rows[len(labelled) :], margins(probability), n, seed)


def is_cold(n_labelled: int, n_classes: int) -> bool:
    """Whether there are too few labels to ask the probe.

    >>> is_cold(20, 10), is_cold(20, 2)
    (True, False)
    """
    return n_labelled < FEW * n_classes


def margins(probability: np.ndarray) -> np.ndarray:
    """How much likelier the first class is than the second. Shape: (m, C) to (m,).

    >>> margins(np.array([[0.6, 0.3, 0.1], [0.5, 0.5, 0.0]])).round(2).tolist()
    [0.3, 0.0]
    """
    if probability.shape[1] < 2:
        return np.ones(len(probability))
    top = np.partition(probability, -2, axis=1)[:, -2:]
    difference: np.ndarray = top[:, 1] - top[:, 0]
    return difference


def typical(pool: np.ndarray, labelled: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """The item in the densest place of each cluster without a label, the largest cluster first. Shape: unit rows.

    Where every cluster has given one, those with the fewest labels give another.
    """
    n_clusters = max(1, min(len(labelled) + n, MOST_CLUSTERS, len(labelled) + len(pool)))
    cluster = _clustered(np.concatenate([labelled, pool]), n_clusters, seed)
    known, own = cluster[: len(labelled)], cluster[len(labelled) :]
    sizes, n_known = np.bincount(cluster, minlength=n_clusters), np.bincount(known, minlength=n_clusters)
    members = {number: np.flatnonzero(own == number) for number in range(n_clusters)}
    ranked = {number: places[_by_density(pool[places])].tolist() for number, places in members.items() if len(places)}
    order = sorted(ranked, key=lambda number: (n_known[number], -sizes[number]))
    chosen: list[int] = []
    while len(chosen) < n:
        chosen += [ranked[number].pop(0) for number in order if ranked[number]]
    return np.array(chosen[:n], dtype=np.int64)


def doubtful(pool: np.ndarray, margin: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """The items nearest to n centres of the uncertain ones, the smallest margin first. Shape: unit rows (m, d)."""
    from sklearn.cluster import KMeans

    ahead = np.argsort(margin, kind="stable")[: AHEAD * n]
    if len(ahead) <= n:
        return ahead
    weights = 1.0 - margin[ahead] + 1e-3
    found = KMeans(n, n_init=1, random_state=seed).fit(pool[ahead], sample_weight=weights)
    distance = found.transform(pool[ahead])
    free = np.ones(len(ahead), dtype=bool)
    chosen: list[int] = []
    for centre in range(n):
        nearest = int(np.argmin(np.where(free, distance[:, centre], np.inf)))
        free[nearest] = False
        chosen.append(int(ahead[nearest]))
    return np.array(sorted(chosen, key=lambda place: margin[place]), dtype=np.int64)


def _clustered(rows: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """The number of each row's cluster, (n,)."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    if len(rows) > MANY:
        many = MiniBatchKMeans(n_clusters, n_init=1, batch_size=1024, random_state=seed)
        return np.asarray(many.fit_predict(rows))
    return np.asarray(KMeans(n_clusters, n_init=1, random_state=seed).fit_predict(rows))


def _by_density(rows: np.ndarray) -> np.ndarray:
    """The rows by their mean distance to their nearest others, the smallest first. Shape: unit rows (m, d) to (m,)."""
    k = min(NEIGHBOURS, len(rows) - 1)
    if k < 1:
        return np.arange(len(rows))
    distance = np.sqrt(np.maximum(2.0 - 2.0 * rows @ rows.T, 0.0))
    nearest = np.partition(distance, k, axis=1)[:, : k + 1]
    return np.argsort(nearest.sum(axis=1), kind="stable")
