"""The whole line on the GPU and on the processor, side by side on half of the cores each: values, times, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.core import storage
from benchmarks.figures import Figure
from benchmarks.gpu_check import line, weights
from benchmarks.gpu_check.check import NO_GPU, Check, NotRun, told
from benchmarks.gpu_check.running import environment, last_line

#: A run's memory against its forecast: main memory on a processor, the device's own on a GPU.
MOST_OF_FORECAST = 1.5
#: A probability may differ so much when a model that was trained on the GPU predicts on the processor.
TAKEN_HOME = 0.05


def compared(check: Check, kind: str) -> Iterator[Figure | NotRun]:
    """Every part of the line on `kind` ("images", "texts") as both devices have it."""
    why = weights.missing(kind)
    if why:
        yield NotRun(f"the line on {kind}", why)
        return
    devices = ("cuda", "cpu") if check.on_gpu else ("cpu",)
    children = {
        device: _started(check, kind, device, cores)
        for device, cores in zip(devices, _shares(len(devices)), strict=True)
    }
    try:
        for name in line.names(kind):
            said = {device: _waited(check, kind, device, child, name) for device, child in children.items()}
            yield from of_line(name, said["cpu"], said.get("cuda"))
    finally:
        for child in children.values():
            child.kill()


def _shares(n: int) -> list[list[int]]:
    """The cores of this process in n equal shares."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    each = max(1, len(cores) // n)
    return [cores[start * each : (start + 1) * each] or cores for start in range(n)]


def _place(check: Check, kind: str, device: str) -> Path:
    return check.folder / f"{kind} {device}.jsonl"


def _log(check: Check, kind: str, device: str) -> Path:
    return check.folder / f"{kind} {device}.log"


def _started(check: Check, kind: str, device: str, cores: list[int]) -> subprocess.Popen[bytes]:
    home = check.folder / device
    home.mkdir(parents=True, exist_ok=True)
    hidden = {} if device == "cuda" else {"CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "benchmarks.gpu_check.line", kind, device, "small" if check.small else "full"]
    command += [",".join(map(str, cores)), str(_place(check, kind, device))]
    with _log(check, kind, device).open("w") as log:
        return subprocess.Popen(command, env=environment(home) | hidden, stdout=log, stderr=log)


def _waited(check: Check, kind: str, device: str, child: subprocess.Popen[bytes], name: str) -> dict[str, Any]:
    """What the child says of this part of the line. Raises RuntimeError where it ended before."""
    path = _place(check, kind, device)
    while True:
        ended = child.poll() is not None
        for values in storage.read_lines(path) if path.exists() else ():
            if values["name"] == name:
                return values
        if ended:
            log = _log(check, kind, device)
            print(log.read_text(errors="replace"))  # into the section's own log
            raise RuntimeError(f"{name} on {device}: {last_line(log)}")
        time.sleep(0.1)


def of_line(name: str, cpu: dict[str, Any], cuda: dict[str, Any] | None) -> Iterator[Figure | NotRun]:
    """A part of the line as the devices said it; cuda: None without a GPU."""
    if name == "advice":
        yield told("advice on the processor", cpu["seconds"], "s", f"recommended: {cpu['recommended']}")
    else:
        how = f"{cpu['n']} items, {cpu['seconds']:.1f} s"
        yield told(f"{name} on the processor", 100 * cpu["value"], "%", how)
    if cuda is None:
        yield NotRun(f"{name} on the GPU", NO_GPU)
    elif name == "advice":
        yield told("advice on the GPU", cuda["seconds"], "s", f"recommended: {cuda['recommended']}")
    else:
        yield from _on_gpu(name, cpu, cuda)
    yield from _memory(name, cpu if cuda is None else cuda, "main memory" if cuda is None else "the GPU's memory")


def _on_gpu(name: str, cpu: dict[str, Any], cuda: dict[str, Any]) -> Iterator[Figure]:
    apart = 100 * abs(cuda["value"] - cpu["value"])
    noise = 100 * max(cpu["half"], 0.5 / cpu["n"])
    how = f"{100 * cuda['value']:.1f} % on the GPU in {cuda['precision']}; noise: half of the 90 % interval"
    yield Figure("", f"{name}: points between the devices", apart, "points", "at most", (noise,), how)
    if cuda.get("taken_home") is not None:
        name_home, apart = f"{name}: probabilities of the GPU's model on the processor", cuda["taken_home"]
        how = "largest difference of a test item's probability"
        yield Figure("", name_home, apart, "", "at most", (TAKEN_HOME,), how)
    how = f"{cuda['seconds']:.1f} s on the GPU, {cpu['seconds']:.1f} s on half of the cores"
    yield told(f"{name}: times as fast on the GPU", cpu["seconds"] / cuda["seconds"], "times", how)


def _memory(name: str, said: dict[str, Any], what: str) -> Iterator[Figure]:
    peak, forecast = said.get("peak"), said.get("forecast")
    if peak and forecast:
        how = f"{peak / 1e6:,.0f} MB of {what}; forecast from runs on processors: {forecast / 1e6:,.0f} MB"
        over = peak / forecast
        yield Figure("", f"{name}: peak memory over its forecast", over, "times", "at most", (MOST_OF_FORECAST,), how)
