"""A CLIP model of the user's that predicts from class names: the folder holds the names and says where the model is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from advisor.core.errors import DatasetError
from advisor.llm.identity import check_saved
from advisor.rungs.saved.predictor import ImagePredictor
from probes.backbones.clip import BATCH, ClipModel
from probes.progress import Progress, silent


def load(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> ClipPredictor:
    """Raises BackboneError when the CLIP model's folder is gone, or holds other weights."""
    model = ClipModel.load(spec["clip"]["folder"], device)
    check_saved(model.weights_hash, spec["clip"]["sha256"], model.name)
    return ClipPredictor(spec, model)


class ClipPredictor(ImagePredictor):
    """Compares each image with the class names."""

    def __init__(self, spec: dict[str, Any], model: ClipModel) -> None:
        super().__init__(spec)
        self.model, self.words, self.side_px = model, list(spec["clip"]["words"]), model.size_px

    def of_images(
        self, read: Callable[[int], Image.Image], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `ImagePredictor.of_images`."""
        probabilities, ok = np.zeros((n, len(self.classes)), np.float32), np.ones(n, dtype=bool)
        for start in range(0, n, BATCH):
            progress("Predicting", start / n)
            images: dict[int, Image.Image] = {}
            for position in range(start, min(start + BATCH, n)):
                try:
                    images[position] = read(position)
                except DatasetError:
                    ok[position] = False
            scores = self.model.log_probabilities(list(images.values()), self.words)
            probabilities[list(images)] = np.exp(scores)
        return probabilities, ok
