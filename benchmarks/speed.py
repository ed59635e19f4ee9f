"""`make bench-speed`: what engines bring, beside the same work by hand; every figure with its bound.

Ratios are medians of five rounds in which both sides take turns. They are of the processor's time, so that a machine
that also does something else gives the same ratio; what the clock said stands beside it. ``--few`` takes fewer items.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import speed_line, speed_steps
from benchmarks.figures import Figure

ROUNDS = 5
IMAGES_AT_LEAST, TEXTS_AT_LEAST, WHOLE_AT_MOST = 3.0, 1.8, 1.15
IMAGE_MS, TEXT_MS, HELP_SECONDS, FIRST_SECONDS = 15.0, 8.0, 0.3, 3.0
BATCH, TOKENS = 32, 64
TWEET = "so happy the train was on time today, what a difference a new timetable makes #commute"
#: The first features of a photo in a process of its own, by the calibration that is kept.
COLD = """
import sys
from pathlib import Path
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.calibrations import calibration_of
from probes.features import extract
from PIL import Image
own, cache = ImageBackbone.load(catalog.default("image")), Path(sys.argv[1])
photo = Image.new("RGB", (256, 256), "green")
how = calibration_of(own, cache) if len(sys.argv) > 2 else None
assert extract(own, lambda i: photo, [sys.argv[-1]], cache, calibration=how).ok.all()
"""


@dataclass(frozen=True)
class Spent:
    """Seconds of one side: of the processor, and by the clock."""

    processor: float
    clock: float


def spent(work: Callable[[], object]) -> Spent:
    """What one call takes."""
    started, began = time.perf_counter(), time.process_time()
    work()
    return Spent(time.process_time() - began, time.perf_counter() - started)


def turns(*sides: Callable[[], object]) -> list[list[Spent]]:
    """Every side once in each round, after one call that does not count. Shape: one list of `ROUNDS` per side."""
    for side in sides:
        side()
    rounds = [[spent(side) for side in sides] for _ in range(ROUNDS)]
    return [list(side) for side in zip(*rounds, strict=True)]


def ratio(one: list[Spent], other: list[Spent]) -> tuple[float, float]:
    """The median over the rounds of one side over the other, by the processor's time and by the clock."""
    pairs = list(zip(one, other, strict=True))
    by_processor = statistics.median(a.processor / b.processor for a, b in pairs)
    return by_processor, statistics.median(a.clock / b.clock for a, b in pairs)


def figures(n: int) -> Iterator[Figure]:
    """All figures, on n photos and texts."""
    with tempfile.TemporaryDirectory(prefix="advisor-speed-") as folder:
        cache = Path(folder)
        yield from _images(n, cache)
        yield from _texts(n, cache)
        yield from _cold(cache)
    yield from _single()
    yield from _help()
    yield from speed_steps.figures()
    yield from speed_line.figures()


def _images(n: int, cache: Path) -> Iterator[Figure]:
    from advisor.data.decode import open_image
    from benchmarks.probes.extraction import _photos
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone
    from probes.batches import image_batches
    from probes.calibrations import calibration_of
    from probes.device import Calibration
    from probes.features import extract
    from probes.forward import Forward

    backbone = ImageBackbone.load(catalog.default("image"))
    how, took = _timed(lambda: calibration_of(backbone, cache))
    yield Figure("engines", "choosing for images, the first time", took, "s", "at most", (3.0,), how.reason)
    photos = _photos(cache / "photos")[:n]
    batches = [
        pixels for _, pixels, _ in image_batches(backbone, lambda i: open_image(photos[i], 224), [*range(n)], BATCH)
    ]
    fast = Forward(backbone, how, cache)
    plain = Forward(backbone, Calibration(device="cpu", channels_last=True), cache)
    slow, quick = turns(lambda: [plain(b) for b in batches[:2]], lambda: [fast(b) for b in batches[:2]])
    yield _times("images over eager channels_last", slow, quick, IMAGES_AT_LEAST, f"{how.engine}, batches of {BATCH}")

    def read(number: int) -> Any:
        return open_image(photos[number], backbone.input_size)

    rounds = iter(range(100))

    def whole() -> None:
        mark = next(rounds)
        extract(backbone, read, [f"{mark}-{i}" for i in range(n)], cache, calibration=how)

    def by_hand() -> None:
        for _, pixels, _ in image_batches(backbone, read, [*range(n)], how.batch_size):
            fast(pixels)

    ours, floor = turns(whole, by_hand)
    value, clock = ratio(ours, floor)
    name = "extraction over decoding and the engine alone"
    yield Figure("engines", name, value, "times", "at most", (WHOLE_AT_MOST,), f"{n} photos; by the clock {clock:.2f}")


