"""A saved model as one module of torch, from what a program has in its hands to class probabilities.

Images: levels of 8 bits, (n, h, w, 3) uint8, of any height and width; texts: tokens and their mask, (n, tokens) int64;
word counts: how often each term occurs, (n, terms) float32. Everything between lies in the module: resizing,
normalisation, the backbone with the layers that the head was trained on, the head, its temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.errors import RunError
from advisor.exports.heads import Shares, head_of
from advisor.exports.resizing import Resize
from advisor.rungs.saved.classifier import ImageClassifier, TextClassifier
from advisor.rungs.saved.clip import ClipPredictor
from advisor.rungs.saved.predictor import Predictor
from advisor.rungs.saved.words import WordsPredictor
from probes.backbones.image import normalise

if TYPE_CHECKING:
    from probes.backbones.clip import ClipModel

Reads = Literal["images", "texts", "words"]


@dataclass(frozen=True)
class Graph:
    """A module with an example of its inputs. ``open_sizes``: per input, which of its dimensions may have any size.

    ``output``: the name of what it gives.
    """

    reads: Reads
    module: nn.Module
    example: tuple[Tensor, ...]
    names: tuple[str, ...]
    open_sizes: tuple[dict[int, str], ...]
    output: str = "probabilities"


class Images(nn.Module):
    """(n, h, w, 3) uint8 to (n, C) probabilities."""

    def __init__(self, backbone: Any, head: nn.Module) -> None:
        super().__init__()
        self.resize, self.body, self.head = Resize(int(backbone.input_size)), backbone.module, head
        self.mean, self.std = backbone.mean, backbone.std

    def forward(self, pixels: Tensor) -> Tensor:
        levels = self.resize(pixels).permute(0, 2, 3, 1)
        probabilities: Tensor = self.head(self.body(normalise(levels, self.mean, self.std)).float())
        return probabilities


class ClipImages(nn.Module):
    """(n, h, w, 3) uint8 to (n, C) probabilities: CLIP's image tower against the vectors of the class names.

    Shape: names (C, d).
    """

    names: Tensor

    def __init__(self, model: ClipModel, words: list[str]) -> None:
        super().__init__()
        how = model.processor.image_processor
        self.resize, self.mean, self.std = Resize(model.size_px, as_clip=True), how.image_mean, how.image_std
        self.body, self.projection = model.module.vision_model, model.module.visual_projection
        self.register_buffer("names", model.vectors_of(words) * model.module.logit_scale.exp().detach())

    def forward(self, pixels: Tensor) -> Tensor:
        levels = self.resize(pixels).permute(0, 2, 3, 1)
        seen = self.projection(self.body(pixel_values=normalise(levels, self.mean, self.std)).pooler_output)
        return torch.softmax(nn.functional.normalize(seen, dim=1) @ self.names.T, dim=1)


class Texts(nn.Module):
    """(n, tokens) int64 tokens and mask to (n, C) probabilities."""

    def __init__(self, backbone: Any, head: nn.Module) -> None:
        super().__init__()
        self.body, self.head = backbone.module, head
        self.has_types = "token_type_ids" in backbone.inputs

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        batch = {"input_ids": input_ids, "attention_mask": attention_mask}
        if self.has_types:  # one text alone is of the first type throughout
            batch["token_type_ids"] = torch.zeros_like(input_ids)
        probabilities: Tensor = self.head(self.body(batch).float())
        return probabilities


class Words(nn.Module):
    """(n, terms) counts to (n, C) probabilities: TF-IDF with sublinear counts, each part of length 1, a linear layer.

    ``ends``: where the terms of each vectoriser end. Shape: idf (terms,), weight (C, terms), bias (C,).
    """

    idf: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(
        self, idf: np.ndarray, ends: tuple[int, ...], weight: np.ndarray, bias: np.ndarray, shares: Shares
    ) -> None:
        super().__init__()
        for name, array in (("idf", idf), ("weight", weight), ("bias", bias)):
            self.register_buffer(name, torch.from_numpy(np.array(array, np.float32)))
        self.ends, self.shares = ends, shares

    def forward(self, counts: Tensor) -> Tensor:
        terms = (
            torch.where(counts > 0, torch.log(torch.clamp(counts, min=1.0)) + 1, torch.zeros_like(counts)) * self.idf
        )
        parts = [terms[:, start:end] for start, end in zip((0, *self.ends), self.ends, strict=False)]
        rows = torch.cat([part / torch.clamp(torch.linalg.vector_norm(part, dim=1, keepdim=True), min=1e-12)
                          for part in parts], dim=1)  # fmt: skip
        probabilities: Tensor = self.shares(rows @ self.weight.T + self.bias)
        return probabilities


def graph_of(model: Predictor, tensors: dict[str, Tensor]) -> Graph:
    """The graph of a saved model, in eval mode on the CPU; ``tensors``: those beside its model.json.

    Raises RunError for a model that is no network and no head, and for a CLIP that prepares images in its own way.
    """
    for kind, build in _BUILDERS:
        if isinstance(model, kind):
            graph = build(model, tensors)
            graph.module.eval().requires_grad_(False)
            return graph
    raise RunError(f"A model of rung {model.rung!r} is no network and no head, so it does not leave as ONNX.")


def _images(model: Any, tensors: dict[str, Tensor]) -> Graph:
    module = Images(model.backbone, head_of(model.spec, tensors, model.backbone))
    return Graph("images", module, (torch.zeros(2, 50, 70, 3, dtype=torch.uint8),), ("pixels",),
                 ({0: "n", 1: "height", 2: "width"},))  # fmt: skip


def _clip(model: Any, tensors: dict[str, Tensor]) -> Graph:
    clip: ClipModel = model.model
    if not clip.crops_as_usual:
        raise RunError(
            f"{clip.name} prepares images in a way of its own (preprocessor_config.json), which the graph does not "
            f"have. Use the model here: advisor predict, advisor serve."
        )
    module = ClipImages(clip, model.words)
    return Graph("images", module, (torch.zeros(2, 50, 70, 3, dtype=torch.uint8),), ("pixels",),
                 ({0: "n", 1: "height", 2: "width"},))  # fmt: skip


def _texts(model: Any, tensors: dict[str, Tensor]) -> Graph:
    batch = model.backbone.tokenize(["A first text.", "Another text that is a little longer than the first."])
    example = (batch["input_ids"], batch["attention_mask"])
    sizes = {0: "n", 1: "tokens"}
    module = Texts(model.backbone, head_of(model.spec, tensors, model.backbone))
    return Graph("texts", module, example, ("input_ids", "attention_mask"), (sizes, sizes))


def _words(model: Any, tensors: dict[str, Tensor]) -> Graph:
    idf = [part.idf_ for part in model.model.parts]
    ends = tuple(int(end) for end in np.cumsum([len(part) for part in idf]))
    module = Words(np.concatenate(idf), ends, model.model.weight, model.model.bias, Shares(model.spec["head"]))
    return Graph("words", module, (torch.ones(2, ends[-1]),), ("counts",), ({0: "n"},))


_BUILDERS: tuple[tuple[type[Predictor], Callable[[Any, dict[str, Tensor]], Graph]], ...] = (
    (ImageClassifier, _images),
    (ClipPredictor, _clip),
    (TextClassifier, _texts),
    (WordsPredictor, _words),
)
