"""The heads of `advisor.rungs.saved.heads` as modules of torch: features (n, d) to class probabilities (n, C)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.errors import RunError
from advisor.rungs.saved.heads import TEMPERATURE, temperature_of
from probes import neighbours


class Shares(nn.Module):
    """What makes probabilities of logits: each one's sigmoid where a head has thresholds, else their softmax."""

    def __init__(self, head: dict[str, Any]) -> None:
        super().__init__()
        self.several = "thresholds" in head
        self.temperature = 1.0 if self.several else temperature_of(head)

    def forward(self, logits: Tensor) -> Tensor:
        return torch.sigmoid(logits) if self.several else torch.softmax(logits / self.temperature, dim=1)


class Linear(nn.Module):
    """Logits as probabilities. Shape: weight (C, d), bias (C,)."""

    def __init__(self, weight: np.ndarray, bias: np.ndarray, shares: Shares) -> None:
        super().__init__()
        self.layer = nn.Linear(weight.shape[1], weight.shape[0])
        self.layer.load_state_dict({"weight": _tensor(weight), "bias": _tensor(bias)})
        self.shares = shares

    def forward(self, features: Tensor) -> Tensor:
        probabilities: Tensor = self.shares(self.layer(features))
        return probabilities


class Neighbours(nn.Module):
    """The k nearest labelled examples vote, as in `probes.neighbours.vote`: a matrix product and the k largest.

    Shape: memory (m, d), labels (m,).
    """

    memory: Tensor
    votes: Tensor

    def __init__(self, memory: np.ndarray, labels: np.ndarray, k: int, n_classes: int) -> None:
        super().__init__()
        self.register_buffer("memory", _tensor(neighbours.unit_rows(memory)))
        self.register_buffer(
            "votes", nn.functional.one_hot(torch.from_numpy(labels.astype(np.int64)), n_classes).float()
        )
        self.k = min(k, len(memory))

    def forward(self, features: Tensor) -> Tensor:
        closeness, near = torch.topk(_unit(features) @ self.memory.T, self.k, dim=1)
        weight = torch.exp((closeness - closeness[:, :1]) / neighbours.TEMPERATURE)
        votes = (weight[:, :, None] * self.votes[near]).sum(1)
        return votes / votes.sum(1, keepdim=True)


class Votes(Neighbours):
    """The k nearest labelled examples vote on each label. Shape: memory (m, d), targets (m, C) of 0 and 1."""

    def __init__(self, memory: np.ndarray, targets: np.ndarray, k: int) -> None:
        super().__init__(memory, np.zeros(len(memory)), k, 1)
        self.votes = _tensor(targets)

    def forward(self, features: Tensor) -> Tensor:
        closeness, near = torch.topk(_unit(features) @ self.memory.T, self.k, dim=1)
        weight = torch.exp((closeness - closeness[:, :1]) / neighbours.TEMPERATURE)
        votes: Tensor = (weight[:, :, None] * self.votes[near]).sum(1) / weight.sum(1, keepdim=True)
        return votes


class Similar(nn.Module):
    """Similarities with class names as probabilities: their softmax, or each one's own logistic curve, (C,) twice."""

    curves: Tensor

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        self.several = "slopes" in arrays
        self.register_buffer(
            "curves", _tensor(np.stack([arrays["slopes"], arrays["shifts"]])) if self.several else torch.zeros(2, 1)
        )

    def forward(self, scores: Tensor) -> Tensor:
        if self.several:
            return torch.sigmoid(scores * self.curves[0] + self.curves[1])
        return torch.softmax(scores / TEMPERATURE, dim=1)


class Names(nn.Module):
    """Class names decide by their cosine with the text. Shape: names (C, d)."""

    names: Tensor

    def __init__(self, names: np.ndarray, similar: Similar) -> None:
        super().__init__()
        self.similar = similar
        self.register_buffer("names", _tensor(neighbours.unit_rows(names)))

    def forward(self, features: Tensor) -> Tensor:
        probabilities: Tensor = self.similar(_unit(features) @ self.names.T)
        return probabilities


class ImageNetNames(nn.Module):
    """Class names decide by ConSE, as in `probes.zero_shot.conse`. Shape: imagenet (1000, e), names (C, e)."""

    imagenet: Tensor
    names: Tensor
    centre: Tensor

    def __init__(self, source: nn.Linear, imagenet: np.ndarray, names: np.ndarray, top: int, similar: Similar) -> None:
        super().__init__()
        self.similar = similar
        self.source, self.top = source, min(top, len(imagenet))
        centre = imagenet.astype(np.float32).mean(axis=0)
        self.register_buffer("imagenet", _tensor(imagenet))
        self.register_buffer("centre", _tensor(centre))
        self.register_buffer("names", _tensor(neighbours.unit_rows(names - centre)))

    def forward(self, features: Tensor) -> Tensor:
        share, near = torch.topk(torch.softmax(self.source(features), dim=1), self.top, dim=1)
        share = share / share.sum(1, keepdim=True)
        mixed = (share[:, :, None] * self.imagenet[near]).sum(1) - self.centre
        probabilities: Tensor = self.similar(_unit(mixed) @ self.names.T)
        return probabilities


def head_of(spec: dict[str, Any], tensors: dict[str, Tensor], backbone: Any) -> nn.Module:
    """The head that a model.json describes, as `build_head` of the saved models does. Raises RunError for another."""
    head = spec["head"]
    arrays = {name: tensor.float().numpy() for name, tensor in tensors.items() if not name.startswith("backbone.")}
    if head["type"] == "linear":
        return Linear(arrays["head.weight"], arrays["head.bias"], Shares(head))
    if head["type"] == "neighbours" and "thresholds" in head:
        return Votes(arrays["memory"], arrays["targets"], int(head["k"]))
    if head["type"] == "neighbours":
        return Neighbours(arrays["memory"], arrays["labels"], int(head["k"]), len(spec["classes"]))
    if head["type"] == "class names" and "imagenet_embeddings" not in arrays:
        return Names(arrays["class_embeddings"], Similar(arrays))
    if head["type"] == "class names":
        return ImageNetNames(
            backbone.source_head,
            arrays["imagenet_embeddings"],
            arrays["class_embeddings"],
            int(head.get("top", 10)),
            Similar(arrays),
        )
    raise RunError(f"A head of type {head['type']!r} cannot be exported by this program. Update it.")


def _unit(rows: Tensor) -> Tensor:
    return rows / torch.clamp(torch.linalg.vector_norm(rows, dim=1, keepdim=True), min=1e-12)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32))
