"""Which layers a head of several labels stands on: every layer probed by ridge, then the joins that this suggests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from probes.folds import stratified_subset

if TYPE_CHECKING:
    from probes.joined import Layers
    from probes.multilabel.linear import LabelsProbe

#: Items that every layer is probed on, and those that joins are compared on.
LAYER_ITEMS, JOIN_ITEMS = 700, 2500
#: With fewer items the luckiest join would win.
LEAST_ITEMS = 40


@dataclass(frozen=True)
class BestJoin:
    """The layers whose probe has the least held-out loss. ``tried``: (layers, macro F1); ``each``: layer to its probe.

    ``rows``: positions of the items that the joins were compared on.
    """

    layers: Layers
    probe: LabelsProbe
    tried: tuple[tuple[Layers, float], ...]
    each: dict[str, LabelsProbe]
    rows: np.ndarray


def best_join(
    parts: Mapping[str, np.ndarray],
    targets: np.ndarray,
    strata: np.ndarray,
    groups: np.ndarray,
    seconds: float,
    seed: int = 0,
    wanted: Sequence[Layers] | None = None,
) -> BestJoin:
    """Compare joins of layers within about `seconds`; `wanted` names them instead.

    Shape: parts {name: (n, d)} in the network's order, `LAST` the last; targets (n, L), strata, groups (n,). Raises
    ProbeError when nothing can be held out.
    """
    from probes.hooks import LAST
    from probes.joined import joined, suggested
    from probes.multilabel.linear import labels_probe

    started = time.monotonic()
    each: dict[str, LabelsProbe] = {}
    order: list[Layers] = list(wanted or [])
    if wanted is None and len(targets) >= LEAST_ITEMS:
        few = stratified_subset(strata, LAYER_ITEMS, seed)
        for name, array in parts.items():
            each[name] = labels_probe(array[few], targets[few], strata[few], groups[few], seed=seed, methods=("ridge",))
            if time.monotonic() - started > seconds / 2:
                break
        order = suggested(list(each), [-probe.loss for probe in each.values()]) if len(each) == len(parts) else []
    rows = stratified_subset(strata, JOIN_ITEMS, seed)
    probes: dict[Layers, LabelsProbe] = {}
    for layers in dict.fromkeys([*([] if wanted else [(LAST,)]), *order]):
        if probes and time.monotonic() - started > seconds and wanted is None:
            break
        probes[layers] = labels_probe(joined(parts, layers)[rows], targets[rows], strata[rows], groups[rows], seed=seed)
    best = min(probes, key=lambda layers: probes[layers].loss)
    tried = tuple((layers, probe.measured.value) for layers, probe in probes.items())
    return BestJoin(best, probes[best], tried, each, rows)
