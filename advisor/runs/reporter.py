"""What a worker reports in its run's folder: heartbeat, state, events and metrics."""

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
from probes.memory import used_bytes

LOG = logging.getLogger("advisor.worker")
BEAT_SECONDS = 1.0
STATE_SECONDS = 0.5


class Reporter:
    """Writes to the run's folder while the worker works; every method may be called from any thread.

    ``seconds`` counts working time over all attempts, so that a resumed run keeps to its budget. Work that a killed
    worker lost does not count: it is repeated in extra time (``redone_seconds``), so that the run ends like an
    undisturbed one. ``interruptions``: how often that happened. ``device``: what the run works on, "" until known.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        state = processes.read_small(RunFiles(folder).state)
        spent = float(state.get("seconds", 0.0))
        self.spent_before = self.kept_seconds = float(state.get("kept_seconds", spent))
        self.redone_seconds = float(state.get("redone_seconds", 0.0)) + spent - self.spent_before
        self.interruptions = int(state.get("interruptions", 0)) + bool(state)
        self.budget_seconds = math.inf
        self._time_left = TimeLeft()
        self.stage, self.share = "Starting", 0.0
        self.doing = self.device = ""
        self.items_per_second: float | None = None
        self._began = time.monotonic()
        self._written = 0.0
        self._lock = threading.Lock()
        self._identity = processes.identity()
        self._beats = 0
        self._ended = threading.Event()

    @property
    def seconds(self) -> float:
        """Working time so far, over all attempts."""
        return self.spent_before + time.monotonic() - self._began

    def start(self) -> None:
        """Write the state and the first heartbeat, and one every second in a thread of its own."""
        self._write_state("running")  # before anybody can see the heartbeat and kill: a kill counts as an interruption
        self._beat()
        threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True).start()
        self.event("attempt", **self._identity)

    def emit(self, stage: str, share: float, **numbers: Any) -> None:
        """Note the stage and the share of the whole run that is done (0 to 1); numbers become a line of the metrics."""
        with self._lock:
            changed = stage != self.stage
            self.stage, self.share = stage, min(1.0, max(0.0, share))
            if changed or "items_per_second" in numbers:
                self.items_per_second = numbers.get("items_per_second")
            if "eta_seconds" in numbers:
                self._time_left.note(float(numbers["eta_seconds"]), self.seconds)
            if changed:
                self.event("stage", stage=stage)
            if numbers:
                line = {"stage": stage, "seconds": round(self.seconds, 3), **{k: _plain(v) for k, v in numbers.items()}}
                storage.append_line(RunFiles(self.folder).metrics, line)
            if changed or time.monotonic() - self._written > STATE_SECONDS:
                self._write_state("running")

    def expect_reading(self, seconds: float) -> None:
        """Note how long reading the test part will take at the end, as far as is known by now."""
        with self._lock:
            self._time_left.expect_reading(seconds)

    def read(self, left: float | None = None) -> None:
        """Note that the test part is being read, and the seconds left at the pace of that."""
        with self._lock:
            self._time_left.read(self.seconds, left)

    def say(self, sentence: str) -> None:
        """Tell what the run does now and why, a sentence for people: the page shows the last, its log all of them."""
        with self._lock:
            self.doing = sentence
            self.event("said", sentence=sentence)
            self._write_state("running")

    def kept(self) -> None:
        """Note that everything done so far would survive a kill."""
        with self._lock:
            self.kept_seconds = self.seconds
            self._write_state("running")

    def forget(self) -> None:
        """Note that nothing of the earlier attempts can be relied on: all of it is done again and does not count."""
        self.redone_seconds += self.spent_before
        self.spent_before = self.kept_seconds = 0.0

    def begin(self) -> None:
        """Start the clock of a worker that resumes a run: the first one has already paid for loading libraries."""
        if self.interruptions:
            self._began = time.monotonic()

    def event(self, kind: str, **details: Any) -> None:
        """Append one line to the events."""
        storage.append_line(RunFiles(self.folder).events, {"time": round(time.time(), 3), "event": kind, **details})

    def end(self, state: str, cause: str = "") -> None:
        """Write the final state, synced to the disk; nothing may be written after it."""
        with self._lock:
            self._ended.set()
            self.event(state, cause=cause)
            storage.write_json(RunFiles(self.folder).state, self._state(state) | {"cause": cause})

    def _write_state(self, state: str) -> None:
        if not self._ended.is_set():
            processes.write_aside(RunFiles(self.folder).state, self._state(state))
            self._written = time.monotonic()

    def _state(self, state: str) -> dict[str, Any]:
        return {
            "state": state,
            "stage": self.stage,
            "doing": self.doing,
            "progress": 1.0 if state == "done" else round(self.share, 4),
            "eta_seconds": self._eta_seconds() if state == "running" else None,
            "seconds": round(self.seconds, 3),
            "kept_seconds": round(self.kept_seconds, 3),
            "redone_seconds": round(self.redone_seconds, 3),
            "interruptions": self.interruptions,
            "device": self.device,
            "memory_bytes": used_bytes(),
            "items_per_second": _plain(self.items_per_second),
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
                    self._write_state("running")  # the time left goes down while a stage is silent
            except OSError as error:
                if not self.folder.is_dir():
                    os._exit(1)  # the folder was deleted: nobody will ever see a result
                LOG.warning("The heartbeat could not be written (%s).", error)


def _plain(number: Any) -> Any:
    """A number as JSON can hold it; nan and infinity become null."""
    if hasattr(number, "item"):
        number = number.item()
    return None if isinstance(number, float) and not math.isfinite(number) else number
