"""The processes of a run, found and killed as a machine would kill them."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from advisor.runs import processes, store


def worker_of(run: str) -> psutil.Process | None:
    """The living worker of a run, as its heartbeat tells."""
    beat = processes.read_small(store.runs_folder() / run / "heartbeat")
    return processes.find(beat.get("pid"), beat.get("started"))


def supervisor_of(workspace: Path) -> psutil.Process:
    """The living supervisor of a workspace."""
    for process in psutil.process_iter(["cmdline"]):
        named = "advisor.runs.supervisor" in (process.info["cmdline"] or [])
        if named and process.environ().get("ADVISOR_HOME") == str(workspace):
            return process
    raise AssertionError("no supervisor")


def kill_hard(process: psutil.Process | None) -> None:
    """Kill a process that is there, so that it can do nothing about it."""
    assert process is not None
    process.send_signal(signal.SIGKILL)
