"""Transferability scores: what they cost, and whether their order over the sets is that of fine-tuning's gain."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np

from advisor.evidence.references import gains
from benchmarks import sets
from benchmarks.figures import Figure
from probes.errors import ProbeError
from probes.folds import stratified_subset
from probes.references import rank_correlation
from probes.transferability import gbc, h_score, logme

SCORES = {"LogME": logme, "H-score per class": h_score, "GBC per pair": gbc}
N_ITEMS = 600


def figures() -> Iterator[Figure]:
    """Seconds, then rank correlation with the gain."""
    yield from cost()
    yield from ranking()


def cost() -> Iterator[Figure]:
    """All three at the largest size the evidence uses; LEEP and neighbours come to a tenth of that."""
    rng = np.random.default_rng(0)
    labels = np.arange(2000) % 10
    features = (rng.normal(size=(2000, 1280)) + rng.normal(size=(10, 1280))[labels]).astype(np.float32)
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        for score in SCORES.values():
            score(features, labels)
        seconds.append(time.monotonic() - started)
    how = "2,000 x 1,280, ten classes, median of 3"
    yield Figure("scores", "LogME, H-score and GBC", statistics.median(seconds), "s", "at most", (2.0,), how)


def ranking() -> Iterator[Figure]:
    """Across datasets these scores claim nothing; what they are worth there is measured all the same."""
    known = gains("image") | gains("text")
    values: dict[str, list[float]] = {name: [] for name in SCORES}
    used = []
    for name in sorted(known):
        data = sets.featured(name)
        rows = stratified_subset(data.labels, N_ITEMS, at_least=2)
        features, labels = data.features[rows], data.labels[rows]
        n_classes = len(np.unique(labels))
        per = {"H-score per class": n_classes - 1, "GBC per pair": n_classes * (n_classes - 1)}
        for title, score in SCORES.items():
            values[title].append(score(features, labels) / per.get(title, 1))
        used.append(known[name])
    for title, column in values.items():
        try:
            found = rank_correlation(column, used)
        except ProbeError:
            continue
        how = f"{len(used)} sets, {N_ITEMS} items each, 90 % interval {found.low:.2f} to {found.high:.2f}"
        yield Figure(
            "scores", f"{title} against the gain from fine-tuning", found.value, "rank correlation", "none", (), how
        )
