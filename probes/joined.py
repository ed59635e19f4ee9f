"""Several layers side by side: a linear probe on joined features, and the join with the least held-out log loss.

Features of several layers together serve many tasks better than the last ones (Evci et al., "Head2Toe: Utilizing
Intermediate Representations for Better Transfer Learning", ICML 2022, https://arxiv.org/abs/2201.03529). Every layer
is probed on several hundred items; then the joins that this suggests are cross-validated on more of them.

Log loss at each join's own temperature decides, since on few items it says more than the number of right answers. Mean
test values over LadderBench's image and text tasks, with the last features, the join of the highest value, and the join
of the least log loss: 50 labels (44 tasks) 62.3, 66.9, 67.4; 200 labels (42) 68.1, 72.5, 72.8; 500 to 2,500 (21) 72.8,
77.4, 77.8.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from probes.folds import stratified_subset
from probes.hooks import LAST
from probes.layers import MAX_ITEMS, LayerProbes, probe_layers
from probes.linear import LinearProbe, linear_probe
from probes.temperature import tempered_loss

Layers = tuple[str, ...]

#: Items that joins are compared on, at most.
MOST_ITEMS = 2500
SECONDS = 10.0
#: With fewer items the luckiest of six joins wins: on 16 items of sst2 one promised 73 to 100 % and reached 58 %; on 32
#: of tweet_emotion it promised 55 to 80 % and reached 46 %, the last features 51 %. Nor can a temperature be fitted.
LEAST_ITEMS = 40
#: Share of the seconds spent on probing every layer.
LAYERS_SHARE = 0.3


@dataclass(frozen=True)
class Joined:
    """The best join and its probe; ``last``: the probe on the last features; ``tried``: (layers, value) of each.

    The best has the least log loss, which need not be the highest value.
    """

    layers: Layers
    probe: LinearProbe
    last: LinearProbe
    tried: tuple[tuple[Layers, float], ...]


def probe_joins(
    parts: Mapping[str, np.ndarray],
    labels: np.ndarray,
    metric: str,
    groups: np.ndarray,
    n_classes: int,
    seconds_limit: float = SECONDS,
    seed: int = 0,
    wanted: Sequence[Layers] | None = None,
    probed: LayerProbes | None = None,
    last: LinearProbe | None = None,
) -> Joined:
    """Cross-validate the joins that the layers suggest, within about the seconds; `wanted` names the joins instead.

    Shape: parts {name of the layer: (n, d)} in the network's order, `LAST` the last; labels, groups (n,). probed: every
    layer on the subset of `MAX_ITEMS` of these items, and last: the last features of all of them, where these were
    measured before. Raises ProbeError when nothing can be held out.
    """
    started = time.monotonic()
    if wanted is None and len(labels) < LEAST_ITEMS:
        candidates = []
    elif wanted is None:
        few = stratified_subset(labels, MAX_ITEMS, seed)
        probed = probed or probe_layers(
            [(name, features[few]) for name, features in parts.items()], labels[few], metric, groups[few],
            n_classes=n_classes, seconds_limit=LAYERS_SHARE * seconds_limit, seed=seed,
        )  # fmt: skip
        candidates = suggested(
            [layer.name for layer in probed.layers], [-_loss(layer.probe, labels[few]) for layer in probed.layers]
        )
    else:
        candidates = list(wanted)
    order = list(dict.fromkeys([(LAST,), *candidates]))
    probes: dict[Layers, LinearProbe] = {} if last is None else {(LAST,): last}
    for index, layers in enumerate(order):
        if layers in probes:
            continue
        left = seconds_limit - (time.monotonic() - started)
        if probes and left <= 0 and wanted is None:
            break
        share = max(left, 0.5) / (len(order) - index)
        features = joined(parts, layers)
        own = linear_probe(features, labels, metric, groups, seed=seed, seconds_limit=share, n_classes=n_classes)
        probes[layers] = replace(own, axes=None)  # of every join they would take much memory
    best = min(wanted or probes, key=lambda layers: _loss(probes[layers], labels))
    tried = tuple((layers, probe.measured.value) for layers, probe in probes.items())
    return Joined(best, probes[best], probes[(LAST,)], tried)


def joined(parts: Mapping[str, np.ndarray], layers: Layers) -> np.ndarray:
    """The columns of these layers side by side. Shape: parts {name: (n, d)} to (n, sum of d)."""
    return np.concatenate([parts[name] for name in layers], axis=1)


def suggested(names: Sequence[str], values: Sequence[float]) -> list[Layers]:
    """Joins worth trying: the best layer, it with the last, the best three, the last three and five; no repeats.

    Higher values are better.

    >>> suggested(["stem", "block 1", "block 2", "last"], [0.3, 0.8, 0.7, 0.6])[:3]
    [('block 1',), ('block 1', 'last'), ('block 1', 'block 2', 'last')]
    """
    ranked = [name for _, name in sorted(zip(values, names, strict=True), key=lambda pair: -pair[0])]
    sets = [{ranked[0]}, {ranked[0], names[-1]}, set(ranked[:3]), set(names[-3:]), set(names[-5:])]
    return list(dict.fromkeys(tuple(name for name in names if name in wanted) for wanted in sets))


def _loss(probe: LinearProbe, labels: np.ndarray) -> float:
    """Log loss of the out-of-fold answers at their own best temperature."""
    return tempered_loss(np.log(np.maximum(probe.oof_probability, 1e-7)), labels)
