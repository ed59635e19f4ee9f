"""Which device to compute on, in which precision and memory format: measured here, never assumed.

Context: on a CPU with AMX, bfloat16 with channels_last runs these backbones two to four times as fast as plain
float32; on an AVX2 machine bfloat16 was five to eight times slower. Choice: time both on tiny batches, drop a
candidate as soon as it is clearly slower, and report the figures that decided.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from probes.errors import ProbeError
from probes.pace import Pace, pace
from probes.timings import stage

#: A reduced precision must be at least this much faster, and its features must point in the same direction.
WORTH_IT = 1.15
SAME_DIRECTION = 0.995
BATCHES = {"cpu": (8, 16, 32), "cuda": (32, 128, 256), "mps": (16, 32, 64)}


class Calibration(BaseModel):
    """How to run a backbone on this device, and the sentence that says why.

    ``dtype``: the precision of torch's autocast ("float32" means no autocast); ``items_per_second``: the forward pass
    alone, at ``batch_size``, by the clock; ``free_seconds``: of one item on a machine that does nothing else, 0 where
    it was not measured. ``engine``: "torch", or which of `probes.engines` computes features, in ``engine_dtype``;
    training is torch's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str
    dtype: str = "float32"
    channels_last: bool = False
    batch_size: int = 32
    items_per_second: float = 0.0
    free_seconds: float = 0.0
    reason: str = "Not measured."
    engine: str = "torch"
    engine_dtype: str = "float32"

    @property
    def seconds_per_item(self) -> float:
        """What an item takes, whatever else the machine does now; by the clock where only that is known."""
        return self.free_seconds or 1.0 / max(self.items_per_second, 1e-6)

    @property
    def precision(self) -> str:
        """Of the features, whatever computes them."""
        return self.dtype if self.engine == "torch" else self.engine_dtype


@dataclass(frozen=True)
class _Candidate:
    dtype: str
    channels_last: bool

    @property
    def title(self) -> str:
        return self.dtype + (" channels_last" if self.channels_last else "")


def pick(name: str = "auto") -> str:
    """ "cuda", "mps" or "cpu"; ``auto`` takes the first available one. Raises ProbeError for an unavailable one."""
    with stage("libraries"):
        import torch

    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return next(device for device, present in available.items() if present)
    if name not in available:
        raise ProbeError(f"There is no device called {name!r}. Choose auto, {', '.join(available)}.")
    if not available[name]:
        others = ", ".join(device for device, present in available.items() if present)
        raise ProbeError(f"This machine has no {name} device that torch can use. Choose {others} or auto.")
    return name


@contextlib.contextmanager
def precision(calibration: Calibration) -> Iterator[None]:
    """Run the body in the calibrated precision: autocast where it won, plain float32 otherwise."""
    import torch

    if calibration.dtype == "float32":
        yield
        return
    with torch.autocast(calibration.device, dtype=getattr(torch, calibration.dtype)):
        yield


def place(module: Any, calibration: Calibration) -> Any:
    """Move a module to the calibrated device and memory format, and return it."""
    import torch

    memory = torch.channels_last if calibration.channels_last else torch.contiguous_format
    return module.to(device=calibration.device, memory_format=memory)


def shaped(batch: Any, calibration: Calibration) -> Any:
    """An image batch in the calibrated memory format (pixels come channels-last); a token batch as it is."""
    import torch

    if isinstance(batch, dict):
        return batch
    return batch.contiguous(memory_format=torch.channels_last if calibration.channels_last else torch.contiguous_format)


def in_torch(backbone: Any, calibration: Calibration) -> Callable[[Any], np.ndarray]:
    """What computes features in torch, of a batch as it was decoded or tokenized. Shape: gives (n, dim) float32."""
    import torch

    place(backbone.module, calibration)

    def run(batch: Any) -> np.ndarray:
        with torch.inference_mode(), precision(calibration):
            output = backbone.module(shaped(backbone.prepare(batch), calibration))
        features: np.ndarray = output.float().cpu().numpy()
        return features

    return run


