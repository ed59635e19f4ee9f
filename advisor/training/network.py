"""A backbone with a head on it, and which of its parameters learn how fast."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.hooks import LAST, hooked, inner

if TYPE_CHECKING:
    from advisor.data.features import Backbone

_BATCH_NORM = nn.modules.batchnorm._BatchNorm


class Classifier(nn.Module):
    """Backbone module, then one linear layer: inputs to (n, C) logits.

    With ``hold_batch_norm`` the batch norm layers stay in inference mode while training, since batches of a small
    set give worse statistics than ImageNet did.
    """

    def __init__(self, backbone: nn.Module, head: nn.Linear, hold_batch_norm: bool = False) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head
        self.hold_batch_norm = hold_batch_norm

    def forward(self, inputs: Any) -> Tensor:
        logits: Tensor = self.head(self.backbone(inputs))
        return logits

    def train(self, mode: bool = True) -> Classifier:
        super().train(mode)
        if mode and self.hold_batch_norm:
            for module in self.modules():
                if isinstance(module, _BATCH_NORM):
                    module.eval()
        return self


def at_size(backbone: Backbone, size: int) -> Backbone:
    """The same network fed with another input size: pixels for images, at most so many tokens for texts."""
    if size == backbone.input_size:
        return backbone
    changed: dict[str, Any] = {"input_size" if backbone.entry.kind == "image" else "max_tokens": size}
    resized: Backbone = dataclasses.replace(backbone, **changed)
    return resized


def at_depths(backbone: Backbone, depths: Sequence[str], mirrored: bool = False) -> Backbone:
    """The backbone with these depths side by side as its features; the plain one where that is all it is."""
    if tuple(depths) == (LAST,) and not mirrored:
        return backbone
    return hooked(backbone, depths, mirrored)  # type: ignore[return-value]  # everything else is the plain backbone's


def depths_of(backbone: Backbone) -> tuple[str, ...]:
    """What `at_depths` was asked for."""
    return tuple(getattr(backbone, "names", (LAST,)))


def linear(dim: int, n_classes: int, weight: np.ndarray | None = None, bias: np.ndarray | None = None) -> nn.Linear:
    """A linear layer with the given weight (C, d) and bias (C,), or zeros: a start that favours no class."""
    with torch.random.fork_rng(devices=[]):
        layer = nn.Linear(dim, n_classes)
    with torch.no_grad():
        layer.weight.zero_() if weight is None else layer.weight.copy_(torch.from_numpy(np.array(weight, np.float32)))
        layer.bias.zero_() if bias is None else layer.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
    return layer


def build(backbone: Backbone, n_classes: int, hold_batch_norm: bool, head: Any = None) -> Classifier:
    """A classifier on the backbone's device; `head` has ``weight`` (C, d) and ``bias`` (C,), zeros without it."""
    layer = linear(backbone.dim, n_classes, *(() if head is None else (head.weight, head.bias)))
    network = Classifier(backbone.module, layer.to(backbone.device), hold_batch_norm)
    if backbone.entry.kind == "image":
        network = network.to(memory_format=torch.channels_last)
    return network


def quick_batch_norm(network: nn.Module, momentum: float = 0.1) -> None:
    """Let running statistics follow within tens of steps: at 0.01 a short run from scratch evaluates on noise."""
    for module in network.modules():
        if isinstance(module, _BATCH_NORM):
            module.momentum = momentum


def block_groups(network: Classifier, kind: str) -> list[list[nn.Parameter]]:
    """The backbone's parameters from the stem to the last block."""
    if kind == "image":
        from probes.backbones.image import blocks
    else:
        from probes.backbones.text import blocks
    return blocks(inner(network.backbone))


def whole_state(network: Classifier) -> dict[str, Tensor]:
    """Every weight under ``backbone.`` and ``head.``, as a model file holds them: the plain backbone's names."""
    return {
        **{f"backbone.{name}": tensor.detach() for name, tensor in inner(network.backbone).state_dict().items()},
        **{f"head.{name}": tensor.detach() for name, tensor in network.head.state_dict().items()},
    }


def parameter_groups(
    network: Classifier,
    blocks: list[list[nn.Parameter]],
    learning_rate: float,
    head_learning_rate: float,
    weight_decay: float,
    layer_decay: float = 1.0,
    depth: float = 1.0,
) -> list[dict[str, Any]]:
    """Optimizer groups: each block learns `layer_decay` times as fast as the next; vectors are not decayed.

    ``depth`` is the share of the blocks that learn, counted from the top; the rest is frozen (``requires_grad`` off).
    """
    n_learning = round(depth * len(blocks))
    groups: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        learns = index >= len(blocks) - n_learning
        for parameter in block:
            parameter.requires_grad_(learns)
        if learns:
            rate = learning_rate * layer_decay ** (len(blocks) - 1 - index)
            groups += _split_by_decay(block, rate, weight_decay)
    return groups + _split_by_decay(list(network.head.parameters()), head_learning_rate, weight_decay)


def _split_by_decay(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> list[dict[str, Any]]:
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    groups = [(matrices, weight_decay), (vectors, 0.0)]
    return [{"params": p, "lr": rate, "base": rate, "weight_decay": decay} for p, decay in groups if p]
