"""A step of fine-tuning for `make bench-speed`, against the loop of torch's documentation on the same batch.

Both sides train every layer of the same weights in float32, on the same inputs. The plain loop is that of PyTorch's
tutorial "Optimizing Model Parameters" with AdamW and the same smoothed loss; it takes the network as it was loaded, and
its batch lies in memory. A step of the training loop is what a longer fit takes more than a shorter one: it draws its
batches, clips the gradient, schedules the rate and writes down what it did.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.figures import Figure

OVER_PLAIN = 1.0
#: Items of a batch, classes, steps of the shorter and the longer fit, and rounds in which both sides take turns.
BATCH, CLASSES, FEW, MANY, ROUNDS = 32, 10, 2, 6, 5
IMAGE_PX, TOKENS = 128, 64


def figures() -> Iterator[Figure]:
    """Images, then texts."""
    yield _figure(f"a step on {BATCH} images of {IMAGE_PX} px over a plain one", *_of_images())
    yield _figure(f"a step on {BATCH} texts of {TOKENS} tokens over a plain one", *_of_texts())


def _figure(name: str, task: Any, plain: Any) -> Figure:
    from advisor.training.loop import fit
    from benchmarks.gpu_check import networks
    from benchmarks.speed import Spent, spent

    base = networks.settings(BATCH, FEW, "float32")

    def round_() -> tuple[Spent, Spent]:
        short = spent(lambda: fit(task, base))
        long = spent(lambda: fit(task, networks.longer(base, MANY)))
        steps = spent(lambda: [plain() for _ in range(MANY - FEW)])
        return Spent(long.processor - short.processor, long.clock - short.clock), steps

    round_()  # chooses kernels
    rounds = [round_() for _ in range(ROUNDS)]
    value = statistics.median(ours.processor / other.processor for ours, other in rounds)
    clock = statistics.median(ours.clock / other.clock for ours, other in rounds)
    each = statistics.median(ours.clock for ours, _ in rounds) / (MANY - FEW)
    how = f"{1000 * each:.0f} ms a step; by the clock {clock:.2f}"
    return Figure("training", name, value, "times", "at most", (OVER_PLAIN,), how)


def _of_images() -> tuple[Any, Any]:
    """The problem, and a plain step on its first batch."""
    from benchmarks.gpu_check import networks
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone

    ours, plain = (ImageBackbone.load(catalog.default("image"), input_size=IMAGE_PX) for _ in range(2))
    task = networks.problem(ours, 4 * BATCH)
    return task, _plain(plain, task)


def _of_texts() -> tuple[Any, Any]:
    """The problem, and a plain step on its first batch."""
    from advisor.training.network import build
    from advisor.training.objectives import Classification
    from advisor.training.problem import Problem
    from advisor.training.sources import TextSource
    from probes.backbones import catalog
    from probes.backbones.text import TextBackbone

    rng = np.random.default_rng(0)
    words = "time year people way day man thing woman life child world school state family student group".split()
    texts = [" ".join(rng.choice(words, TOKENS - 2)) for _ in range(4 * BATCH)]  # a piece each, between two others
    labels = rng.integers(0, CLASSES, len(texts)).astype(np.int64)

    ours, plain = (TextBackbone.load(catalog.default("text")) for _ in range(2))
    source = TextSource(texts, ours)
    task = Problem(
        network=build(ours, CLASSES, hold_batch_norm=True), train=source, val=source, n_classes=CLASSES,
        objective=Classification(), labels_train=labels, labels_val=labels, metric="accuracy",
    )  # fmt: skip
    return task, _plain(plain, task)


def _plain(backbone: Any, task: Any) -> Any:
    """A plain step of a network that is nothing but the backbone's module and a linear layer."""
    import torch
    from torch import nn

    from benchmarks.gpu_check import networks

    inputs, labels = networks.batch_of(task, BATCH)
    if isinstance(inputs, torch.Tensor):
        inputs = inputs.contiguous()
    network = nn.Sequential(backbone.module, nn.Linear(backbone.dim, CLASSES))
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    return networks.PlainLoop(network, inputs, labels, "float32")
