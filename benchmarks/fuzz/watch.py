"""Watching a worker that feeds a reader: an input that ends the process, or never ends, is kept as a failure too."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.fuzz.engine import OWN, Session
from benchmarks.fuzz.readers import Reader
from benchmarks.fuzz.tally import Tally

#: An input at work for so many seconds, a third of them on the processor, hangs outside Python, where no alarm reaches
#: it; one that waits for so long is stuck.
HANGS_SECONDS, STUCK_SECONDS = 180.0, 1_800.0
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
        tally, hangs = Session(reader, folder, scratch).tally, False
        silence = _Silence(tally, process.pid)
        try:
            while process.poll() is None and not hangs:
                time.sleep(_POLL_SECONDS)
                hangs = silence.hangs()
            if hangs:
                process.send_signal(signal.SIGABRT)  # faulthandler then writes where it is
                time.sleep(1)
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


class _Silence:
    """Whether the input at work hangs: it takes the processor for too long, or neither ends nor takes it.

    A worker that other programs leave no share of the processor is only slow.
    """

    def __init__(self, tally: Tally, pid: int) -> None:
        self.tally, self.process = tally, psutil.Process(pid)
        self.n_inputs, self.seconds = -1, 0.0

    def hangs(self) -> bool:
        """Look once; asked again and again."""
        try:
            times = self.process.cpu_times()
        except psutil.Error:  # it has just ended
            return False
        if self.tally.n_inputs != self.n_inputs:
            self.n_inputs, self.seconds = self.tally.n_inputs, times.user + times.system
        taken, silent = times.user + times.system - self.seconds, self.tally.silent_seconds()
        return self.n_inputs > 0 and silent > HANGS_SECONDS and (taken > HANGS_SECONDS / 3 or silent > STUCK_SECONDS)


def _thin(corpus: Path) -> None:
    kept = sorted(corpus.glob("*"), key=lambda path: path.stat().st_mtime) if corpus.is_dir() else []
    for path in kept[:-MOST_KEPT]:
        path.unlink()


def _fast() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
