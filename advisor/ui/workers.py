"""The processes that measure and predict for the server (`advisor.ui.worker`): started when needed, kept while warm."""

from __future__ import annotations

import contextlib
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
from advisor.ui.server.visitors import acting_in
from advisor.ui.worker import Ended, Task, Told, Work
from probes.progress import Progress, silent

LOG = logging.getLogger(__name__)
#: Measurements at once; each uses all cores by itself.
MOST = 2
#: A process without work is kept for so long: its models are loaded.
IDLE_SECONDS = 120.0


class Worker:
    """A process and its pipes; it does one task at a time. ``about``: what its models are of, "" for none."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "advisor.ui.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.last_used = time.monotonic()
        self.about = ""

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
#: What is being loaded ahead of a question; each ends when its models are there.
_loading: dict[str, threading.Event] = {}
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


def answer(title: str, work: Work, about: str = "") -> Any:
    """Do work that somebody waits for, such as a prediction: never behind a long one.

    about: whose models it needs, so that the process is taken that has them, or loads them now. Returns what the work
    returns. Raises PeopleError.
    """
    folder = Workspace.here().folder
    while (loaded := _loading.get(_named(folder, about))) is not None:
        loaded.wait()
    return _do(title, work, silent, folder, about=_named(folder, about))


def is_ready(about: str) -> bool:
    """Whether a process that waits for work has the models already."""
    named = _named(Workspace.here().folder, about)
    with _lock:
        return any(worker.about == named and worker.process.poll() is None for worker in _idle)


def load_ahead(about: str, *works: Work) -> None:
    """Let a process load what questions about something need, one work after the other, before the first comes.

    One thing is loaded at a time, and nothing where it is there already. What fails is said when somebody asks.
    """
    folder = Workspace.here().folder
    named = _named(folder, about)
    with _lock:
        if _loading or any(worker.about == named for worker in _idle):
            return
        _loading[named] = threading.Event()
    threading.Thread(target=_load, args=(named, works, folder), daemon=True, name="load-ahead").start()


def _named(folder: Path, about: str) -> str:
    """What models are of, told apart by workspace; "" for nothing."""
    return f"{folder} {about}" if about else ""


def _load(about: str, works: tuple[Work, ...], folder: Path) -> None:
    """The thread of `load_ahead`; between two works a question goes first, and ends it."""
    for number, work in enumerate(works):
        if number:
            with _lock:
                if not any(worker.about == about for worker in _idle):
                    return
                _loading[about] = threading.Event()
        try:
            with acting_in(folder), contextlib.suppress(PeopleError):
                _do("Loading the model", work, silent, folder, about=about)
        finally:
            _loading.pop(about).set()


def _do(
    title: str,
    work: Work,
    tell: Progress,
    workspace: Path,
    held: Callable[[Worker | None], None] = lambda worker: None,
    about: str = "",
) -> Any:
    worker = _taken(about)
    if worker is None or worker.process.poll() is not None:
        worker = Worker()
    held(worker)
    worker.about = about or worker.about
    try:
        return worker.do(title, work, tell, workspace)
    finally:
        held(None)
        _keep(worker)


def _taken(about: str) -> Worker | None:
    """An idle process: one with the models that are needed, else the last one that was busy."""
    with _lock:
        if not _idle:
            return None
        knowing = [worker for worker in _idle if about and worker.about == about]
        worker = knowing[-1] if knowing else _idle[-1]
        _idle.remove(worker)
        return worker


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
