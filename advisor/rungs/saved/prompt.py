"""A language model behind a prompt that predicts: the folder holds the prompt and, for retrieval, labelled examples.

``model.json`` keeps the template, the examples, how it is calibrated and which model answers (its weights' SHA-256, or
the endpoint's address; never a key). Nearest examples need the encoder's features of the labelled texts, which lie in
``model.safetensors`` with the texts as UTF-8 bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from advisor.data.features import feature_cache
from advisor.llm.asking import NEAREST_ASKED, PromptSetup, ShownExample
from advisor.llm.identity import check_saved
from advisor.llm.models import chat_model
from advisor.rungs.saved.classifier import backbone_of
from advisor.rungs.saved.predictor import TextPredictor
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.llm.prompt_cache import CachedChatModel

#: Texts asked about between two signs of life.
STEP = 8


def load(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> PromptPredictor:
    """The prompt, with the encoder where it needs one; the language model is loaded with the first text.

    Raises BackboneError when the encoder is missing or another one.
    """
    encoder = backbone_of(spec, device) if spec["prompt"]["nearest"] else None
    return PromptPredictor(spec, {name: tensor.numpy() for name, tensor in tensors.items()}, encoder, device)


class PromptPredictor(TextPredictor):
    """Asks the language model about each text."""

    def __init__(
        self, spec: dict[str, Any], arrays: dict[str, np.ndarray], encoder: Any = None, device: str = "cpu"
    ) -> None:
        super().__init__(spec)
        self.backbone = encoder
        self.ask, self.arrays, self.device = PromptSetup.of(spec["prompt"]), arrays, device
        self._model: CachedChatModel | None = None

    @property
    def model(self) -> CachedChatModel:
        """The language model. Raises BackboneError when it is not here, or another one."""
        if self._model is None:
            model = chat_model(self.ask.model, self.device)
            check_saved(model.identity, self.spec["model"]["identity"], model.name)
            self._model = model
        return self._model

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """As `TextPredictor.of_texts`."""
        near = self._near(texts) if self.ask.nearest else None
        parts = []
        for start in range(0, len(texts), STEP):
            progress("Asking the language model", start / len(texts))
            some = slice(start, start + STEP)
            scores = self.ask.scores(self.model, texts[some], near[some] if near is not None else None)
            parts.append(np.exp(scores.calibrated))
        return np.concatenate(parts).astype(np.float32)

    def _near(self, texts: list[str]) -> list[list[ShownExample]]:
        """Each text's nearest labelled examples, the nearest first."""
        from advisor.training.sources import TextSource, outputs_of
        from probes.forward import forward_of
        from probes.neighbours import nearest_of

        forward = forward_of(self.backbone, len(texts), feature_cache(), texts=texts)
        features = outputs_of(forward, TextSource(texts, self.backbone))
        near, _ = nearest_of(features, self.arrays["memory"], min(NEAREST_ASKED, len(self.arrays["labels"])))
        text_of, labels = unpacked(self.arrays), self.arrays["labels"]
        return [[ShownExample(text_of(int(row)), int(labels[row])) for row in rows] for rows in near]


def packed(texts: list[str]) -> dict[str, Tensor]:
    """Texts as bytes one behind another, and where each ends."""
    parts = [text.encode("utf-8", "replace") for text in texts]
    content = np.frombuffer(b"".join(parts) or b" ", dtype=np.uint8).copy()
    ends = np.cumsum([len(part) for part in parts])
    return {"texts": torch.from_numpy(content), "ends": torch.from_numpy(ends.astype(np.int64))}


def unpacked(arrays: dict[str, np.ndarray]) -> Callable[[int], str]:
    """Gives the text of a row, out of what `packed` made."""
    content, ends = arrays["texts"].tobytes(), arrays["ends"]
    return lambda row: content[int(ends[row - 1]) if row else 0 : int(ends[row])].decode("utf-8", "replace")
