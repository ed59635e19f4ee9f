"""Whether torch.compile and CUDA graphs pay: forward passes and a training step, against the same without them.

Nothing is held against a bound: where a gain of 1.2 or more shows, it is worth building in.
"""

from __future__ import annotations

import importlib.util
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
from probes.errors import first_line

#: (timm's name, pixels, items a batch): a network of small kernels, as the default backbone has, and one of large ones.
LARGE = (("tf_efficientnet_lite0", 224, 256), ("vit_base_patch16_224", 224, 128), ("tf_efficientnet_lite0", 224, 32))
SMALL = (("test_vit", 160, 4),)
#: The training step that is compiled too.
STEP, SMALL_STEP = ("tf_efficientnet_lite0", 128, 16), ("test_vit", 160, 4)


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """Gains, as seconds without over seconds with; the training step first, since compiling may fill the time."""
    yield from _steps(check)
    for name, size, n in SMALL if check.small or not check.on_gpu else LARGE:
        yield from _forward(check, name, size, n)


def compiled(module: Any, batch: Tensor) -> tuple[Any, str]:
    """The module compiled for this batch, or None and why not: a compiler is missing, or it fails."""
    if not any(shutil.which(name) for name in ("g++", "clang++", "c++", "gcc", "cc")):
        return None, "no C compiler"
    if batch.device.type == "cuda" and importlib.util.find_spec("triton") is None:
        return None, "triton is not installed"
    quick: Any = torch.compile(module, dynamic=False)
    try:
        quick(batch)
    except Exception as error:  # compilers raise what they like, and none of it is a failure of the check
        return None, f"compiling failed: {first_line(error)}"
    return quick, ""


def _forward(check: Check, name: str, size: int, n: int) -> Iterator[Figure | NotRun]:
    backbone = networks.random_backbone(name, check.device, size)
    module = backbone.module.to(memory_format=torch.channels_last)
    batch = backbone.prepare(torch.randint(0, 256, (n, size, size, 3), dtype=torch.uint8))
    batch = batch.contiguous(memory_format=torch.channels_last)
    what = f"{name}, {n} a batch"
    passes = 20 if check.on_gpu else 5
    with torch.inference_mode(), torch.autocast(check.device, dtype=torch.bfloat16, enabled=check.on_gpu):
        plain = out_of_a_loop(lambda: module(batch), check.device, passes)
        yield told(f"{what}: forward pass", n / plain, "items/s", f"{size} px, eager")
        replay, why = _captured(module, batch) if check.on_gpu else (None, NO_GPU)
        if replay is None:
            yield NotRun(f"{what}: gain of a CUDA graph", why)
        else:
            gain = plain / out_of_a_loop(replay, check.device, passes)
            yield told(f"{what}: gain of a CUDA graph", gain, "times", "forward pass")
        quick, why = compiled(module, batch)
        if quick is None:
            yield NotRun(f"{what}: gain of compiling", why)
            return
        gain = plain / out_of_a_loop(lambda: quick(batch), check.device, passes)
        yield told(f"{what}: gain of compiling", gain, "times", "forward pass")


def _captured(module: Callable[[Tensor], Any], batch: Tensor) -> tuple[Callable[[], None] | None, str]:
    """The forward pass over this batch as a CUDA graph to replay, or None and why it cannot be captured."""
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):  # torch asks for some passes on a stream of their own
                for _ in range(3):
                    module(batch)
            torch.cuda.current_stream().wait_stream(stream)
            with torch.cuda.graph(graph):
                module(batch)
    except RuntimeError as error:
        return None, f"capturing failed: {first_line(error)}"
    return graph.replay, ""


def _steps(check: Check) -> Iterator[Figure | NotRun]:
    """A training step of the default kind, a small batch of small images: with a fused optimizer, and compiled."""
    name, size, n = SMALL_STEP if check.small or not check.on_gpu else STEP
    task = networks.problem(networks.random_backbone(name, check.device, size), n)
    inputs, labels = networks.batch_of(task, n)
    precision = training_precision(check.device)
    plain = seconds_of(networks.PlainLoop(task.network, inputs, labels, precision), check.device)
    how = f"{size} px, {n} a batch, {precision}, {plain * 1e3:.1f} ms without"
    fused = seconds_of(networks.PlainLoop(task.network, inputs, labels, precision, fused=True), check.device)
    yield told(f"{name}, step: gain of a fused optimizer", plain / fused, "times", how)
    what = f"{name}, step: gain of compiling"
    if check.small:
        yield NotRun(what, "a small check")
        return
    network, why = compiled(task.network, inputs)
    if network is None:
        yield NotRun(what, why)
        return
    quick = seconds_of(networks.PlainLoop(network, inputs, labels, precision), check.device)
    yield told(what, plain / quick, "times", how)
