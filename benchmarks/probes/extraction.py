"""Extraction at the machine's limit: 2,000 photos against decoding plus computing as many, and the memory it takes.

The photos are those of cats_dogs and dtd10 as files. Decoding alone, the forward pass of a resident batch, and the
whole extraction take turns on ten blocks of 200 photos, so that other work on the machine reaches all three alike; the
figure is the median of the ten ratios.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure
from benchmarks.sets import path_of

N_PHOTOS, N_BLOCKS = 2_000, 10
#: Of the memory measurement: items, and pixels fed, so that 20,000 take a minute.
FEW, MANY, SMALL_PX = 2_000, 20_000, 32


def figures() -> Iterator[Figure]:
    """The ratio with what it is made of, then the memory."""
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as folder:
        photos = _photos(Path(folder) / "photos")
        yield from _speed(photos, Path(folder) / "cache")
        yield from _memory(photos, Path(folder) / "cache")


def _photos(folder: Path) -> list[Path]:
    """The first 2,000 photos of two sets, as files."""
    folder.mkdir()
    found: list[Path] = []
    for name in ("cats_dogs", "dtd10"):
        with zipfile.ZipFile(path_of(name)) as archive:
            for entry in sorted(archive.namelist()):
                if entry.lower().endswith((".jpg", ".jpeg", ".png")) and len(found) < N_PHOTOS:
                    found.append(folder / f"{len(found):04d}{Path(entry).suffix}")
                    found[-1].write_bytes(archive.read(entry))
    return found


def _speed(photos: list[Path], cache: Path) -> Iterator[Figure]:
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone
    from probes.calibrations import calibration_of
    from probes.device import pick

    backbone = ImageBackbone.load(catalog.default("image"), device=pick())
    calibration = calibration_of(backbone, cache)
    blocks = [photos[start::N_BLOCKS] for start in range(N_BLOCKS)]
    _forward(backbone, calibration, 2 * calibration.batch_size)  # the first pass chooses kernels
    seconds = np.array(
        [
            (
                _decode(backbone, block),
                _forward(backbone, calibration, len(block)),
                _extract(backbone, calibration, block, cache),
            )
            for block in blocks
        ]
    )
    decode, forward, whole = seconds.T
    how = f"{len(photos):,} photos in {N_BLOCKS} blocks, {backbone.entry.title} at {backbone.input_size} px"
    ratio = float(np.median(whole / (decode + forward)))
    yield Figure("extraction", "extraction over decoding plus forward pass", ratio, "times", "at most", (1.15,), how)
    rate = len(photos) / float(whole.sum())
    yield Figure("extraction", "photos extracted a second", rate, "1/s", "none", (), calibration.reason)
    share = float(decode.sum() / (decode.sum() + forward.sum()))
    yield Figure("extraction", "share of decoding in the sum", share, "", "none", (), how)


def _decode(backbone: Any, block: list[Path]) -> float:
    """Seconds to decode and resize a block with every core."""
    from advisor.data.decode import open_image
    from probes.device import usable_cores

    started = time.perf_counter()
    with ThreadPoolExecutor(min(8, usable_cores())) as pool:
        list(pool.map(lambda path: backbone.pixels(open_image(path, backbone.input_size)).shape, block))
    return time.perf_counter() - started


def _forward(backbone: Any, calibration: Any, n: int) -> float:
    """Seconds of the forward pass over n images in calibrated batches that are in memory already."""
    import torch

    from probes.device import place, precision, shaped

    place(backbone.module, calibration)
    size, left = backbone.input_size, n
    pixels = np.random.default_rng(0).integers(0, 256, (calibration.batch_size, size, size, 3), dtype=np.uint8)
    started = time.perf_counter()
    with torch.inference_mode(), precision(calibration):
        while left > 0:
            backbone.module(shaped(backbone.prepare(pixels[: min(left, len(pixels))]), calibration)).float().cpu()
            left -= len(pixels)
    return time.perf_counter() - started


def _extract(backbone: Any, calibration: Any, block: list[Path], cache: Path) -> float:
    from advisor.data.decode import open_image
    from probes.features import extract

    def read(number: int) -> Any:
        return open_image(block[number], backbone.input_size)

    started = time.perf_counter()
    extract(backbone, read, [path.name for path in block], cache, calibration=calibration)
    return time.perf_counter() - started


def _memory(photos: list[Path], cache: Path) -> Iterator[Figure]:
    """Peak memory of extracting few and many items, each in a process of its own."""
    peaks = {}
    for n in (FEW, MANY):
        shutil.rmtree(cache, ignore_errors=True)
        command = [sys.executable, "-m", __name__, str(n), str(cache)]
        done = subprocess.run(
            command, input=json.dumps([str(p) for p in photos]), capture_output=True, text=True, check=True
        )
        peaks[n] = float(done.stdout.split()[-1])
    how = f"peak resident memory of a process, {FEW:,} and {MANY:,} items of {N_PHOTOS:,} photos at {SMALL_PX} px"
    name = f"memory of {MANY:,} items over that of {FEW:,}"
    yield Figure("extraction", name, peaks[MANY] / peaks[FEW], "times", "at most", (1.1,), how)
    yield Figure("extraction", f"peak memory of {MANY:,} items", peaks[MANY] / 1e6, "MB", "none", (), how)


def _peak(n: int, cache: Path, photos: list[str]) -> float:
    """Peak resident bytes of this process after extracting n items, photos listed again under other keys."""
    import resource

    from advisor.data.decode import open_image
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone
    from probes.device import Calibration
    from probes.features import extract

    backbone = ImageBackbone.load(catalog.default("image"), input_size=SMALL_PX)
    keys = [f"{number}" for number in range(n)]
    calibration = Calibration(device=backbone.device, channels_last=True)

    def read(number: int) -> Any:
        return open_image(photos[number % len(photos)], SMALL_PX)

    found = extract(backbone, read, keys, cache, calibration=calibration)
    assert found.ok.all()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)


if __name__ == "__main__":
    print(_peak(int(sys.argv[1]), Path(sys.argv[2]), json.load(sys.stdin)))
