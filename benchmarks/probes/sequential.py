"""What evidence for 100,000 images costs beside that for 5,000: `read` and `probe`, each in a fresh workspace.

The images are cifar10_sub's 12,000, each changed a little (mirrored, shifted, brighter or darker) until there are
enough, as files of their own in class folders; they are written to a temporary folder once and deleted afterwards.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from benchmarks.figures import Figure
from benchmarks.sets import path_of

SMALL, LARGE = 5_000, 100_000
BUDGET_SECONDS = 60.0


def figures() -> Iterator[Figure]:
    """The cost of 100,000 against 5,000, and what it is made of."""
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        _write(large, LARGE, small, SMALL)
        _measured(small, Path(folder) / "warm")  # the first one pays for starting torch and filling the file cache
        of_small, of_large = (_measured(path, Path(folder) / path.name / "home") for path in (small, large))
    how = f"32 px JPEG files in 10 class folders, budget {BUDGET_SECONDS:g} s, a fresh workspace each"
    yield Figure(
        "sequential",
        "evidence for 100,000 images over that for 5,000, listing included",
        sum(of_large.values()) / sum(of_small.values()),
        "times",
        "at most",
        (1.2,),
        how,
    )
    for name, found in (("5,000", of_small), ("100,000", of_large)):
        for step, seconds in found.items():
            yield Figure("sequential", f"{step}, {name} images", seconds, "s", "none", (), how)


def _measured(folder: Path, home: Path) -> dict[str, float]:
    """Seconds of reading and of evidence in a workspace of its own."""
    from advisor import api

    before = os.environ.get("ADVISOR_HOME")
    os.environ["ADVISOR_HOME"] = str(home)
    try:
        started = time.monotonic()
        dataset = api.read(folder)
        read = time.monotonic()
        api.probe(dataset, budget=BUDGET_SECONDS)
        return {"read": read - started, "evidence": time.monotonic() - read}
    finally:
        shutil.rmtree(home, ignore_errors=True)
        if before is None:
            del os.environ["ADVISOR_HOME"]
        else:
            os.environ["ADVISOR_HOME"] = before


def _write(large: Path, n_large: int, small: Path, n_small: int) -> None:
    """`n_large` changed images, and copies of an even share of them as the small set."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path_of("cifar10_sub")) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith((".jpg", ".png")))
        pictures = [(Path(name).parent.name, archive.read(name)) for name in names]
    every = n_large // n_small
    for number in range(n_large):
        label, content = pictures[number % len(pictures)]
        target = large / label / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_changed(content, rng))
        if number % every == 0:
            copy = small / label / target.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target, copy)


def _changed(content: bytes, rng: np.random.Generator) -> bytes:
    """The image mirrored by chance, shifted by up to two pixels, its brightness changed by up to a fifth."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    if rng.random() < 0.5:
        image = ImageOps.mirror(image)
    left, top = rng.integers(0, 5, size=2).tolist()
    image = ImageOps.expand(image, 2).crop((left, top, left + image.width, top + image.height))
    image = ImageEnhance.Brightness(image).enhance(float(rng.uniform(0.8, 1.2)))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=90)
    return written.getvalue()
