"""What probing every depth finds: how often a cut before the end is as good or better, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from advisor.bench import sets
from advisor.bench.probes.figures import Figure
from advisor.evidence.depth import measure_depths
from advisor.evidence.sample import Sample, related, stratified
from advisor.features import load_backbone
from advisor.records import Depths

IMAGE_PX, ITEMS = 128, 600
IMAGES = ("cats_dogs", "deeppcb_defects", "dtd10", "fsdd_spectro", "gtsrb32", "sign_digits", "wbc")
TEXTS = ("bbc_news", "sst2", "subj", "trec6")


def figures() -> Iterator[Figure]:
    """For images and for texts: sets whose best cut lies before the end, and the top value against the last."""
    for kind, names in (("image", IMAGES), ("text", TEXTS)):
        found = {name: depths_of(name) for name in names}
        how = f"{', '.join(f'{n} {d.best}' for n, d in found.items())}; {ITEMS} items each, default backbone"
        before = np.mean([d.best != d.depths[-1].name for d in found.values()])
        ahead = [_value(d, d.best) - d.depths[-1].measured.value for d in found.values()]
        seconds = np.median([d.seconds for d in found.values()])
        flattered = "mean over the sets, out of fold; the choice of the cut flatters it a little"
        cost = "median over the sets; extraction included where the cache was empty"
        for what, value, unit, remark in (
            ("share of sets cut before the end", 100 * float(before), "%", how),
            ("best cut minus last features", 100 * float(np.mean(ahead)), "points", flattered),
            ("seconds for every depth", float(seconds), "s", cost),
        ):
            yield Figure("depth", f"{kind}s: {what}", value, unit, "none", (), remark)


def depths_of(name: str) -> Depths:
    """Every depth of the default backbone on one set's training part."""
    from probes.backbones import catalog

    dataset = sets.dataset(name)
    entry = catalog.default(dataset.kind)
    size = IMAGE_PX if dataset.kind == "image" else entry.input_size
    backbone: Any = load_backbone(entry, size, "cpu")
    rows = dataset.where("train", "val")
    rows = stratified(rows, dataset.labels[rows], ITEMS)
    sample = Sample(rows, dataset.labels[rows], related(dataset)[rows], np.zeros((len(rows), 0), np.float32))
    found = measure_depths(dataset, backbone, None, sample)
    assert found is not None, name
    return found


def _value(depths: Depths, name: str) -> float:
    return next(d.measured.value for d in depths.depths if d.name == name)
