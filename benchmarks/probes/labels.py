"""Planted mistakes: labels flipped, copies written as files, classes given away by how their files were made."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import sets
from benchmarks.figures import Figure
from benchmarks.probes import labels_copies, labels_duplicates, labels_shortcuts
from probes.labels import planted, suspect_labels
from probes.linear import linear_probe

#: Three sets that the probe knows well (87 to 99 %), then three where it errs more often, for information.
CLEAN = ("cats_dogs", "dtd10", "bbc_news")
HARD = ("wbc", "trec6", "sst2")
SEEDS = (0, 1, 2)
MOST = 2000


def figures() -> Iterator[Figure]:
    """Flips, then duplicates, near copies of many kinds, then shortcuts."""
    yield from flips()
    yield from labels_duplicates.figures()
    yield from labels_copies.figures()
    yield from labels_shortcuts.figures()


def flips() -> Iterator[Figure]:
    """Of 5 % flipped labels, the share found, and the share of the list that was flipped, at the list's own cut."""
    for name in (*CLEAN, *HARD):
        n, n_flipped, n_listed, n_hits = flipped(name)
        held = name in CLEAN
        how = (
            f"{n_flipped} labels of {n} items flipped in {len(SEEDS)} draws; {n_hits} of {n_listed} listed were flipped"
        )
        recall, precision = n_hits / n_flipped, n_hits / max(1, n_listed)
        relation, bounds = ("at least", ((0.7,), (0.5,))) if held else ("none", ((), ()))
        yield Figure("labels", f"flipped labels found, {name}", recall, "share", relation, bounds[0], how)  # type: ignore[arg-type]
        yield Figure("labels", f"flipped among those listed, {name}", precision, "share", relation, bounds[1], how)  # type: ignore[arg-type]


def flipped(name: str) -> tuple[int, int, int, int]:
    """(items, flipped, listed, flipped and listed) over all seeds."""
    known = sets.featured(name, most=MOST)
    metric, n_classes = known.dataset.metric, len(known.dataset.classes)
    n_flipped = n_listed = n_hits = 0
    for seed in SEEDS:
        changed, is_flipped = planted(known.labels, n_classes, seed=100 + seed)
        probe = linear_probe(known.features, changed, metric, known.groups, n_classes=n_classes)
        suspect = suspect_labels(probe.oof_probability, changed, known.features, known.groups).suspect
        n_flipped += int(is_flipped.sum())
        n_listed += int(suspect.sum())
        n_hits += int((is_flipped & suspect).sum())
    return len(known.rows), n_flipped, n_listed, n_hits
