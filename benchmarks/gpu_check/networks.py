"""Large networks from random weights, fed with random pixels from memory, and what a pass through them costs."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import timm
import torch
from PIL import Image
from torch import Tensor, nn

from advisor.training.network import build
from advisor.training.objectives import Classification, cross_entropies
from advisor.training.problem import Problem
from advisor.training.settings import Settings
from advisor.training.sources import ImageSource
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone

N_CLASSES = 10


def random_backbone(name: str, device: str, size: int) -> ImageBackbone:
    """A timm network with random weights, which are made on the device."""
    sized = {"img_size": size} if name.startswith("vit") else {}
    with torch.device(device):
        module = timm.create_model(name, pretrained=False, num_classes=0, **sized)
    entry = catalog.default("image")
    return ImageBackbone(
        entry, module.eval(), None, int(module.num_features), size, entry.mean, entry.std, "random:0", device
    )


def problem(backbone: ImageBackbone, n: int) -> Problem:
    """Random pixels and labels as a training part of n items, decoded once; two of them to look at."""
    rng, size = np.random.default_rng(0), backbone.input_size
    images = [Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8)) for _ in range(8)]
    labels = rng.integers(0, N_CLASSES, n).astype(np.int64)
    return Problem(
        network=build(backbone, N_CLASSES, hold_batch_norm=True),
        train=ImageSource(lambda i: images[i % 8], n, backbone),
        val=ImageSource(lambda i: images[i % 8], 2, backbone),
        objective=Classification(),
        labels_train=labels,
        labels_val=labels[:2],
        n_classes=N_CLASSES,
        metric="accuracy",
        device=backbone.device,
    )


def settings(batch_size: int, steps: int, precision: str) -> Settings:
    """So many steps, all layers, nothing looked at on the way and nothing kept."""
    return Settings(
        learning_rate=1e-4, head_learning_rate=1e-4, batch_size=batch_size, steps=steps, n_evaluations=0, patience=0,
        first_look=False, rollbacks=0, max_epochs=1e6, autocast=precision,
    )  # fmt: skip


def parameters(module: nn.Module) -> int:
    """How many weights."""
    return sum(parameter.numel() for parameter in module.parameters())


def step_flops(network: nn.Module, inputs: Tensor) -> float:
    """Floating-point operations of a training step for an item, forward and backward, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        network(inputs).sum().backward()
    network.zero_grad(set_to_none=True)
    return float(counter.get_total_flops()) / len(inputs)


class PlainLoop:
    """A training step as torch's documentation writes it, on a batch that lies on the device."""

    def __init__(self, network: nn.Module, inputs: Any, labels: Tensor, precision: str, fused: bool = False) -> None:
        self.network, self.inputs, self.labels = network.train(), inputs, labels
        learning = [p for p in network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(learning, lr=1e-4, fused=fused)
        self.device, self.dtype = labels.device.type, getattr(torch, precision)

    def __call__(self) -> None:
        """One step."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device, dtype=self.dtype, enabled=self.dtype != torch.float32):
            loss = cross_entropies(self.network(self.inputs), self.labels, 0.1).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()


def batch_of(task: Problem, n: int) -> tuple[Tensor, Tensor]:
    """The first n items as the source prepares them, and their labels, on the device."""
    positions = np.arange(n)
    inputs: Any = task.train.inputs(task.train.raw(positions), None)
    return inputs, torch.from_numpy(task.labels_train[positions]).to(task.device)


def longer(of: Settings, steps: int) -> Settings:
    """The same settings with another number of steps."""
    return dataclasses.replace(of, steps=steps)
