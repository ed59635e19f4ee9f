"""Watching a worker that feeds a reader: an input that ends the process, or never ends, is kept as a failure too."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.fuzz.engine import OWN, Session
from benchmarks.fuzz.readers import Reader

#: An input at work for so many seconds hangs outside Python, where no alarm reaches it.
HANGS_SECONDS = 180.0
#: A worker that is ended so often is not started again.
MOST_ENDS = 20
#: What atheris found stays below so many files; the oldest go first.
MOST_KEPT = 1_000
_POLL_SECONDS = 0.5
#: A line of ours as Python's faulthandler writes it, the innermost first.
_OWN_LINE = re.compile(rf'File ".*/(?:{"|".join(OWN)})/(?:.*/)?(\w+\.py)", line (\d+)')


def watched(reader: Reader, engine: str, folder: Path, seconds: float) -> bool:
    """Feed a reader by one engine for so many seconds; print what came of it. Whether nothing broke."""
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_fast()))
    begin = time.monotonic()
    try:
        for _ in range(MOST_ENDS):
            left = begin + seconds - time.monotonic()
            if left < 1 or _worked(reader, engine, folder, scratch, left):
                break
        tally = Session(reader, folder, scratch).tally
        minutes, n_failures = (time.monotonic() - begin) / 60, len(tally.failures())
        print(
            f"{reader.name}: {tally.n_inputs:,} inputs by {engine} in {minutes:.1f} min, {n_failures} failures",
            flush=True,
        )
        return n_failures == 0
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        _thin(folder / "corpus")


def _worked(reader: Reader, engine: str, folder: Path, scratch: Path, seconds: float) -> bool:
    """One worker's life; False where an input ended it before its time, and is now kept."""
    command = [sys.executable, "-m", "benchmarks.fuzz", reader.name, "--engine", engine, "--scratch", str(scratch)]
    log = scratch / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen([*command, "--minutes", str(seconds / 60)], stderr=stream)
        hangs = False
        tally = Session(reader, folder, scratch).tally
        try:
            while process.poll() is None and not hangs:
                time.sleep(_POLL_SECONDS)
                hangs = tally.silent_seconds() > HANGS_SECONDS
        finally:
            process.kill()
            process.wait()
    if process.returncode == 0 and not hangs:
        return True
    how = "an input hangs" if hangs else f"the process ended with status {process.returncode}"
    trace = log.read_text(errors="replace")
    place = next(iter(_OWN_LINE.findall(trace)), ("nowhere", "0"))
    Session(reader, folder, scratch).keep(f"{how} {':'.join(place)}", trace[-1500:], tally.content)
    return False


def _thin(corpus: Path) -> None:
    kept = sorted(corpus.glob("*"), key=lambda path: path.stat().st_mtime) if corpus.is_dir() else []
    for path in kept[:-MOST_KEPT]:
        path.unlink()


def _fast() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
