"""What a worker tells about itself, in its run's folder: heartbeat, state, events and metrics."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from pathlib import Path
from typing import Any

from advisor.core import storage
from advisor.core.workspace import RunFiles
from advisor.runs import processes
from advisor.runs.time_left import TimeLeft

LOG = logging.getLogger("advisor.worker")
BEAT_SECONDS = 1.0
STATE_SECONDS = 0.5


class Reporter:
    """Writes the run's folder while the worker works; every method may be called from any thread.

    ``seconds`` counts working time over all attempts, so that a resumed run keeps to its budget; but for work that was
    lost with a killed worker: it is done again in time of its own (``redone_seconds``), so that the run comes to what
    an undisturbed one does. ``interruptions``: how often that was.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = processes.read_small(RunFiles(folder).state)
        spent = float(told.get("seconds", 0.0))
        self.spent_before = self.kept_seconds = float(told.get("kept_seconds", spent))
        self.redone_seconds = float(told.get("redone_seconds", 0.0)) + spent - self.spent_before
        self.interruptions = int(told.get("interruptions", 0)) + bool(told)
        self.budget_seconds = math.inf
        self._time_left = TimeLeft()
        self.stage, self.share = "Starting", 0.0
        self._began = time.monotonic()
        self._written = 0.0
        self._lock = threading.Lock()
        self._identity = processes.identity()
        self._beats = 0
        self._ended = threading.Event()

    @property
    def seconds(self) -> float:
        """Working time so far, all attempts together."""
        return self.spent_before + time.monotonic() - self._began

    def start(self) -> None:
        """Write the first heartbeat and keep it beating every second in a thread of its own."""
        self._beat()
        threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True).start()
        self.event("attempt", **self._identity)
        self._tell("running")

    def emit(self, stage: str, share: float, **numbers: Any) -> None:
        """Note the stage and the share of the whole run that is done (0 to 1); numbers become a line of the metrics."""
        with self._lock:
            changed = stage != self.stage
            self.stage, self.share = stage, min(1.0, max(0.0, share))
            if "eta_seconds" in numbers:
                self._time_left.tell(float(numbers["eta_seconds"]), self.seconds)
            if changed:
                self.event("stage", stage=stage)
            if numbers:
                line = {"stage": stage, "seconds": round(self.seconds, 3), **{k: _plain(v) for k, v in numbers.items()}}
                storage.append_line(RunFiles(self.folder).metrics, line)
            if changed or time.monotonic() - self._written > STATE_SECONDS:
                self._tell("running")

    def kept(self) -> None:
        """Note that all that was done so far would outlive a kill."""
        with self._lock:
            self.kept_seconds = self.seconds
            self._tell("running")

    def begin(self) -> None:
        """Start the clock of a worker that takes a run up again: loading libraries was paid for by the first one."""
        if self.interruptions:
            self._began = time.monotonic()

    def event(self, kind: str, **details: Any) -> None:
        """Append one line to the events."""
        storage.append_line(RunFiles(self.folder).events, {"time": round(time.time(), 3), "event": kind, **details})

    def end(self, state: str, cause: str = "") -> None:
        """Write the final state, synced to the disk; nothing may be told after it."""
        with self._lock:
            self._ended.set()
            self.event(state, cause=cause)
            storage.write_json(RunFiles(self.folder).state, self._state(state) | {"cause": cause})

    def _tell(self, state: str) -> None:
        if not self._ended.is_set():
            processes.write_aside(RunFiles(self.folder).state, self._state(state))
            self._written = time.monotonic()

    def _state(self, state: str) -> dict[str, Any]:
        return {
            "state": state,
            "stage": self.stage,
            "progress": 1.0 if state == "done" else round(self.share, 4),
            "eta_seconds": self._eta_seconds() if state == "running" else None,
            "seconds": round(self.seconds, 3),
            "kept_seconds": round(self.kept_seconds, 3),
            "redone_seconds": round(self.redone_seconds, 3),
            "interruptions": self.interruptions,
        }

    def _eta_seconds(self) -> float | None:
        return self._time_left.at(self.seconds, self.share, self.budget_seconds)

    def _beat(self) -> None:
        self._beats += 1
        beat = self._identity | {"beats": self._beats, "seconds": round(self.seconds, 3)}
        processes.write_aside(RunFiles(self.folder).heartbeat, beat)

    def _keep_beating(self) -> None:
        while True:
            time.sleep(BEAT_SECONDS)
            try:
                self._beat()
                with self._lock:
                    self._tell("running")  # the time left goes on while a stage is silent
            except OSError as error:
                if not self.folder.is_dir():
                    os._exit(1)  # the folder was deleted: nobody can ever see a result
                LOG.warning("no heartbeat could be written (%s)", error)


def _plain(number: Any) -> Any:
    """A number as JSON can hold it; nan and infinity become null."""
    if hasattr(number, "item"):
        number = number.item()
    return None if isinstance(number, float) and not math.isfinite(number) else number
