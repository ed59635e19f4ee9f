"""The rows that the probes use: a stratified sample of the training part, with features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset
from advisor.data.features import features_of
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.device import Calibration
    from probes.neighbours import Near

#: Share of the budget for extracting features; the rest pays for the probes.
EXTRACTION_SHARE = 0.35
SAMPLE_ITEMS = (200, 4000)


@dataclass(frozen=True)
class Sample:
    """The rows that the probes use, with features. Shape: rows, labels, groups (n,), features (n, dim).

    ``layers``: the features of every layer side by side, (n, dims), where the sample was read with them; ``size``: what
    `sample_rows` was asked for; ``n_unreadable``: rows that could not be decoded; ``seconds`` of the extraction, 0 when
    the cache had them all.
    """

    rows: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    features: np.ndarray
    size: int = 0
    n_unreadable: int = 0
    seconds: float = 0.0
    layers: np.ndarray | None = None

    @cached_property
    def near(self) -> Near:
        """The items of other groups nearest to each, as many as any probe asks for."""
        from probes.neighbours import KS, nearest_others

        return nearest_others(self.features, self.groups, min(max(KS), len(self.rows) - 1))

    def part(self, positions: np.ndarray) -> Sample:
        """The items at these positions of the sample, without their layers. Shape: positions (m,) int64."""
        return replace(
            self,
            rows=self.rows[positions],
            labels=self.labels[positions],
            groups=self.groups[positions],
            features=self.features[positions],
            layers=None,
        )


def sampled(dataset: Dataset, backbone: Backbone, calibration: Calibration, size: int, progress: Progress) -> Sample:
    """A stratified sample of about `size` items with features; unreadable items drop out.

    The one pass keeps every layer of the backbone, for the layer probes; the sample carries the last features.
    """
    from probes.hooks import hooked

    chosen = sample_rows(dataset, size)
    features = features_of(dataset, chosen, hooked(backbone), progress, calibration)  # type: ignore[arg-type]
    rows = chosen[features.ok]
    return Sample(
        rows=rows,
        labels=dataset.labels[rows],
        groups=related(dataset)[rows],
        features=np.ascontiguousarray(features.array[features.ok, -backbone.dim :]),
        size=size,
        n_unreadable=int((~features.ok).sum()),
        seconds=0.0 if features.cached else features.seconds,
        layers=features.array if features.ok.all() else features.array[features.ok],
    )


def sample_size(calibration: Calibration, budget_seconds: float) -> int:
    """How many items the extraction's share of the budget pays for."""
    return int(np.clip(calibration.items_per_second * budget_seconds * EXTRACTION_SHARE, *SAMPLE_ITEMS))


def sample_rows(dataset: Dataset, size: int) -> np.ndarray:
    """The rows that the probes use, the same for the same size."""
    rows = dataset.where("train", "val")
    return stratified(rows, dataset.labels[rows], size)


def stratified(rows: np.ndarray, labels: np.ndarray, size: int, seed: int = 0) -> np.ndarray:
    """At most about `size` of `rows`, class shares kept, at least eight of each class where it has them."""
    from probes.folds import stratified_subset

    chosen: np.ndarray = rows[stratified_subset(labels, size, seed, at_least=8)]
    return chosen


def related(dataset: Dataset) -> np.ndarray:
    """One number per item; items of one group or one duplicate cluster share it. Shape: (n_used,) int64."""
    from advisor.data.split import unit_numbers
    from advisor.data.store import kept_clusters

    row_of = {key: row for row, key in enumerate(dataset.items["key"])}
    rows = [[row_of[key] for key in cluster["keys"] if key in row_of] for cluster in kept_clusters(dataset)]
    return unit_numbers(dataset.items["group"], [cluster for cluster in rows if cluster])
