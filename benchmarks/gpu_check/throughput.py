"""How much of the device large networks use: ViT-B and a network of a billion weights, random, in bfloat16.

Utilisation is operations a second over the device's peak, with the operations of forward and backward pass as torch
counts them (Chowdhery et al., "PaLM", JMLR 2023, https://arxiv.org/abs/2204.02311, appendix B). Steps are those of the
training loop itself: the time of a longer fit less that of a shorter one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from advisor.training.loop import fit
from advisor.training.problem import Problem
from advisor.training.recipes import training_precision
from benchmarks.figures import Figure
from benchmarks.gpu_check import networks
from benchmarks.gpu_check.check import Check, NotRun, held, told
from benchmarks.gpu_check.device import peak_tflops
from benchmarks.gpu_check.timing import out_of_a_loop, wait
from probes.memory import is_out_of_memory

#: Model FLOP utilisation of training, and the loop's step over a plain one.
UTILISATION, OVER_PLAIN = 0.4, 1.1
#: (timm's name, pixels, items a batch), with a GPU and without.
LARGE = (("vit_base_patch16_224", 224, 128), ("vit_giant_patch14_224", 224, 48))
SMALL = (("test_vit", 160, 4),)


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """Each network in turn."""
    peak, against = peak_tflops(check.device)
    for name, size, batch_size in SMALL if check.small else LARGE:
        if not check.on_gpu and not check.small:
            batch_size = 2
        try:
            yield from _network(check, name, size, batch_size, (peak, against))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            yield NotRun(f"training {name}", "the device has too little memory")


def _network(check: Check, name: str, size: int, batch_size: int, peak: tuple[float, str]) -> Iterator[Figure | NotRun]:
    backbone = networks.random_backbone(name, check.device, size)
    task = networks.problem(backbone, 4 * batch_size)
    precision = training_precision(check.device) if check.on_gpu else "float32"
    n = networks.parameters(task.network)
    title = f"{name.removesuffix('_224')} ({n / 1e6:.3g} M)"
    flops = networks.step_flops(task.network, networks.batch_of(task, 2)[0])
    how = f"{size} px, {batch_size} a batch, {precision}, {flops / 1e9:.3g} GFLOP an item and step"

    def used(rate: float, share: float = 1.0) -> float:
        return rate * flops * share / (peak[0] * 1e12)

    seconds, sentences = _loop_seconds(check, task, batch_size, precision)
    said = f" {sentences[-1]}" if sentences else ""
    yield told(f"training {title}", batch_size / seconds, "items/s", how + said)
    share = used(batch_size / seconds)
    yield held(check, "utilisation in training", share, "", "at least", UTILISATION, how=f"against {peak[1]}")
    plain = networks.PlainLoop(task.network, *networks.batch_of(task, batch_size), precision)
    once = out_of_a_loop(plain, check.device, 8 if check.on_gpu else 3)
    del plain
    yield held(check, "step over that of a plain loop", seconds / once, "times", "at most", OVER_PLAIN, how=how)
    rate = batch_size / _forward_seconds(check, task, batch_size, precision)
    yield told(f"forward pass of {title}", rate, "items/s", how)
    yield told("utilisation in the forward pass", used(rate, 1 / 3), "", f"against {peak[1]}")
    if check.on_gpu:
        taken = torch.cuda.max_memory_allocated() / 1e9
        yield told(f"memory that {title} takes", taken, "GB", how)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _loop_seconds(check: Check, task: Problem, batch_size: int, precision: str) -> tuple[float, tuple[str, ...]]:
    """Seconds of a step of the training loop, and what it said."""
    few, many = (4, 16) if check.on_gpu else (2, 6)
    base = networks.settings(batch_size, few, precision)
    took = []
    for steps in (few, few, many):  # the first chooses kernels
        wait(check.device)
        started = time.perf_counter()
        result = fit(task, networks.longer(base, steps))
        wait(check.device)
        took.append(time.perf_counter() - started)
    return max(took[2] - took[1], 1e-9) / (many - few), result.sentences


def _forward_seconds(check: Check, task: Problem, batch_size: int, precision: str) -> float:
    inputs, _ = networks.batch_of(task, batch_size)
    task.network.eval()
    dtype = getattr(torch, precision)
    with torch.inference_mode(), torch.autocast(check.device, dtype=dtype, enabled=check.on_gpu):
        return out_of_a_loop(lambda: task.network(inputs), check.device, 8 if check.on_gpu else 3)
