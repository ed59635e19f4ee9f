"""A stop ends a run within five seconds, whatever the worker is doing.

Most stages look for a stop between two batches, and keep the best state so far. One that has not looked after a second,
such as a probe in the middle of its fit or a slow step, is interrupted: `Stopped` is raised in the main thread between
two instructions of Python. What is not at its end after four seconds is given up, and the model that is on the disk
stays: fine-tuning writes the frozen model before it begins.
"""

from __future__ import annotations

import _thread
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from advisor.core.stopping import Stopped, is_writing
from advisor.core.workspace import RunFiles

LOG = logging.getLogger("advisor.worker")
LOOK_SECONDS = 0.2
#: Seconds after the request in which the work may notice it by itself, and after which it is given up.
NOTICE_SECONDS, LAST_SECONDS = 1.0, 4.0
#: Seconds that a model which is being written may take.
WRITING_SECONDS = 30.0


def was_stopped(folder: Path) -> str:
    """The cause of a run that was stopped before its end."""
    kept = " The model is kept, without a report." if RunFiles(folder).model.exists() else ""
    return f"It was stopped before it finished.{kept}"


class Stopping:
    """Watches for the request to stop, in a thread of its own, until `over` is called in the thread that works.

    That is the main thread, which can be interrupted, but under Ray. ``give_up`` ends the process; it is called in the
    thread that watches.
    """

    def __init__(self, files: RunFiles, give_up: Callable[[], None]) -> None:
        self.files, self.give_up = files, give_up
        self._noticed, self._over = threading.Event(), threading.Event()
        self._worker = threading.current_thread()

    def is_asked(self) -> bool:
        """Whether a stop was requested; whoever asks in the thread that works then ends what it does."""
        asked = self.files.stop.exists()
        if asked and threading.current_thread() is self._worker:
            self._noticed.set()
        return asked

    def watch(self) -> None:
        """Begin; in the thread that works."""
        self._worker = threading.current_thread()
        if self._interruptible:
            signal.signal(signal.SIGINT, self._interrupt)
        threading.Thread(target=self._watch, name="stop", daemon=True).start()

    @property
    def _interruptible(self) -> bool:
        return self._worker is threading.main_thread()

    def over(self) -> None:
        """The work has ended: nothing is interrupted any more, and nothing given up."""
        self._over.set()

    def _interrupt(self, number: int, frame: FrameType | None) -> Any:
        if not self.files.stop.exists():
            raise KeyboardInterrupt
        if not (self._over.is_set() or self._noticed.is_set() or is_writing()):
            self._noticed.set()
            raise Stopped

    def _watch(self) -> None:
        while not self.files.stop.exists():
            if self._over.wait(LOOK_SECONDS):
                return
        asked = time.monotonic()
        # the others would wait for ever in the middle of a step
        alone = self._interruptible and os.environ.get("WORLD_SIZE", "1") == "1"
        while not self._over.wait(LOOK_SECONDS):
            seconds = time.monotonic() - asked
            if alone and seconds > NOTICE_SECONDS and not self._noticed.is_set():
                _thread.interrupt_main()
            if seconds > (WRITING_SECONDS if is_writing() else LAST_SECONDS):
                LOG.warning("The stop was not heeded for %.1f s; the run ends with the model that it has.", seconds)
                self.give_up()
                return
