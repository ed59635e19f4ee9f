"""Training on texts: token batches of like length, all layers of an encoder or LoRA, shorter texts for less time.

The learning rate is the middle of the race: trec6 .758 (frozen start), at 3e-5 .833, 1e-4 .867, 3e-4 .884, measured as
`advisor.training.images` says.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np

from advisor.training import few
from advisor.training.settings import Candidate, TrainedRung

if TYPE_CHECKING:
    from torch import nn

    from advisor.core.records import Dataset
    from advisor.data.features import Backbone
    from advisor.training.augmentation import Augmentation
    from advisor.training.sources import Source, TextSource
    from probes.backbones.text import TextBackbone

#: LoRA starts at zero and has few parameters: it learns at this many times the rate of whole layers.
LORA_RATE_FACTOR = 5.0


class Texts:
    """The modality of texts; see `advisor.training.modality.Modality`."""

    learning_rates: Mapping[TrainedRung, float] = {"fine-tune": 2e-4, "scratch": 5e-4}
    layer_share = 1.0
    #: News says most of what it is about in its first sentences.
    smaller_sizes: tuple[int, ...] = (128, 64)

    def candidates(self, rate: float) -> tuple[Candidate, ...]:
        """Rates, then half of the layers, and LoRA."""
        return (
            Candidate(rate),
            Candidate(rate / 3),
            Candidate(2 * rate),
            Candidate(rate, 1 / 2),
            Candidate(LORA_RATE_FACTOR * rate, adapters=True),
            Candidate(2 * rate, 1 / 2),
        )

    def few_label_way(self, n: float, n_classes: int, per_class: float | None = None) -> few.Way:
        """By contrast with few classes; with many the frozen model stays."""
        if n_classes == 0:  # answers to questions: nothing to contrast
            return "usual"
        each = n / n_classes if per_class is None else per_class
        if n_classes <= few.MOST_CLASSES:
            return "contrast" if each <= few.FEW_PER_CLASS else "usual"
        return "frozen" if each <= few.TOO_FEW_OF_MANY else "usual"

    def speedup(self, source: Source, usual: int, size: int) -> float:
        """As many times as there are fewer tokens, in texts cut at `size` against those cut at the usual length."""
        lengths = cast("TextSource", source).lengths
        return float(np.minimum(lengths, usual).mean() / np.minimum(lengths, size).mean())

    def pilot_size(self, usual: int) -> int:
        """The usual tokens."""
        return usual

    def augmentation(self, dataset: Dataset, rows: np.ndarray, strong: bool) -> Augmentation | None:
        """None: a text with other words is another text."""
        return None

    def source(
        self, dataset: Dataset, rows: np.ndarray, backbone: Backbone, augmentation: Augmentation | None = None
    ) -> TextSource:
        """Tokenised at once."""
        from advisor.training.sources import TextSource

        return TextSource(dataset.items["text"].iloc[rows].tolist(), backbone)  # type: ignore[arg-type]

    def resized(self, backbone: Backbone, size: int) -> Backbone:
        """Fed with at most so many tokens."""
        return dataclasses.replace(cast("TextBackbone", backbone), max_tokens=size)

    def blocks(self, module: nn.Module) -> list[list[nn.Parameter]]:
        """Embeddings, then layer by layer."""
        from probes.backbones.text import blocks

        return blocks(module)

    def lay_out(self, network: nn.Module) -> None:
        """Nothing to do."""
