"""A backbone with a head on it, and which of its parameters learn how fast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.training.modality import Modality, modality_of
from advisor.training.problem import Problem
from advisor.training.settings import Settings
from probes.hooks import LAST, hooked, inner

if TYPE_CHECKING:
    from advisor.data.features import Backbone

_BATCH_NORM = nn.modules.batchnorm._BatchNorm


class Classifier(nn.Module):
    """Backbone module, then one linear layer: inputs to (n, C) logits. ``modality``: what the backbone reads.

    With ``hold_batch_norm`` the batch norm layers stay in inference mode while training, since batches of a small
    set give worse statistics than ImageNet did.
    """

    def __init__(self, backbone: nn.Module, head: nn.Linear, modality: Modality, hold_batch_norm: bool) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head
        self.modality, self.hold_batch_norm = modality, hold_batch_norm

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
    return backbone if size == backbone.input_size else modality_of(backbone.entry.kind).resized(backbone, size)


def at_layers(backbone: Backbone, layers: Sequence[str]) -> Backbone:
    """The backbone with the outputs of these layers side by side as its features; the plain one where that is all."""
    if tuple(layers) == (LAST,):
        return backbone
    return hooked(backbone, layers)  # type: ignore[return-value]  # everything else is the plain backbone's


def layers_of(backbone: Backbone) -> tuple[str, ...]:
    """What `at_layers` was asked for."""
    return tuple(getattr(backbone, "names", (LAST,)))


def linear(dim: int, n_classes: int, weight: np.ndarray | None = None, bias: np.ndarray | None = None) -> nn.Linear:
    """A linear layer with the given weight (C, d) and bias (C,), or zeros: a start that favours no class."""
    with torch.random.fork_rng(devices=[]):
        layer = nn.Linear(dim, n_classes)
    with torch.no_grad():
        layer.weight.zero_() if weight is None else layer.weight.copy_(torch.from_numpy(np.array(weight, np.float32)))
        layer.bias.zero_() if bias is None else layer.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
    return layer


def build(
    backbone: Backbone, n_classes: int, hold_batch_norm: bool, head: Any = None, kind: type[Classifier] = Classifier
) -> Classifier:
    """A classifier on the backbone's device; `head` has ``weight`` (C, d) and ``bias`` (C,), zeros without it."""
    layer = linear(backbone.dim, n_classes, *(() if head is None else (head.weight, head.bias)))
    modality = modality_of(backbone.entry.kind)
    network = kind(backbone.module, layer.to(backbone.device), modality, hold_batch_norm)
    modality.lay_out(network)
    return network


def quick_batch_norm(network: nn.Module, momentum: float = 0.1) -> None:
    """Let running statistics follow within tens of steps: at 0.01 a short run from scratch evaluates on noise."""
    for module in network.modules():
        if isinstance(module, _BATCH_NORM):
            module.momentum = momentum


def whole_state(network: Classifier) -> dict[str, Tensor]:
    """Every weight under ``backbone.`` and ``head.``, as a model file holds them: the plain backbone's names."""
    return {
        **{f"backbone.{name}": tensor.detach() for name, tensor in inner(network.backbone).state_dict().items()},
        **{f"head.{name}": tensor.detach() for name, tensor in network.head.state_dict().items()},
    }


def learning_groups(problem: Problem, settings: Settings) -> list[dict[str, Any]]:
    """The parameters that learn and how fast: the problem's own groups, else those of a classifier's blocks."""
    if problem.groups is not None:
        return problem.groups(problem.network, settings)
    if not isinstance(problem.network, Classifier):
        raise TypeError(f"A {type(problem.network).__name__} is no Classifier: say with Problem.groups what learns.")
    network = problem.network
    return parameter_groups(network.head, network.modality.blocks(inner(network.backbone)), settings)


def parameter_groups(head: nn.Module, blocks: list[list[nn.Parameter]], settings: Settings) -> list[dict[str, Any]]:
    """Optimizer groups: each block learns `layer_decay` times as fast as the next; vectors are not decayed.

    Blocks below `layer_share` are frozen (``requires_grad`` off).
    """
    n_learning = round(settings.layer_share * len(blocks))
    groups: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        learns = index >= len(blocks) - n_learning
        for parameter in block:
            parameter.requires_grad_(learns)
        if learns:
            rate = settings.learning_rate * settings.layer_decay ** (len(blocks) - 1 - index)
            groups += _split_by_decay(block, rate, settings.weight_decay)
    return groups + _split_by_decay(list(head.parameters()), settings.head_learning_rate, settings.weight_decay)


def _split_by_decay(parameters: list[nn.Parameter], rate: float, weight_decay: float) -> list[dict[str, Any]]:
    matrices = [p for p in parameters if p.ndim > 1]
    vectors = [p for p in parameters if p.ndim <= 1]
    groups = [(matrices, weight_decay), (vectors, 0.0)]
    return [{"params": p, "lr": rate, "base": rate, "weight_decay": decay} for p, decay in groups if p]
