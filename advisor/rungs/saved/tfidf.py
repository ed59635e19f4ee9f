"""The word-count model as a rung's model: saved without pickle, loaded, asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from advisor.rungs.context import RunContext
from advisor.rungs.saved.model import Predictor, save_model, spec_of
from probes.heads import softmax
from probes.progress import Progress, silent
from probes.tfidf import TfidfModel

if TYPE_CHECKING:
    from advisor.core.records import Dataset

TITLE = "TF-IDF of words and characters with a linear SVM"
BATCH = 512


def save_words(context: RunContext, model: TfidfModel, temperature: float, **more: object) -> None:
    """Write ``model.json`` (settings) and ``model.safetensors`` (terms, idf, weights)."""
    spec = spec_of(context.plan, context.dataset, weights="words")
    spec["backbone"] = {"name": "words", "title": TITLE, "source": "trained here", "dim": int(model.weight.shape[1])}
    spec["input"] = {"max_characters": model.settings["max_characters"]}
    spec["head"] = {"type": "words", **model.settings, "temperature": temperature}
    spec.update(more)
    tensors = {f"words.{name}": torch.from_numpy(np.array(array)) for name, array in model.arrays().items()}
    save_model(context.directory, spec, tensors)


class WordsPredictor(Predictor):
    """A word-count model that answers. It has no backbone."""

    def __init__(self, spec: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        own = {name.removeprefix("words."): array for name, array in arrays.items()}
        self.model = TfidfModel.of(spec["head"], own)
        temperature = float(spec["head"].get("temperature", 1.0))
        super().__init__(spec, None, lambda logits: softmax(logits / temperature))

    def _of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        parts = []
        for start in range(0, len(texts), BATCH):
            progress("Predicting", start / len(texts))
            parts.append(self.head(self.model.logits(texts[start : start + BATCH])))
        return np.concatenate(parts).astype(np.float32)


def validated(dataset: Dataset, rows: np.ndarray, model: TfidfModel) -> np.ndarray:
    """Logits (n, C) of a dataset's rows."""
    return model.logits(dataset.items["text"].iloc[rows].tolist())
