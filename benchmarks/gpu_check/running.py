"""Sections in processes of their own: one that hangs, crashes or fills the memory ends alone, within its time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from advisor.core import storage
from benchmarks.gpu_check.check import Check, Row, Section, blank

ROOT = Path(__file__).parents[2]


def rows_of(section: Section, check: Check) -> list[Row]:
    """What the section found; where it did not end well, a last row says why. What it wrote is in ``<name>.log``."""
    lines, log = check.folder / f"{section.name}.jsonl", check.folder / f"{section.name}.log"
    home = check.folder / section.name
    command = [sys.executable, "-m", "benchmarks.gpu_check.child", section.name, check.device]
    command += ["small" if check.small else "full", str(home), str(lines)]
    started = time.monotonic()
    with log.open("w") as stream:
        child = subprocess.Popen(
            command, stdout=stream, stderr=stream, cwd=ROOT, env=environment(home), start_new_session=True
        )
        try:
            code = child.wait(section.limit(check))
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(child, home)
    found: list[Row] = list(storage.read_lines(lines))
    seconds = time.monotonic() - started - sum(float(row["seconds"]) for row in found)
    if code is None:
        found.append(blank(section.name, "ended", "failed", f"not done within {section.limit(check):.0f} s", seconds))
    elif code != 0:
        found.append(blank(section.name, "ended", "failed", _cause(log, code), seconds))
    return found


def environment(home: Path) -> dict[str, str]:
    """Of a child process: a workspace of its own, and the project from this checkout."""
    path = os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return os.environ | {"ADVISOR_HOME": str(home), "PYTHONPATH": path}


def _end(child: subprocess.Popen[bytes], home: Path) -> None:
    """End the child with its group, and every process that works in the section's workspace."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for process in _working_below(home):
        with contextlib.suppress(psutil.Error):
            process.kill()


def _working_below(home: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            workspace = process.environ().get("ADVISOR_HOME", "")
            if process.pid != os.getpid() and Path(workspace).is_relative_to(home):
                yield process


def _cause(log: Path, code: int) -> str:
    """The last line that the process wrote, or the signal that ended it."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return last_line(log) or f"ended with {code}"


def last_line(log: Path) -> str:
    """The last line of a log that says something; empty where none does."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "")