def _texts(n: int, cache: Path) -> Iterator[Figure]:
    from probes.backbones import catalog
    from probes.backbones.text import TextBackbone
    from probes.calibrations import calibration_of
    from probes.device import Calibration
    from probes.forward import Forward

    backbone = TextBackbone.load(catalog.default("text"))
    texts = [TWEET * 4] * BATCH
    how, took = _timed(lambda: calibration_of(backbone, cache, texts))
    yield Figure("engines", "choosing for texts, the first time", took, "s", "at most", (3.0,), how.reason)
    fast, plain = Forward(backbone, how, cache), Forward(backbone, Calibration(device="cpu"), cache)
    batch = backbone.tokenize(texts, TOKENS)
    slow, quick = turns(lambda: plain(batch), lambda: fast(batch))
    how_said = f"{how.engine} in {how.engine_dtype}, {BATCH} texts of {TOKENS} tokens"
    yield _times("texts over eager", slow, quick, TEXTS_AT_LEAST, how_said)


def _times(name: str, slow: list[Spent], quick: list[Spent], least: float, how: str) -> Figure:
    value, clock = ratio(slow, quick)
    return Figure("engines", name, value, "times", "at least", (least,), f"{how}; by the clock {clock:.1f}")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What came of it, and the processor's seconds per core."""
    from probes.device import usable_cores

    began = time.process_time()
    found = work()
    return found, (time.process_time() - began) / usable_cores()


def _single() -> Iterator[Figure]:
    """One prediction in a process that stays, with one thread."""
    import torch

    from advisor.rungs.saved.classifier import ImageClassifier, TextClassifier
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone
    from probes.backbones.text import TextBackbone

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    photo = np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    spec = {"classes": ["a", "b"], "rung": "frozen"}
    image = ImageBackbone.load(catalog.default("image"))
    text = TextBackbone.load(catalog.default("text"))
    models: list[tuple[str, Any, Any, float]] = [
        ("224 px image", ImageClassifier({**spec, "kind": "image"}, image, _head(image.dim)), [photo], IMAGE_MS),
        ("tweet", TextClassifier({**spec, "kind": "text"}, text, _head(text.dim)), [TWEET], TEXT_MS),
    ]
    try:
        for what, model, item, bound in models:
            model.stay()
            (taken,) = turns(lambda model=model, item=item: [model.predict(item) for _ in range(20)])  # type: ignore[misc]
            value, clock = (1000 * statistics.median(getattr(one, name) for one in taken) / 20
                            for name in ("processor", "clock"))  # fmt: skip
            how = f"20 predictions, one thread, {model._forward.engine}; by the clock {clock:.1f}"
            yield Figure("serving", f"one {what}", value, "ms", "at most", (bound,), how)
    finally:
        torch.set_num_threads(usual)


def _head(dim: int) -> Any:
    from advisor.rungs.saved.heads import linear_head

    return linear_head(np.random.default_rng(0).random((2, dim), dtype=np.float32), np.zeros(2, dtype=np.float32))


def _cold(cache: Path) -> Iterator[Figure]:
    _child([sys.executable, "-c", COLD, str(cache), "kept", "0"])
    few = [_child([sys.executable, "-c", COLD, str(cache), f"a{i}"]) for i in range(ROUNDS)]
    many = [_child([sys.executable, "-c", COLD, str(cache), "kept", f"b{i}"]) for i in range(ROUNDS)]
    yield _start("first features of a photo after a cold start", few, FIRST_SECONDS, "a process of its own")
    yield _start("the same, through the kept engine", many, FIRST_SECONDS, "with import, translation kept")


def _help() -> Iterator[Figure]:
    taken = [_child([sys.executable, "-m", "advisor.cli", "--help"]) for _ in range(ROUNDS)]
    yield _start("advisor --help", taken, HELP_SECONDS, "a process of its own")


def _start(name: str, taken: list[Spent], bound: float, how: str) -> Figure:
    value, clock = (statistics.median(getattr(one, side) for one in taken) for side in ("processor", "clock"))
    return Figure("start", name, value, "s", "at most", (bound,), f"{how}; by the clock {clock:.2f}")


def _child(command: list[str]) -> Spent:
    """What a process takes, by its own processor's time."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(processor, time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", action="store_true", help="64 items instead of 256")
    n = 64 if parser.parse_args().few else 256
    table = Table("Figure", "Bound", "Value", "Holds", "How")
    for figure in figures(n):
        print(f"{figure.name}: {figure.value:.3g} {figure.unit} ({figure.bound_text})", file=sys.stderr, flush=True)
        verdict = {True: "yes", False: "no", None: ""}[figure.holds]
        table.add_row(figure.name, figure.bound_text, f"{figure.value:.3g} {figure.unit}", verdict, figure.how)
    Console().print(table)


if __name__ == "__main__":
    main()
