"""The whole line for `make bench-speed`: advice on 8 x 8 digits and on photos, and when the first answer is there.

Each piece of advice is a process of its own with a workspace of its own. A set is advised on twice: in a new workspace,
and again in one that knows the machine's engines and nothing else, which is what its second set meets. Seconds are the
processor's, since another program may be using the machine; what the clock said stands beside them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures import Figure
from benchmarks.sets import path_of

DIGITS_SECONDS, FIRST_ANSWER_SECONDS, OVER_FLOOR, ALLOWED_SECONDS = 15.0, 10.0, 1.25, 3.0
#: Stages of the line that are no part of the evidence.
AROUND = {"listing", "inspecting", "splitting", "steps", "forecast", "decision"}
#: What a workspace knows of its machine.
KNOWN = ("engines", "calibrations")


@dataclass(frozen=True)
class Line:
    """One piece of advice: processor seconds of each stage, and seconds by the clock.

    ``first_answer``: when it was there, the same two, None where there was none. ``n_sample``: items that the evidence
    used; ``input_px``: what the backbone was fed.
    """

    stages: dict[str, float]
    clock: float
    first_answer: tuple[float, float] | None
    n_sample: int
    input_px: int

    @property
    def processor(self) -> float:
        """Of the whole line."""
        return sum(self.stages.values())

    @property
    def evidence(self) -> float:
        """Of the evidence alone."""
        return sum(seconds for stage, seconds in self.stages.items() if stage not in AROUND)


def figures() -> Iterator[Figure]:
    """The digits, then the photos."""
    with tempfile.TemporaryDirectory(prefix="advisor-line-") as folder:
        home = Path(folder) / "home"
        new, known = (_advised("sample:digits", home) for _ in range(2))
        how = (
            f"{known.n_sample:,} items; in a new workspace {new.evidence:.1f} s; the clock's whole {known.clock:.1f} s"
        )
        yield Figure("line", "evidence on 8 x 8 digits", known.evidence, "s", "at most", (DIGITS_SECONDS,), how)
        yield from _first("digits", known, new)
        new, known = (_advised(str(path_of("cats_dogs")), home) for _ in range(2))
        floor = _floor(known, home)
        value = max(0.0, known.processor - ALLOWED_SECONDS) / floor
        how = (
            f"{known.n_sample:,} photos at {known.input_px} px: {known.processor:.1f} s less {ALLOWED_SECONDS:g} s, "
            f"over {floor:.1f} s; by the clock {known.clock:.1f} s"
        )
        name = "advice on photos over decoding and computing them once"
        yield Figure("line", name, value, "times", "at most", (OVER_FLOOR,), how)
        yield from _first("photos", known, new)


def _first(of: str, known: Line, new: Line) -> Iterator[Figure]:
    if known.first_answer is None:
        return
    processor, clock = known.first_answer
    how = f"from the command to the recommendation so far; by the clock {clock:.1f} s"
    how += f"; in a new workspace {new.first_answer[0]:.1f} s" if new.first_answer is not None else ""
    yield Figure("line", f"the first answer on {of}", processor, "s", "at most", (FIRST_ANSWER_SECONDS,), how)


def _advised(source: str, home: Path) -> Line:
    """Advice in a process of its own; what a workspace knows of other sets and of this one is forgotten before."""
    for place in home.glob("*"):
        if place.name != "features":
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    for place in (home / "features").glob("*"):
        if place.name not in KNOWN:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    command = [sys.executable, "-m", "advisor.cli", "advise", source, "--timings", "--json"]
    started, first = time.perf_counter(), None
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            command, env={**os.environ, "ADVISOR_HOME": str(home)}, stdout=out, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            if first is None and any(home.glob("datasets/*/advice-so-far.json")):
                spent = psutil.Process(process.pid).cpu_times()
                first = spent.user + spent.system, time.perf_counter() - started
            time.sleep(0.05)
        clock = time.perf_counter() - started
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} failed.")
        out.seek(0)
        document: dict[str, Any] = json.load(out)
    stages = {row["stage"]: float(row["processor_seconds"]) for row in document["timings"]["stages"]}
    evidence = json.loads(next(home.glob("datasets/*/evidence.json")).read_text())
    return Line(stages, clock, first, int(evidence["n_sample"]), int(evidence["input_size"]))


def _floor(line: Line, home: Path) -> float:
    """Processor seconds of decoding as many of the photos once, and of computing them once with the same engine."""
    from advisor.data.decode import open_image
    from benchmarks.probes.extraction import _photos
    from probes.backbones import catalog
    from probes.backbones.image import ImageBackbone
    from probes.batches import image_batches
    from probes.calibrations import calibration_of
    from probes.forward import Forward

    with tempfile.TemporaryDirectory(prefix="advisor-floor-") as folder:
        photos = _photos(Path(folder) / "photos")
        backbone = ImageBackbone.load(catalog.default("image"), input_size=line.input_px)
        how = calibration_of(backbone, home / "features")
        forward = Forward(backbone, how, home / "features")
        rows = [row % len(photos) for row in range(line.n_sample)]
        batches = image_batches(backbone, lambda i: open_image(photos[i], line.input_px), rows, how.batch_size)
        began = time.process_time()
        for _, pixels, _ in batches:
            forward(pixels)
        return time.process_time() - began
