"""One process of a timed fit: ``python -m benchmarks.scale.steps BATCH STEPS``; process 0 prints JSON.

EfficientNet-Lite0 on digits at 96 px, all blocks. After the fit the processes exchange as many numbers as the gradient
has, for what the exchange alone takes.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image
from sklearn.datasets import load_digits

from advisor.training import parallel
from advisor.training.augmentation import Augmentation
from advisor.training.loop import fit, take_part
from advisor.training.network import build
from advisor.training.objectives import Classification
from advisor.training.problem import Problem
from advisor.training.settings import Settings
from advisor.training.sources import ImageSource
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone

EXCHANGES, ITEMS = 15, 320


class Digits:
    """Reads digits as pictures."""

    def __init__(self) -> None:
        self.pixels = (16 * load_digits().images).clip(0, 255).astype(np.uint8)

    def __call__(self, row: int) -> Image.Image:
        return Image.fromarray(self.pixels[row]).convert("RGB")


def problem() -> Problem:
    """Ten classes, 320 items to train on, 80 to judge by."""
    backbone = ImageBackbone.load(catalog.find("efficientnet-lite0"), device="cpu", input_size=96)
    labels, read = load_digits().target.astype(np.int64), Digits()
    how = Augmentation(flip=False, rotation_degrees=5.0)
    return Problem(
        network=build(backbone, 10, hold_batch_norm=True),
        train=ImageSource(read, ITEMS, backbone, how),
        val=ImageSource(lambda row: read(ITEMS + row), 80, backbone),
        objective=Classification(),
        labels_train=labels[:ITEMS],
        labels_val=labels[ITEMS : ITEMS + 80],
        n_classes=10,
        metric="accuracy",
    )


def exchange_seconds(n: int) -> float:
    """The median time of summing `n` float32 numbers over all processes."""
    flat, taken = torch.zeros(n), []
    for _ in range(EXCHANGES):
        dist.barrier()
        started = time.monotonic()
        dist.all_reduce(flat)
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def main(batch: int, steps: int) -> None:
    """Fit, time the exchange, print."""
    settings = Settings(1e-3, 1e-2, batch_size=batch, steps=steps, n_evaluations=1, first_look=False, patience=0)
    with parallel.joined("cpu") as crew:
        one = problem()
        n = sum(parameter.numel() for parameter in one.network.parameters())
        if crew is not None and crew.rank > 0:
            take_part(crew)
            exchange_seconds(n)
            return
        result = fit(one, settings)
        if crew is not None:
            crew.dismiss()
        exchange = exchange_seconds(n) if crew is not None else 0.0
        print(json.dumps({"step": batch / result.items_per_second, "exchange": exchange, "value": result.value}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