def calibrate(
    module: Any, example: Callable[[int], Any], device: str, items: str = "items", seconds: float = 1.0
) -> Calibration:
    """Time the forward pass of `module` and choose precision, memory format and batch size.

    ``example(n)`` returns the input of n items: a (n, 3, s, s) tensor or a dict of (n, tokens) tensors. Takes about
    `seconds`, more where one forward pass takes longer. Leaves the module in eval mode, in the chosen format.
    """
    module.eval()
    image_like = not isinstance(example(1), dict)
    kind = device.split(":")[0]
    best, rates = _race(module, example, device, _candidates(kind, image_like), seconds / 2)
    batch_size, rate = _batch_size(module, example, device, best, BATCHES.get(kind, BATCHES["cpu"]), seconds / 2)
    chosen = Calibration(
        device=device,
        dtype=best.dtype,
        channels_last=best.channels_last,
        batch_size=batch_size,
        items_per_second=rate,
        reason=_reason(best, rates, device, rate, items),
    )
    place(module, chosen)
    return chosen


def calibrate_backbone(backbone: Any, texts: list[str] | None = None, seconds: float = 1.0) -> Calibration:
    """Calibrate a loaded backbone in torch; a text backbone on some of the dataset's own texts, since length matters.

    The rate excludes the decoding of images, which runs in other threads. Takes about `seconds`;
    `probes.calibrations` goes on to the other engines, and keeps the result.
    """
    items = "texts" if hasattr(backbone, "tokenizer") else "images"
    return calibrate(backbone.module, _example(backbone, texts), backbone.device, items, seconds)


def check_pace(backbone: Any, calibration: Calibration, texts: list[str] | None = None) -> Pace:
    """The present pace of this backbone in torch under `calibration`: the best of a few small passes."""
    kind = calibration.device.split(":")[0]
    n = min(calibration.batch_size, 4) if kind == "cpu" else calibration.batch_size
    batch = _example(backbone, texts)(n)
    how = _Candidate(calibration.dtype, calibration.channels_last)
    module = backbone.module.eval()
    return pace(lambda: _timed(module, batch, calibration.device, how), n, 0.1, threads_of(calibration.device))


def threads_of(device: str) -> int:
    """The threads that share the work on the processor; 0 on another device."""
    import torch

    return torch.get_num_threads() if device.split(":")[0] == "cpu" else 0


def _example(backbone: Any, texts: list[str] | None) -> Callable[[int], Any]:
    """A function from n to what the module takes of n items."""
    raw = raw_example(backbone, texts)
    return lambda n: backbone.prepare(raw(n))


def raw_example(backbone: Any, texts: list[str] | None = None) -> Callable[[int], Any]:
    """A function from n to n items as they are decoded or tokenized: noise for images, else the texts in turn."""
    import torch

    if hasattr(backbone, "tokenizer"):
        sample = texts or ["A sentence of about the usual length, neither very short nor very long, stands here."]
        return lambda n: backbone.tokenize([sample[i % len(sample)] for i in range(n)])
    size = backbone.input_size
    generator = torch.Generator().manual_seed(0)
    return lambda n: torch.randint(0, 256, (n, size, size, 3), dtype=torch.uint8, generator=generator)


def device_facts() -> dict[str, str]:
    """The hardware and software of this machine, as title and value, for `advisor doctor` and the machine page."""
    import psutil
    import torch

    memory, threads = psutil.virtual_memory(), torch.get_num_threads()
    facts = {
        "Device": pick(),
        "Processor": processor_name(),
        "Cores": f"{usable_cores()} usable, torch uses {threads} {'thread' if threads == 1 else 'threads'}",
        "Instruction set": torch.backends.cpu.get_cpu_capability(),
        "Memory": f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB free",
        "System": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "Torch": str(torch.__version__),
    }
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        properties = torch.cuda.get_device_properties(index)
        facts[f"GPU {index}"] = f"{properties.name}, {properties.total_memory / 1e9:.0f} GB"
    return facts


def usable_cores() -> int:
    """The cores that this process may run on; all cores where the system does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """The processor's name."""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _candidates(kind: str, image_like: bool) -> list[_Candidate]:
    """The candidates; plain float32 first, as the reference for speed and for the features' direction."""
    reduced = {"cuda": ["bfloat16", "float16"], "mps": ["float16"]}.get(kind, ["bfloat16"])
    plain = [_Candidate("float32", False)] + ([_Candidate("float32", True)] if image_like else [])
    return plain + [_Candidate(dtype, image_like) for dtype in reduced]


