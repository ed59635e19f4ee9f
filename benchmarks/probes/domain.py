"""What the distance from the pre-training data is worth: does it order the gains of fine-tuning, does it repeat?

The distances are those of data/reference_images.csv (``python -m benchmarks.references``), the gains those of
data/gains.csv (``python -m benchmarks.gains``), both at 128 px. Repeating is measured here, on disjoint images.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np

from advisor.data.features import load_backbone
from advisor.evidence import references as kept
from advisor.evidence.domain_images import SCALES, distance_of, references
from benchmarks import sets
from benchmarks.figures import Figure
from probes.measured import Measured
from probes.references import percentile

PX = 128
REPEATED = ("cats_dogs", "dtd10", "gtsrb32", "sign_digits")
PIECES = (50, 100, 200)


def figures() -> Iterator[Figure]:
    """Rank correlations with the gain, then how far the percentile moves with other images, then the cost."""
    from probes.backbones import catalog

    backbone: Any = load_backbone(catalog.default("image"), PX, "cpu")
    known = references(backbone.weights_hash, PX)
    yield from worth(known)
    yield from repeats(backbone, [reference.values[kept.OVERALL] for reference in known])
    if importlib.util.find_spec("benchmarks.probes.domain_text") is not None:
        yield from importlib.import_module("benchmarks.probes.domain_text").figures()


def worth(known: list[Any]) -> Iterator[Figure]:
    """Spearman's correlation of each scale with the gain, in points and as share of the error removed."""
    known_gains = {
        "gain from fine-tuning": kept.gains("image"),
        "share of the error removed": kept.errors_removed("image"),
    }
    for what, values in known_gains.items():
        for scale in (kept.OVERALL, *SCALES):
            found = kept.correlation(known, values, scale)
            if found is not None:
                yield _figure(f"images: rank correlation of the distance ({scale}) with the {what}", found)


def repeats(backbone: Any, among: list[float]) -> Iterator[Figure]:
    """How far the overall percentile of n images lies from that of 200 others of the same set, and what 200 cost."""
    moved: dict[int, list[float]] = {n: [] for n in PIECES}
    seconds = []
    for name in REPEATED:
        dataset = sets.dataset(name)
        rows = np.random.default_rng(1).permutation(dataset.where("train", "val"))
        whole = distance_of(dataset, backbone, rows[-200:])
        seconds.append(whole.seconds)
        for n in PIECES:
            piece = distance_of(dataset, backbone, rows[:n])
            places = [percentile(float(np.mean(found.stages)), among) for found in (whole, piece)]
            moved[n].append(abs(places[0] - places[1]))
    how = f"{', '.join(REPEATED)}; against 200 other images of the same set, {PX} px"
    for n, values in moved.items():
        yield Figure(
            "domain", f"images: shift of the percentile with {n} images", _mean(values), "points", "none", (), how
        )
    how = f"EfficientNet-Lite0 at {PX} px, decoding included, one process on this machine"
    yield Figure("domain", "images: seconds for 200 images", float(np.median(seconds)), "s", "none", (), how)


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _figure(name: str, found: Measured) -> Figure:
    how = f"{found.n} image sets, 90 % bootstrap interval {found.low:.2f} to {found.high:.2f}, Lite0 at {PX} px"
    return Figure("domain", name, found.value, "", "none", (), how)
