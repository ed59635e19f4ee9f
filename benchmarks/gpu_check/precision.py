"""What the line chose to compute in, against what it could have: float32, bfloat16 and float16, each timed.

Devices before Ampere have float16 only; torch emulates bfloat16 there, which is slow.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from advisor.training.recipes import training_precision
from benchmarks.figures import Figure
from benchmarks.gpu_check import networks
from benchmarks.gpu_check.check import Check, NotRun, held, told
from benchmarks.gpu_check.timing import out_of_a_loop, seconds_of
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.calibrations import calibration_of
from probes.device import SAME_DIRECTION, WORTH_IT

#: A training step in the chosen precision over one in float32.
NO_SLOWER = 1.02
#: (timm's name, pixels, items a batch) of the training steps.
STEPS = (("tf_efficientnet_lite0", 128, 32), ("vit_base_patch16_224", 224, 64))
SMALL_STEPS = (("test_vit", 160, 4),)


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """Extraction, then training."""
    dtypes = ("float32", "bfloat16", "float16") if check.on_gpu else ("float32", "bfloat16")
    if check.on_gpu:
        emulated = not torch.cuda.is_bf16_supported(including_emulation=False)
        yield told("bfloat16 in hardware", float(not emulated), "", "1: yes; 0: no, torch would emulate it")
    yield from _extraction(check, dtypes)
    yield from _training(check, dtypes)


def _extraction(check: Check, dtypes: tuple[str, ...]) -> Iterator[Figure | NotRun]:
    size = 64 if check.small else None
    backbone = ImageBackbone.load(catalog.default("image"), device=check.device, input_size=size)
    n = 256 if check.on_gpu else 8
    pixels = torch.randint(0, 256, (n, backbone.input_size, backbone.input_size, 3), dtype=torch.uint8)
    batch = backbone.prepare(pixels).contiguous(memory_format=torch.channels_last)
    module = backbone.module.to(memory_format=torch.channels_last)
    rates, agree, reference = {}, {}, None
    for name in dtypes:
        dtype = getattr(torch, name)
        with torch.inference_mode(), torch.autocast(check.device, dtype=dtype, enabled=name != "float32"):
            found = module(batch).float()
            rates[name] = n / out_of_a_loop(lambda: module(batch), check.device, 20 if check.on_gpu else 3)
        reference = found if reference is None else reference
        agree[name] = float(torch.nn.functional.cosine_similarity(reference, found, dim=1).min())
        yield told(f"extraction in {name}", rates[name], "images/s", f"least cosine with float32 {agree[name]:.5f}")
    chosen = calibration_of(backbone, check.folder / "features")
    best = max(rate for name, rate in rates.items() if agree[name] >= SAME_DIRECTION)
    figure, ratio = "rate of what was chosen over the best that agrees", chosen.items_per_second / best
    yield held(check, figure, ratio, "times", "at least", 1 / WORTH_IT, how=chosen.reason)


def _training(check: Check, dtypes: tuple[str, ...]) -> Iterator[Figure | NotRun]:
    chosen = training_precision(check.device)
    for name, size, n in STEPS if check.on_gpu and not check.small else SMALL_STEPS:
        task = networks.problem(networks.random_backbone(name, check.device, size), n)
        inputs, labels = networks.batch_of(task, n)
        seconds = {}
        for dtype in dtypes:
            step = networks.PlainLoop(task.network, inputs, labels, dtype)
            seconds[dtype] = seconds_of(step, check.device, 10 if check.on_gpu else 3)
            what = f"training step of {name} in {dtype}"
            yield told(what, seconds[dtype] * 1e3, "ms", f"{size} px, {n} a batch")
        ratio = seconds[chosen] / seconds["float32"]
        what = f"step of {name} in the chosen precision over float32"
        yield held(check, what, ratio, "times", "at most", NO_SLOWER, how=f"chosen: {chosen}")
