"""Features a second against what the parts allow: decoding on every core, the copy, the best forward pass.

Beside a GPU the parts overlap, so the slowest of them is the floor. On a processor decoding and the forward pass share
the cores, and the floor is the sum of their seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from advisor.data.decode import open_image
from benchmarks.figures import Figure
from benchmarks.gpu_check.check import NO_GPU, Check, NotRun, held, told
from benchmarks.gpu_check.compiled import compiled
from benchmarks.gpu_check.photos import written
from benchmarks.gpu_check.timing import out_of_a_loop, seconds_of
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.calibrations import calibration_of
from probes.device import SAME_DIRECTION, Calibration, usable_cores
from probes.features import extract

#: Extraction reaches at least this share of the floor's rate.
SHARE_OF_FLOOR = 0.8
#: Images whose features both devices compute.
N_COMPARED = 96


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """The rate of the whole, of its parts, and their ratio."""
    n, batch = (4000, 256) if check.on_gpu else (1000, 32)
    n = 96 if check.small else n
    paths = written(check.folder / "photos", n)
    backbone = ImageBackbone.load(catalog.default("image"), device=check.device)
    how = f"{n:,} JPEG files of 256 px, {backbone.entry.title} at {backbone.input_size} px"
    whole, calibration = _extracted(backbone, paths, check.folder / "features")
    yield told("images extracted a second", whole, "1/s", f"{how}. {calibration.reason}")
    yield agreement(check, paths[:N_COMPARED]) if check.on_gpu else NotRun("features of both devices", NO_GPU)
    decode = _decoded(backbone, paths)
    yield told("decoding alone", decode, "1/s", f"{usable_cores()} cores")
    copy = float("inf")
    if check.on_gpu:
        pixels = torch.zeros(batch, backbone.input_size, backbone.input_size, 3, dtype=torch.uint8, pin_memory=True)
        copy = batch / seconds_of(lambda: backbone.prepare(pixels), check.device)
        yield told("copy and normalisation alone", copy, "1/s", "from pinned memory")
    else:
        yield NotRun("copy alone", NO_GPU)
    forward = calibration.items_per_second
    yield told("forward pass alone, as calibrated", forward, "1/s", f"{calibration.batch_size} images a batch")
    for name, outcome in _forwards(backbone, check, batch):
        if isinstance(outcome, str):
            yield NotRun(name, outcome)
        else:
            forward = max(forward, outcome)
            yield told(name, outcome, "1/s", f"{batch} images a batch")
    floor = min(decode, copy, forward) if check.on_gpu else 1 / (1 / decode + 1 / forward)
    yield held(check, "rate over the floor's", whole / floor, "times", "at least", SHARE_OF_FLOOR, how=how)


def _extracted(backbone: ImageBackbone, paths: list[Path], cache: Path) -> tuple[float, Calibration]:
    """Images a second through the whole path, and its calibration, measured before."""

    def read(number: int) -> Any:
        return open_image(paths[number % len(paths)], backbone.input_size)

    calibration = calibration_of(backbone, cache)
    warm = [f"warm {number}" for number in range(2 * calibration.batch_size)]
    extract(backbone, read, warm, cache, calibration=calibration)
    started = time.perf_counter()
    found = extract(backbone, read, [path.name for path in paths], cache, calibration=calibration)
    seconds = time.perf_counter() - started
    assert found.ok.all()
    return len(paths) / seconds, calibration


def agreement(check: Check, paths: list[Path]) -> Figure:
    """The least cosine between the features of an image on both devices."""
    found = []
    for device in ("cpu", check.device):
        backbone = ImageBackbone.load(catalog.default("image"), device=device)
        cache = check.folder / f"features on {device}"

        def read(number: int, size: int = backbone.input_size) -> Any:
            return open_image(paths[number], size)

        rows = extract(backbone, read, [path.name for path in paths], cache).array
        found.append(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    cosine, how = float((found[0] * found[1]).sum(1).min()), f"{len(paths)} images, GPU against processor"
    return held(check, "features of both devices: least cosine", cosine, "", "at least", SAME_DIRECTION, how=how)


def _decoded(backbone: ImageBackbone, paths: list[Path]) -> float:
    """Images decoded and resized a second on every core."""
    started = time.perf_counter()
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(lambda path: backbone.pixels(open_image(path, backbone.input_size)).shape, paths))
    return len(paths) / (time.perf_counter() - started)


def _forwards(backbone: ImageBackbone, check: Check, n: int) -> Iterator[tuple[str, float | str]]:
    """(name, images a second) of the forward pass over a batch that lies on the device, or why it was not measured."""
    size, module = backbone.input_size, backbone.module.to(memory_format=torch.channels_last)
    dtype = torch.bfloat16 if check.on_gpu else torch.float32
    batch = backbone.prepare(torch.randint(0, 256, (n, size, size, 3), dtype=torch.uint8))
    batch = batch.contiguous(memory_format=torch.channels_last)
    name = f"forward pass alone, {str(dtype).removeprefix('torch.')} channels_last"
    passes = 10 if check.on_gpu else 3
    with torch.inference_mode(), torch.autocast(check.device, dtype=dtype, enabled=check.on_gpu):
        yield name, n / out_of_a_loop(lambda: module(batch), check.device, passes)
        quick, why = (None, "a small check") if check.small else compiled(module, batch)
        yield (
            f"{name}, compiled",
            why if quick is None else n / out_of_a_loop(lambda: quick(batch), check.device, passes),
        )
