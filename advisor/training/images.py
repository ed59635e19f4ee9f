"""Training on images: augmented pixels, the top blocks of a convolutional network, smaller pictures for less time.

The learning rate is the middle of the race that `search` runs when there is time; a rate ten times too high costs 20
to 55 points (docs/design.md, what is known, 3). It comes from 80 steps of 16 on 600 items, LP-FT, validation accuracy
(frozen start first): deeppcb_defects .667, at 1e-4 .687, 3e-4 .783, 1e-3 .813; sign_digits .850, .890, .915, .960.
In 30 steps 1.2e-3 fell to chance and 6e-4 once did, while 2e-4 held: hence the middle, and slower learning in short
runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from advisor.training import few
from advisor.training.settings import Candidate, TrainedRung

if TYPE_CHECKING:
    from torch import nn

    from advisor.core.records import Dataset
    from advisor.data.features import Backbone
    from advisor.training.augmentation import Augmentation
    from advisor.training.sources import ImageSource, Source
    from probes.backbones.image import ImageBackbone

#: Images of a short run are fed at no more than this.
PILOT_PX = 128
#: An augmentation is chosen from so many pictures of this size.
SAMPLE, SAMPLE_PX = 24, 32


class Images:
    """The modality of images; see `advisor.training.modality.Modality`."""

    learning_rates: Mapping[TrainedRung, float] = {"fine-tune": 6e-4, "scratch": 2e-3}
    #: The first blocks, with their large maps, take 0.4 of a step; without them the same seconds gave (1,000 items at
    #: 128 px, frozen; all blocks, 80 steps; top two thirds, 125 steps): sign_digits 88.3, 96.0, 97.8 % in 170 s;
    #: deeppcb_defects 67.9, 85.1, 91.0 % in 140 s (400 items each).
    layer_share = 2 / 3
    #: Below 128 px Lite0 gets no faster (measured).
    smaller_sizes: tuple[int, ...] = (192, 160, 128)

    def candidates(self, rate: float) -> tuple[Candidate, ...]:
        """Rates, then all blocks and fewer; no LoRA, since the convolutions have few weights as it is."""
        share = self.layer_share
        return (
            Candidate(rate, share),
            Candidate(rate / 3, share),
            Candidate(2 * rate, share),
            Candidate(rate),
            Candidate(2 * rate),
            Candidate(rate, 1 / 3),
        )

    def few_label_way(self, n: float, n_classes: int, per_class: float | None = None) -> few.Way:
        """In folds up to `few.FEW_IMAGES`, whatever the classes."""
        return "folds" if n <= few.FEW_IMAGES else "usual"

    def speedup(self, source: Source, usual: int, size: int) -> float:
        """As many times as there are fewer pixels."""
        return (usual / size) ** 2

    def pilot_size(self, usual: int) -> int:
        """Pixels up to `PILOT_PX`."""
        return min(PILOT_PX, usual)

    def augmentation(self, dataset: Dataset, rows: np.ndarray, strong: bool) -> Augmentation | None:
        """Crops, mirroring and colour, as class names and a few pictures allow."""
        from advisor.data.modality import modality_of
        from advisor.training.augmentation import choose
        from probes.backbones.image import to_pixels

        read: Callable[[int], Any] = modality_of(dataset).reader(dataset, SAMPLE_PX)
        pixels = []
        for row in rows[:: max(1, len(rows) // SAMPLE)][:SAMPLE]:
            try:
                pixels.append(to_pixels(read(int(row)), SAMPLE_PX))
            except Exception:  # an unreadable item says nothing about colour; the source will mark it
                continue
        sample = np.stack(pixels) if pixels else np.zeros((0, SAMPLE_PX, SAMPLE_PX, 3), np.uint8)
        return choose(dataset.classes, sample, strong)

    def source(
        self, dataset: Dataset, rows: np.ndarray, backbone: Backbone, augmentation: Augmentation | None = None
    ) -> ImageSource:
        """Decoded when asked for, at the backbone's input size."""
        from advisor.data.modality import modality_of
        from advisor.training.sources import ImageSource

        read = modality_of(dataset).reader(dataset, backbone.input_size)
        return ImageSource(lambda position: read(int(rows[position])), len(rows), backbone, augmentation)  # type: ignore[arg-type]

    def resized(self, backbone: Backbone, size: int) -> Backbone:
        """Fed with so many pixels a side."""
        return dataclasses.replace(cast("ImageBackbone", backbone), input_size=size)

    def blocks(self, module: nn.Module) -> list[list[nn.Parameter]]:
        """Convolutions and their norms, block by block."""
        from probes.backbones.image import blocks

        return blocks(module)

    def lay_out(self, network: nn.Module) -> None:
        """Channels last, which convolutions are fastest in."""
        import torch

        network.to(memory_format=torch.channels_last)
