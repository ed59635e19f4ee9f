"""What probing every depth finds: whether the cut it names also holds on items that chose nothing, and what it costs.

Cut and top depth are chosen on 600 training items; then a head at each and one at the last features, all trained on
the same items with their own probe's recipe, answer the same test items. Out of fold the choice would be flattered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.data.features import features_of, load_backbone
from advisor.evidence.sample import related, stratified
from benchmarks import sets
from benchmarks.figures import Figure
from probes.heads import fit_head
from probes.hooks import hooked
from probes.interval import score
from probes.layers import probe_layers

IMAGE_PX, ITEMS, TEST_ITEMS = 128, 600, 400
IMAGES = ("cats_dogs", "deeppcb_defects", "dtd10", "fsdd_spectro", "gtsrb32", "sign_digits", "wbc")
TEXTS = ("bbc_news", "sst2", "subj", "trec6")


@dataclass(frozen=True)
class Cut:
    """One set: its best cut and its top depth, and what each gives on the test part beyond the last features."""

    name: str
    cut: str
    top: str
    early: bool
    cut_gain: float
    top_gain: float
    seconds: float


def figures() -> Iterator[Figure]:
    """For images and for texts: how many sets are cut early, what that brings on the test part, the seconds."""
    for kind, names in (("image", IMAGES), ("text", TEXTS)):
        found = [cut_of(name) for name in names]
        size = f" at {IMAGE_PX} px" if kind == "image" else ""
        how = f"{ITEMS} training and up to {TEST_ITEMS} test items each, default backbone{size}"
        by_cut = ", ".join(f"{c.name} {c.cut} {100 * c.cut_gain:+.1f}" for c in found)
        by_top = ", ".join(f"{c.name} {c.top} {100 * c.top_gain:+.1f}" for c in found)
        for what, values, unit, remark in (
            ("share of sets cut before the end", [100.0 * c.early for c in found], "%", how),
            (
                "test value at the best cut minus at the last features",
                [100 * c.cut_gain for c in found],
                "points",
                by_cut,
            ),
            (
                "test value at the top depth minus at the last features",
                [100 * c.top_gain for c in found],
                "points",
                by_top,
            ),
            ("seconds to probe every depth", [c.seconds for c in found], "s", "mean over the sets, features at hand"),
        ):
            yield Figure("depth", f"{kind}s: {what}", float(np.mean(values)), unit, "none", (), remark)


def cut_of(name: str) -> Cut:
    """Probe every depth of the default backbone on one set's training part and try the cut on its test part."""
    from probes.backbones import catalog

    dataset = sets.dataset(name)
    entry = catalog.default(kind_row(dataset.kind).modality)
    backbone: Any = load_backbone(entry, IMAGE_PX if dataset.kind == "image" else entry.usual_input, "cpu")
    every: Any = hooked(backbone)
    chosen = []
    for parts, most in ((("train", "val"), ITEMS), (("test",), TEST_ITEMS)):
        rows = dataset.where(*parts)
        chosen.append(stratified(rows, dataset.labels[rows], most))
    rows = np.concatenate(chosen)
    found = features_of(dataset, rows, every)
    train = (np.arange(len(rows)) < len(chosen[0]))[found.ok]
    rows, depths = rows[found.ok], every.split(np.asarray(found.array)[found.ok])
    labels, n_classes = dataset.labels[rows], len(dataset.classes)
    named = [(depth, features[train]) for depth, features in zip(every.names, depths, strict=True)]
    probed = probe_layers(named, labels[train], dataset.metric, related(dataset)[rows][train], n_classes)

    def on_test(number: int) -> float:
        recipe, balanced = probed.layers[number].probe.recipe, dataset.metric != "accuracy"
        head = fit_head(depths[number][train], labels[train], recipe, balanced, n_classes)
        answers = head.logits(depths[number][~train]).argmax(axis=1)
        return score(dataset.metric, labels[~train], answers, n_classes)

    last = len(depths) - 1
    at_last = on_test(last)
    return Cut(
        name=name,
        cut=every.names[probed.cut],
        top=every.names[probed.top],
        early=probed.cut != last,
        cut_gain=on_test(probed.cut) - at_last,
        top_gain=on_test(probed.top) - at_last,
        seconds=probed.seconds,
    )
