"""The word-count model of a run: saved without pickle, loaded, asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from advisor.core.records import Dataset, Plan
from advisor.rungs.saved import folder
from advisor.rungs.saved.heads import shares_of
from advisor.rungs.saved.predictor import TextPredictor
from probes.progress import Progress, silent
from probes.tfidf import TfidfModel

TITLE = "TF-IDF of words and characters with a linear SVM"
BATCH = 512


def save(
    directory: Path,
    plan: Plan,
    dataset: Dataset,
    model: TfidfModel,
    temperature: float,
    thresholds: tuple[float, ...] = (),
) -> None:
    """Write ``model.json`` (settings) and ``model.safetensors`` (terms, idf, weights)."""
    spec = folder.spec_of(plan, dataset, weights="words")
    spec["backbone"] = {"name": "words", "title": TITLE, "source": "trained here", "dim": int(model.weight.shape[1])}
    spec["input"] = {"max_characters": model.settings["max_characters"]}
    spec["head"] = {"type": "words", **model.settings, **folder.decided(temperature, thresholds)}
    tensors = {f"words.{name}": torch.from_numpy(np.array(array)) for name, array in model.arrays().items()}
    folder.save(directory, spec, tensors)


def load(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> WordsPredictor:
    """The word-count model; the device makes no difference."""
    return WordsPredictor(spec, {name.removeprefix("words."): tensor.numpy() for name, tensor in tensors.items()})


class WordsPredictor(TextPredictor):
    """A word-count model that predicts. It has no backbone."""

    def __init__(self, spec: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        super().__init__(spec)
        self.model = TfidfModel.of(spec["head"], arrays)
        self.shares = shares_of(spec["head"])

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """As `TextPredictor.of_texts`."""
        parts = []
        for start in range(0, len(texts), BATCH):
            progress("Predicting", start / len(texts))
            parts.append(self.shares(self.model.logits(texts[start : start + BATCH])))
        return np.concatenate(parts).astype(np.float32)
