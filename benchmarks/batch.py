"""`python -m benchmarks.batch [RUN] [--rows N]`: a long table predicted: memory, rows a second, and a kill.

A table of N rows is predicted by `advisor predict --out` in a process of its own, whose memory is watched from outside;
a tenth of the rows before that, to see what grows with the rows. Then once more, killed in the middle and begun
again: no row may be lost, twice there or labelled otherwise. Without RUN a word-count model of the sample topics is
trained in a new workspace.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import psutil

from advisor import api

MIB = 2**20
#: What a table of ten times the rows may take more.
MOST_GROWTH_MIB = 50


def main(run: str | None, n_rows: int) -> None:
    """Predict, watch, kill and print."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="advisor-batch-")))
        if run is None:
            os.environ["ADVISOR_HOME"] = str(folder / "home")
            run = api.train("sample:topics", rung="scratch", budget=60).run
        texts = api.read("sample:topics").items["text"].tolist()
        peaks = []
        for n in (n_rows // 10, n_rows):
            table, out = written(folder / f"{n}.csv", texts, n), folder / f"{n}-answers.csv"
            process = started(run, table, out)
            peak, seconds = watched(process)
            assert process.returncode == 0, process.returncode
            peaks.append(peak / MIB)
            say(f"{n:,} rows ({table.stat().st_size / 1e6:,.0f} MB), peak memory", f"{peaks[-1]:,.0f} MiB")
            say(f"{n:,} rows, with loading", f"{seconds:,.0f} s, {n / seconds:,.0f} rows/s")
        growth = peaks[1] - peaks[0]
        say("memory that ten times the rows take more", f"{growth:,.0f} MiB", f"at most {MOST_GROWTH_MIB} MiB")
        compare(run, folder, n_rows)


def compare(run: str, folder: Path, n_rows: int) -> None:
    """Kill the prediction in the middle, begin it again, and compare with the file that was written at once."""
    table, out = folder / f"{n_rows}.csv", folder / "killed.csv"
    process = started(run, table, out)
    manifest = folder / ".killed.csv.parts" / "manifest.json"
    while process.poll() is None and rows_in(manifest) < n_rows // 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = rows_in(manifest)
    again = started(run, table, out, stdout=subprocess.PIPE)
    said = json.loads(again.communicate()[0])
    whole, killed = (pd.read_csv(path) for path in (folder / f"{n_rows}-answers.csv", out))
    lost = n_rows - killed["id"].nunique()
    other = int((whole["predicted_label"] != killed["predicted_label"]).sum())
    say("rows kept by a process that was killed", f"{kept:,}")
    say("rows taken up by the next", f"{said['n_taken_up']:,}", f"{kept:,}")
    say("rows lost or labelled otherwise after the kill", f"{lost + other:,}", "0")


def written(path: Path, texts: Sequence[str], n: int) -> Path:
    """A table of so many rows: the texts in turn, each with its number in it."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "text", "remark"])
        for row in range(n):
            writer.writerow([row, f"{texts[row % len(texts)]} {row}", "kept as it is"])
    return path


def started(run: str, table: Path, out: Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """A process that predicts."""
    command = [sys.executable, "-m", "advisor.cli", "predict", run, str(table), "--out", str(out), "--json"]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL)


def watched(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """The most memory that a process held, in bytes, and its seconds."""
    begun, peak, seen = time.monotonic(), 0, psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            peak = max(peak, seen.memory_info().rss)
        time.sleep(0.05)
    return peak, time.monotonic() - begun


def rows_in(manifest: Path) -> int:
    """Rows that are kept so far."""
    try:
        return int(json.loads(manifest.read_text())["tally"]["n_rows"])
    except (OSError, ValueError, KeyError):
        return 0


def say(what: str, value: str, bound: str = "") -> None:
    """One row."""
    print(f"{what:<52}{value:>24}  {bound}", flush=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("run", nargs="?", help="a finished run on sample:topics")
    options.add_argument("--rows", type=int, default=100_000)
    chosen = options.parse_args()
    main(chosen.run, chosen.rows)
