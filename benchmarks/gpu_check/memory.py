"""A planted limit: half of the memory that a batch needs, and the same gradient and the same features come out.

On a GPU the limit is the allocator's, ``torch.cuda.set_per_process_memory_fraction``; on a processor it is the address
space of this process, which serves this section alone.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from advisor.training.batches import Batches
from advisor.training.gradients import Gradients
from advisor.training.network import learning_groups
from benchmarks.figures import Figure
from benchmarks.gpu_check import networks
from benchmarks.gpu_check.check import Check, NotRun, told
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.memory import InParts

#: The share of the memory that a whole batch took which is left to the second one.
LEFT = 0.5
#: Cosine of what came out of parts with what came out of the whole: sums in another order, on a GPU in TF32.
SAME = 0.999
#: Of the C library's ``mallopt``: the size from which on an allocation is a mapping of its own, and how many heaps
#: threads may have, each of which reserves 64 MB.
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """A gradient, then features."""
    if not check.on_gpu and not _give_back_at_once():
        yield NotRun("a planted limit", "only Linux limits an address space")
        return
    n, size = (16, 128) if check.small else (64, 224)
    backbone = ImageBackbone.load(catalog.default("image"), device=check.device, input_size=size)
    how = f"{n} images of {size} px, {LEFT:.0%} of the memory that they took at once"
    task = networks.problem(backbone, n)
    # float32 also on a GPU: what is compared is the sum of the parts
    settings = networks.settings(n, 1, "float32")
    learning = [p for group in learning_groups(task, settings) for p in group["params"]]
    batch, raw = Batches(task, settings).at(0)
    pixels = np.repeat(raw, 4, axis=0)

    def gradient(parts: int = 1) -> tuple[np.ndarray, int]:
        gradients = Gradients(task, settings, learning, say=lambda sentence: None)
        gradients.parts = parts
        gradients.of(batch, raw)
        flat = torch.cat([p.grad.flatten().cpu() for p in learning if p.grad is not None]).numpy()
        for parameter in learning:
            parameter.grad = None
        return flat, gradients.parts

    def features(parts: int = 1) -> tuple[np.ndarray, int]:
        compute = InParts(lambda rows: _features(backbone, rows))
        compute.most = len(pixels) // parts
        rows = compute(pixels, len(pixels))
        return rows.ravel(), -(-len(pixels) // (compute.most or len(pixels)))

    for name, work in (("gradient", gradient), ("features", features)):
        for in_parts in (8, 4, 2, 1):  # the code for each size is there, and the threads: neither is what is limited
            work(in_parts)
        with Taken(check) as taken:
            whole, _ = work()
        limit(check, taken.bytes * LEFT)
        parts, n_parts = work()
        limit(check, None)
        yield Figure("", f"{name}: parts of a batch", n_parts, "", "at least", (2,), how)
        same = float(whole @ parts / max(np.linalg.norm(whole) * np.linalg.norm(parts), 1e-12))
        yield Figure("", f"{name}: cosine with the whole batch's", same, "", "at least", (SAME,), how)
        yield told(f"{name}: memory of the whole batch", taken.bytes / 1e6, "MB", how)


def _features(backbone: ImageBackbone, pixels: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = backbone.module(backbone.prepare(pixels)).float().cpu().numpy()
    return found


def _give_back_at_once() -> bool:
    """Let the C library map each tensor by itself: else it keeps what is free, and the limit would not be felt."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        return bool(library.mallopt(M_MMAP_THRESHOLD, 1 << 16) and library.mallopt(M_ARENA_MAX, 1))
    return False


class Taken:
    """Measures the most memory that the body took beyond what was held before: ``bytes``."""

    def __init__(self, check: Check) -> None:
        self.check, self.bytes = check, 0.0

    def __enter__(self) -> Taken:
        if self.check.on_gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            self.before = float(torch.cuda.memory_allocated())
        else:
            Path("/proc/self/clear_refs").write_text("5")  # the peak of the resident set begins anew
            self.before = _status("VmRSS")
        return self

    def __exit__(self, *error: object) -> None:
        peak = float(torch.cuda.max_memory_allocated()) if self.check.on_gpu else _status("VmHWM")
        self.bytes = max(peak - self.before, 0.0)


def limit(check: Check, more_bytes: float | None) -> None:
    """Allow this process no more than it holds now and ``more_bytes``; None: all that there is."""
    if check.on_gpu:
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(0).total_memory
        share = 1.0 if more_bytes is None else (torch.cuda.memory_reserved() + more_bytes) / total
        torch.cuda.set_per_process_memory_fraction(min(1.0, share))
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    soft = hard if more_bytes is None else int(_status("VmSize") + more_bytes)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _status(name: str) -> float:
    """A line of this process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name))) * 1024
