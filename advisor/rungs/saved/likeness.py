"""How like the training part an item is, in the features of the run's pre-trained backbone.

Whatever was trained: the features of the backbone as it was are mostly cached since the advice, and one scale serves
every rung. `probes.novelty` has the method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.kinds import kind_row
from advisor.core.records import Dataset, Plan
from advisor.data.features import feature_cache, features_of, load_backbone
from advisor.evidence.sample import related
from advisor.rungs.saved.inputs import open_input, text_of
from probes.folds import spread_order
from probes.novelty import Near, nearest, own_similarities

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: Training items to compare with, at most; all classes in their shares.
MOST_ITEMS = 2000


class Likeness:
    """The training part of a run to compare with. Shape: rows (n,), features (n, d), own (n,)."""

    def __init__(self, dataset: Dataset, plan: Plan, device: str = "cpu") -> None:
        self.dataset = dataset
        self.backbone = _backbone(plan, device)
        rows = dataset.where("train")
        rows = np.sort(rows[spread_order(dataset.labels[rows], 0)][:MOST_ITEMS])
        self.rows, self.features = self._of_rows(rows)
        self.own = own_similarities(self.features, related(dataset)[self.rows])

    def of_rows(self, rows: Sequence[int], k: int) -> list[list[int]]:
        """The training rows nearest to each of the dataset's rows; none for an item that cannot be read."""
        readable, features = self._of_rows(np.asarray(rows))
        found = dict(zip(readable.tolist(), nearest(features, self.features, self.own, k), strict=True))
        return [[int(self.rows[place]) for place in found[row].places] if row in found else [] for row in rows]

    def of_items(self, inputs: Sequence[Any]) -> list[Near]:
        """How near items of anybody's are, images or texts as a model takes them; ``places`` are the dataset's rows.

        Raises DatasetError.
        """
        near = nearest(self._of_inputs(inputs), self.features, self.own)
        return [replace(one, places=tuple(int(self.rows[place]) for place in one.places)) for one in near]

    def _of_rows(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        features = features_of(self.dataset, rows, self.backbone)
        return rows[features.ok], np.asarray(features.array)[features.ok]

    def _of_inputs(self, inputs: Sequence[Any]) -> np.ndarray:
        from advisor.training.sources import ImageSource, TextSource, outputs_of
        from probes.forward import forward_of

        backbone: Any = self.backbone  # an image's or a text's, as the kind of the dataset says
        if kind_row(self.dataset.kind).modality == "text":
            texts = [text_of(item, place + 1) for place, item in enumerate(inputs)]
            return outputs_of(
                forward_of(backbone, len(texts), feature_cache(), texts=texts), TextSource(texts, backbone)
            )
        levels, size = self.dataset.pixel_range, self.backbone.input_size
        pictures = [open_input(item, size, levels)[0] for item in inputs]
        forward = forward_of(backbone, len(pictures), feature_cache())
        return outputs_of(forward, ImageSource(pictures.__getitem__, len(pictures), backbone))


def _backbone(plan: Plan, device: str) -> Backbone:
    from probes.backbones import catalog

    entry = catalog.find(plan.backbone, kind_row(plan.kind).modality)
    return load_backbone(entry, plan.input_size, device)
