"""The processes that measure and predict for the server (`advisor.ui.worker`): started when needed, kept while warm."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.core import reach
from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace
from advisor.ui.worker import Ended, Task, Told, Work
from probes.progress import Progress, silent

LOG = logging.getLogger(__name__)
#: Measurements at once; each uses all cores by itself.
MOST = 2
#: A process without work is kept for so long: its models are loaded.
IDLE_SECONDS = 120.0


class Worker:
    """A process and its pipes; it does one task at a time."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "advisor.ui.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.last_used = time.monotonic()

    def do(self, title: str, work: Work, tell: Progress, workspace: Path) -> Any:
        """The result of the work. Raises PeopleError, with the title as its subject where the work did not refuse."""
        tasks, answers = self.process.stdin, self.process.stdout
        assert tasks is not None and answers is not None
        try:
            tasks.write(pickle.dumps(Task(work, workspace, dict(os.environ), reach.allowed())))
            tasks.flush()
            while isinstance(message := pickle.load(answers), Told):
                tell(message.sentence, message.share)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise PeopleError(f"{title} was not finished: {self._how_it_ended()}.") from error
        return result_of(title, message)

    def end(self) -> None:
        """End the process, whatever it does; what is kept in the workspace is written whole or not at all."""
        self.process.kill()
        self.process.wait()

    def _how_it_ended(self) -> str:
        code = self.process.wait()
        if code == -9:
            return "the system ended it, most likely for want of memory; close other programs and try again"
        return f"its process ended with the code {code}"


_idle: list[Worker] = []
_lock = threading.Lock()
_slots = threading.BoundedSemaphore(MOST)


def measure(title: str, work: Work, tell: Progress, workspace: Path, held: Callable[[Worker | None], None]) -> Any:
    """Do long work, at most `MOST` at once. ``held`` gets the process, which may be ended to cancel, and None after.

    Returns what the work returns. Raises PeopleError.
    """
    if not _slots.acquire(blocking=False):
        tell("Waiting for another measurement to end", 0.0)
        _slots.acquire()
    try:
        return _do(title, work, tell, workspace, held)
    finally:
        _slots.release()


def answer(title: str, work: Work) -> Any:
    """Do work that somebody waits for, such as a prediction: never behind a long one.

    Returns what the work returns. Raises PeopleError.
    """
    return _do(title, work, silent, Workspace.here().folder)


def _do(
    title: str,
    work: Work,
    tell: Progress,
    workspace: Path,
    held: Callable[[Worker | None], None] = lambda worker: None,
) -> Any:
    with _lock:
        worker = _idle.pop() if _idle else None
    if worker is None or worker.process.poll() is not None:
        worker = Worker()
    held(worker)
    try:
        return worker.do(title, work, tell, workspace)
    finally:
        held(None)
        _keep(worker)


def _keep(worker: Worker) -> None:
    """Keep a process that lives for the next work, and end it when none comes."""
    if worker.process.poll() is not None:
        return
    with _lock:
        worker.last_used = time.monotonic()
        _idle.append(worker)
    timer = threading.Timer(IDLE_SECONDS, _end_idle)
    timer.daemon = True
    timer.start()


def _end_idle() -> None:
    """End the processes that have been idle for long."""
    now = time.monotonic()
    with _lock:
        old = [worker for worker in _idle if now - worker.last_used >= IDLE_SECONDS - 1.0]
        _idle[:] = [worker for worker in _idle if worker not in old]
    for worker in old:
        worker.end()


def result_of(title: str, message: Ended) -> Any:
    """What came of work called `title`. Raises PeopleError where nothing did."""
    if message.how == "refused":
        raise PeopleError(message.result)
    if message.how == "failed":
        LOG.error("%s failed:\n%s", title, message.trace)
        raise PeopleError(
            f"{title} failed inside the program ({message.result}). "
            "The terminal that runs the dashboard shows the whole message."
        )
    return message.result
