"""What training asks of a modality: one protocol, its implementations in `images` and `texts`, and their lookup.

Nothing here loads torch before a method needs it: a forecast asks how few labels would be tuned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from advisor.core.kinds import ModalityName, kind_row
from advisor.training.few import Way
from advisor.training.images import Images
from advisor.training.settings import Candidate, TrainedRung
from advisor.training.texts import Texts

if TYPE_CHECKING:
    from torch import nn

    from advisor.core.records import Dataset
    from advisor.data.features import Backbone
    from advisor.training.augmentation import Augmentation
    from advisor.training.sources import Source


class Modality(Protocol):
    """How items of a modality are trained on.

    ``learning_rates``: the middle of the race, by rung. ``layer_share``: share of the blocks that fine-tuning changes,
    from the top. ``smaller_sizes``: inputs (pixels or tokens) tried where the usual one leaves too few passes.
    """

    learning_rates: Mapping[TrainedRung, float]
    layer_share: float
    smaller_sizes: tuple[int, ...]

    def candidates(self, rate: float) -> tuple[Candidate, ...]:
        """Who races in fine-tuning, the likeliest winner first."""

    def few_label_way(self, n: float, n_classes: int, per_class: float | None = None) -> Way:
        """How fine-tuning goes with n labels. per_class: the median of the classes; without it they count as even."""

    def speedup(self, source: Source, usual: int, size: int) -> float:
        """How many times as fast these items pass at `size` as at the usual input size."""

    def pilot_size(self, usual: int) -> int:
        """The input size of a short run."""

    def augmentation(self, dataset: Dataset, rows: np.ndarray, strong: bool) -> Augmentation | None:
        """What may be varied, decided from class names and some items; None where nothing is."""

    def source(
        self, dataset: Dataset, rows: np.ndarray, backbone: Backbone, augmentation: Augmentation | None = None
    ) -> Source:
        """The rows as batches; `augmentation` only for a training part."""

    def resized(self, backbone: Backbone, size: int) -> Backbone:
        """The same network fed with another input size."""

    def blocks(self, module: nn.Module) -> list[list[nn.Parameter]]:
        """The backbone's parameters from the stem to the last block."""

    def lay_out(self, network: nn.Module) -> None:
        """Put the network into the memory layout in which it is fastest, in place."""


_MODALITIES: dict[ModalityName, Modality] = {"image": Images(), "text": Texts()}


def modality_of(kind: str) -> Modality:
    """The modality of a kind of dataset or backbone.

    >>> [modality_of("text").few_label_way(*labels) for labels in ((32, 4), (616, 77), (400, 4))]
    ['contrast', 'frozen', 'usual']
    >>> modality_of("image").few_label_way(32, 4), modality_of("image").few_label_way(1000, 4)
    ('folds', 'usual')
    """
    return _MODALITIES[kind_row(kind).modality]
