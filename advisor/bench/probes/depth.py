"""What probing every depth finds: whether the cut it names also holds on items that chose nothing, and what it costs.

The cut is chosen on 600 training items; then a head at the cut and one at the last features, each trained on the same
items with its own probe's recipe, answer the same test items. Out of fold the cut would be flattered: it was the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.bench import sets
from advisor.bench.probes.figures import Figure
from advisor.evidence.sample import related, stratified
from advisor.features import features_of, load_backbone
from probes.depth import probe_depths
from probes.hooks import hooked
from probes.interval import score
from probes.linear import fit_head

IMAGE_PX, ITEMS, TEST_ITEMS = 128, 600, 400
IMAGES = ("cats_dogs", "deeppcb_defects", "dtd10", "fsdd_spectro", "gtsrb32", "sign_digits", "wbc")
TEXTS = ("bbc_news", "sst2", "subj", "trec6")


@dataclass(frozen=True)
class Cut:
    """One set: where it is cut, and the test value at the cut and at the last features."""

    name: str
    depth: str
    early: bool
    test_cut: float
    test_last: float
    seconds: float


def figures() -> Iterator[Figure]:
    """For images and for texts: how many sets are cut early, what that brings on the test part, the seconds."""
    for kind, names in (("image", IMAGES), ("text", TEXTS)):
        found = [cut_of(name) for name in names]
        gains = [100 * (cut.test_cut - cut.test_last) for cut in found]
        each = ", ".join(f"{cut.name} {cut.depth} {gain:+.1f}" for cut, gain in zip(found, gains, strict=True))
        size = f" at {IMAGE_PX} px" if kind == "image" else ""
        how = f"{ITEMS} training and up to {TEST_ITEMS} test items each, default backbone{size}"
        early = 100 * float(np.mean([cut.early for cut in found]))
        seconds = float(np.median([cut.seconds for cut in found]))
        for what, value, unit, remark in (
            ("share of sets cut before the end", early, "%", how),
            ("test value at the cut minus at the last features", float(np.mean(gains)), "points", each),
            ("seconds to probe every depth", seconds, "s", "median over the sets, features at hand"),
        ):
            yield Figure("depth", f"{kind}s: {what}", value, unit, "none", (), remark)


def cut_of(name: str) -> Cut:
    """Probe every depth of the default backbone on one set's training part and try the cut on its test part."""
    from probes.backbones import catalog

    dataset = sets.dataset(name)
    entry = catalog.default(dataset.kind)
    backbone: Any = load_backbone(entry, IMAGE_PX if dataset.kind == "image" else entry.input_size, "cpu")
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
    probed = probe_depths(named, labels[train], dataset.metric, related(dataset)[rows][train], n_classes)

    def on_test(number: int) -> float:
        recipe, balanced = probed.depths[number].probe.recipe, dataset.metric != "accuracy"
        head = fit_head(depths[number][train], labels[train], recipe, balanced, n_classes)
        answers = head.logits(depths[number][~train]).argmax(axis=1)
        return score(dataset.metric, labels[~train], answers, n_classes)

    last = len(depths) - 1
    at_cut, at_last = on_test(probed.cut), on_test(last)
    return Cut(name, every.names[probed.cut], probed.cut != last, at_cut, at_last, probed.seconds)
