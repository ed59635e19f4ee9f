"""The stages of one kind of items, each in a process whose memory is watched."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures import Figure
from benchmarks.scale.stage import STAGES

GB = 1e9
MOST_GB = 3.0


def figures(kind: str, instrument: str) -> Iterator[Figure]:
    """Seconds, peak memory, and the cost per million items of every stage."""
    with folder() as at:
        os.environ.setdefault("ADVISOR_HOME", str(at / "home"))
        peaks = []
        for name in STAGES:
            peak, said = watched(name, kind, at / kind, at / f"{kind}-out")
            if name == "make":
                continue
            peaks.append(peak)
            how = f"{said['items']:,} {kind}s"
            yield Figure(instrument, f"{name}: seconds", said["seconds"], "s", "none", (), how)
            yield Figure(instrument, f"{name}: peak memory", peak / GB, "GB", "at most", (MOST_GB,), how)
            if name in ("listing", "extract", "fit", "predict"):
                seconds = sum(said["each"]) if name == "extract" else said["seconds"]
                million = 1e6 * seconds / said["items"]
                yield Figure(instrument, f"{name}: seconds for a million", million, "s", "none", (), f"from {how}")
            if name == "fit":
                yield Figure(instrument, "accuracy on held-out items", said["accuracy"], "", "at least", (0.5,), how)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """The folder that is kept, or one for now."""
    if kept := os.environ.get("ADVISOR_SCALE_FOLDER"):
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="advisor-scale-") as path:
        yield Path(path)


def watched(name: str, kind: str, items: Path, out: Path) -> tuple[int, dict[str, Any]]:
    """Peak bytes of a stage with all its processes, and what it prints."""
    command = [sys.executable, "-m", "benchmarks.scale.stage", name, kind, str(items), str(out)]
    process, peak = subprocess.Popen(command, stdout=subprocess.PIPE, text=True), 0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            one = psutil.Process(process.pid)
            family = [one, *one.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        time.sleep(0.1)
    assert process.returncode == 0 and process.stdout is not None, (name, process.returncode)
    said: dict[str, Any] = json.loads(process.stdout.read().splitlines()[-1])
    return peak, said
