"""Long questions of the pages, each answered by a process of its own; a reload finds them again.

The question makes the key of its job, so the same question asked twice, or from two browsers, is one job.
Answers that matter are in the workspace; a job only holds the progress. Training is not a job: it is a run
(advisor/runs).
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace
from advisor.ui import workers
from advisor.ui.server.visitors import acting_in

KEPT = 64
#: An estimate so many times what is shown, and so many seconds above it, is no noise any more.
SURELY_LONGER, LEAST_LONGER_SECONDS = 1.5, 5.0
#: "Reading files: 300 of 1,797" and "Reading files: 600 of 1,797" are one stage.
COUNTED = re.compile(r"[:,]?\s*\d.*$")


@dataclass
class Countdown:
    """The time left that a page shows: it never rises unless it also says that it takes longer than expected.

    A longer estimate is held back, since most of them are noise; one of half as much again is believed and said.
    """

    seconds: float = math.inf
    longer: bool = False

    def to(self, estimate: float) -> float:
        """Note an estimate in seconds; returns the seconds to show."""
        if estimate > max(SURELY_LONGER * self.seconds, self.seconds + LEAST_LONGER_SECONDS):
            self.seconds, self.longer = estimate, True
        self.seconds = min(self.seconds, estimate)
        return self.seconds


@dataclass
class Job:
    """One question being answered: its progress, and its result or its failure in one sentence.

    ``stages``: what it has been at, in order, without counts. ``asked``: the question, for a form that shows it again
    when there is no answer to it. ``workspace``: whose job it is; with a login, others do not find it.
    """

    key: str
    title: str
    work: Callable[..., Any]
    asked: Any = None
    sentence: str = "Starting"
    share: float = 0.0
    stages: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    result: Any = None
    error: str | None = None
    finished: bool = False
    cancelled: bool = False
    worker: workers.Worker | None = None
    countdown: Countdown = field(default_factory=Countdown)
    workspace: Path = field(default_factory=lambda: Workspace.here().folder)

    def tell(self, sentence: str, share: float) -> None:
        """Note the progress; `share` is clipped to 0..1 and never goes back."""
        self.sentence = sentence.rstrip(".")
        self.share = max(self.share, min(1.0, max(0.0, share)))
        stage = COUNTED.sub("", self.sentence)
        if stage not in self.stages:
            self.stages.append(stage)

    @property
    def seconds(self) -> float:
        """Seconds since the job was started."""
        return time.monotonic() - self.started


_jobs: dict[str, Job] = {}
_lock = threading.Lock()


def key_of(*words: object) -> str:
    """A short key for a question, the same for the same words in the same workspace."""
    return hashlib.sha256("\x1f".join(map(str, (Workspace.here().folder, *words))).encode()).hexdigest()[:16]


def start(key: str, title: str, work: Callable[..., Any], asked: Any = None) -> Job:
    """Start `work`, a function of `advisor.ui.work` that lacks ``progress=`` alone, unless a job with this key is under
    way; returns the job either way."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and not job.finished:
            return job
        job = _jobs[key] = Job(key, title, work, asked)
        for old in [k for k, j in _jobs.items() if j.finished][:-KEPT]:
            del _jobs[old]
    threading.Thread(target=_work, args=(job,), name=f"job-{key}", daemon=True).start()
    return job


def answer(key: str, title: str, work: Callable[..., Any]) -> Job:
    """The job under way or failed with this key; otherwise `work` is started, also when its old answer is gone."""
    return pending(key) or start(key, title, work)


def find(key: str | None) -> Job | None:
    """The job with this key, or None when this workspace has none."""
    job = _jobs.get(key) if key else None
    return job if job is not None and job.workspace == Workspace.here().folder else None


def pending(key: str | None) -> Job | None:
    """The job with this key that is under way or has failed: what a page shows in place of its answer."""
    job = find(key)
    return job if job is not None and (not job.finished or job.error) else None


def under_way() -> bool:
    """Whether any job of this workspace has not finished."""
    here = Workspace.here().folder
    return any(not job.finished for job in list(_jobs.values()) if job.workspace == here)


def forget(key: str) -> None:
    """Drop a finished job, so that the question can be asked anew."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and job.finished:
            del _jobs[key]


def again(job: Job) -> Job:
    """Start the work of a failed job once more."""
    return start(job.key, job.title, job.work, job.asked)


def cancel(job: Job) -> None:
    """End a job under way and forget it; what it has kept in the workspace stays."""
    with _lock:
        job.cancelled = True
        if _jobs.get(job.key) is job:
            del _jobs[job.key]
        if job.worker is not None:
            job.worker.end()


def _held(job: Job, worker: workers.Worker | None) -> None:
    with _lock:
        job.worker = worker
        if worker is not None and job.cancelled:  # while it waited for its turn
            worker.end()


def _work(job: Job) -> None:
    try:
        with acting_in(job.workspace):
            job.result = workers.measure(
                job.title, job.work, job.tell, job.workspace, lambda worker: _held(job, worker)
            )
    except PeopleError as error:
        job.error = str(error)
    finally:
        job.finished = True
