"""Whether torch.compile and CUDA graphs pay: forward passes and a training step, against the same without them.

Nothing is held against a bound: where a gain of 1.2 or more shows, it is worth building in.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from advisor.training.recipes import training_precision
from benchmarks.figures import Figure
from benchmarks.gpu_check import networks
from benchmarks.gpu_check.check import NO_GPU, Check, NotRun, told
from benchmarks.gpu_check.timing import out_of_a_loop, seconds_of

#: (timm's name, pixels, items a batch): a network of small kernels, as the default backbone has, and one of large ones.
LARGE = (("tf_efficientnet_lite0", 224, 32), ("tf_efficientnet_lite0", 224, 256), ("vit_base_patch16_224", 224, 128))
SMALL = (("test_vit", 160, 4),)
#: The training step that is compiled too.
STEP, SMALL_STEP = ("tf_efficientnet_lite0", 128, 16), ("test_vit", 160, 4)


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """Gains, as seconds without over seconds with."""
    missing = compiler_missing()
    for name, size, n in SMALL if check.small or not check.on_gpu else LARGE:
        yield from _forward(check, name, size, n, missing)
    yield from _steps(check, missing)


def compiler_missing() -> str:
    """Why nothing can be compiled here; empty where it can."""
    if not any(shutil.which(name) for name in ("g++", "clang++", "c++", "gcc", "cc")):
        return "no C compiler"
    return ""


def _forward(check: Check, name: str, size: int, n: int, missing: str) -> Iterator[Figure | NotRun]:
    backbone = networks.random_backbone(name, check.device, size)
    module: Callable[[Tensor], Any] = backbone.module.to(memory_format=torch.channels_last)
    batch = backbone.prepare(torch.randint(0, 256, (n, size, size, 3), dtype=torch.uint8))
    batch = batch.contiguous(memory_format=torch.channels_last)
    what = f"forward pass of {name}, {n} a batch"
    passes = 20 if check.on_gpu else 5
    with torch.inference_mode(), torch.autocast(check.device, dtype=torch.bfloat16, enabled=check.on_gpu):
        plain = out_of_a_loop(lambda: module(batch), check.device, passes)
        yield told(what, n / plain, "items/s", f"{size} px, eager")
        if check.on_gpu:
            graph = _captured(module, batch)
            gain = plain / out_of_a_loop(graph.replay, check.device, passes)
            yield told(f"{what}: gain of a CUDA graph", gain, "times", f"{size} px")
        else:
            yield NotRun(f"{what}: gain of a CUDA graph", NO_GPU)
        if missing:
            yield NotRun(f"{what}: gain of compiling", missing)
            return
        compiled = torch.compile(module)
        gain = plain / out_of_a_loop(lambda: compiled(batch), check.device, passes)
        yield told(f"{what}: gain of compiling", gain, "times", f"{size} px")


def _captured(module: Callable[[Tensor], Any], batch: Tensor) -> torch.cuda.CUDAGraph:
    """The forward pass over this batch as a CUDA graph, after passes on a stream of its own as torch asks for."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream), torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
        for _ in range(3):
            module(batch)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False), torch.cuda.graph(graph):
        module(batch)
    return graph


def _steps(check: Check, missing: str) -> Iterator[Figure | NotRun]:
    """A training step of the default kind, a small batch of small images: with a fused optimizer, and compiled."""
    name, size, n = SMALL_STEP if check.small or not check.on_gpu else STEP
    task = networks.problem(networks.random_backbone(name, check.device, size), n)
    inputs, labels = networks.batch_of(task, n)
    precision = training_precision(check.device)
    plain = seconds_of(networks.PlainLoop(task.network, inputs, labels, precision), check.device)
    how = f"{size} px, {n} a batch, {precision}, {plain * 1e3:.1f} ms without"
    fused = seconds_of(networks.PlainLoop(task.network, inputs, labels, precision, fused=True), check.device)
    yield told(f"training step of {name}: gain of a fused optimizer", plain / fused, "times", how)
    if missing or check.small:
        yield NotRun(f"training step of {name}: gain of compiling", missing or "a small check")
        return
    network: Any = torch.compile(task.network)
    quick = seconds_of(networks.PlainLoop(network, inputs, labels, precision), check.device)
    yield told(f"training step of {name}: gain of compiling", plain / quick, "times", how)