def _race(
    module: Any, example: Callable[[int], Any], device: str, candidates: list[_Candidate], seconds: float
) -> tuple[_Candidate, dict[_Candidate, float]]:
    """The fastest candidate on a tiny batch with the first one's features, and all rates in items a second."""
    n = 2 if device == "cpu" else 16
    rates: dict[_Candidate, float] = {}
    reference: Any = None
    best: _Candidate | None = None  # plain float32 may fail like any other
    for candidate in candidates:
        try:
            first, output = _timed(module, example(n), device, candidate)
        except (RuntimeError, NotImplementedError):  # an operator without this precision on this device
            continue
        reference = output if reference is None else reference
        if not _same_direction(reference, output):
            continue
        # The first pass includes the choice of kernels; three times the best leaves room for that.
        hopeless = best is not None and first > 3 * n / rates[best]
        elapsed = first if hopeless else _repeated(module, example(n), device, candidate, seconds / len(candidates))
        rates[candidate] = n / elapsed
        if best is None or rates[candidate] > _needed(candidate, best) * rates[best]:
            best = candidate
    return best or candidates[0], rates  # if all failed, the next pass raises the cause


def _needed(candidate: _Candidate, best: _Candidate) -> float:
    """How many times as fast as the best so far a candidate must be."""
    return WORTH_IT if candidate.dtype != "float32" and best.dtype == "float32" else 1.0


def _batch_size(
    module: Any, example: Callable[[int], Any], device: str, chosen: _Candidate, sizes: tuple[int, ...], seconds: float
) -> tuple[int, float]:
    """The smallest batch within five per cent of the best rate, of those that the seconds allow."""
    rates: dict[int, float] = {}
    started = time.perf_counter()
    for size in sizes:
        spent = time.perf_counter() - started
        if rates and spent + size / max(rates.values()) > seconds:
            break
        try:
            batch = example(size)
            if device != "cpu":
                _timed(module, batch, device, chosen)
            rates[size] = size / _timed(module, batch, device, chosen)[0]
        except RuntimeError:  # out of memory: use the sizes that fit
            if not rates:
                raise
            break
    best = max(rates.values())
    size = next(size for size, rate in rates.items() if rate >= 0.95 * best)
    return size, rates[size]


def _repeated(module: Any, batch: Any, device: str, candidate: _Candidate, seconds: float) -> float:
    """The shortest of a few passes, in seconds, since other work on the machine only adds time."""
    shortest = _timed(module, batch, device, candidate)[0]
    stop = time.perf_counter() + seconds - shortest
    while time.perf_counter() < stop:
        shortest = min(shortest, _timed(module, batch, device, candidate)[0])
    return shortest


def _timed(module: Any, batch: Any, device: str, candidate: _Candidate) -> tuple[float, Any]:
    """Seconds of one forward pass, and its output on the CPU in float32."""
    import torch

    how = Calibration(device=device, dtype=candidate.dtype, channels_last=candidate.channels_last)
    place(module, how)
    if not isinstance(batch, dict):
        batch = shaped(batch.to(device), how)
    with torch.inference_mode(), precision(how):
        started = time.perf_counter()
        output = module(batch).float().cpu()  # the copy waits for the device
        return time.perf_counter() - started, output


def _same_direction(reference: Any, output: Any) -> bool:
    import torch

    cosine = torch.nn.functional.cosine_similarity(reference, output, dim=1)
    return bool(torch.isfinite(output).all()) and float(cosine.min()) >= SAME_DIRECTION


def _reason(best: _Candidate, rates: dict[_Candidate, float], device: str, rate: float, items: str) -> str:
    """One sentence with the figures that decided."""
    others = [candidate for candidate in rates if candidate.dtype != best.dtype]
    sentence = f"On the {_spoken(device)} in {best.title}: {rate:.0f} {items} per second"
    if not others:
        return f"{sentence}."
    other = max(others, key=lambda candidate: rates[candidate])
    slower = rates[best] / rates[other]
    if slower < 1.05:
        return f"{sentence} ({other.title} ran at {rates[other] / rates[best]:.2f} times this speed)."
    return f"{sentence} ({other.title} was {slower:.1f} times slower)."


def _spoken(device: str) -> str:
    """A device in words.

    >>> _spoken("cpu"), _spoken("cuda:1"), _spoken("mps")
    ('CPU', 'GPU', 'GPU')
    """
    return "CPU" if device.split(":")[0] == "cpu" else "GPU"
