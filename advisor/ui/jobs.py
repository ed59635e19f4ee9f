"""Long questions answered in threads of the dashboard's process; a reload finds them again.

The question makes the key of its job, so the same question asked twice, or from two browsers, is one job.
Answers that matter are in the workspace; a job only holds the progress. Training is not a job: it is a run in a
process of its own (advisor/runs).
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.core.errors import PeopleError
from advisor.core.workspace import Workspace
from advisor.ui.server.visitors import acting_in
from probes.progress import Progress

LOG = logging.getLogger(__name__)
KEPT = 64


@dataclass
class Job:
    """One question being answered: its progress, and its result or its failure in one sentence.

    ``asked``: the question, for a form that shows it again when there is no answer to it. ``workspace``: whose job it
    is; with a login, others do not find it.
    """

    key: str
    title: str
    sentence: str = "Starting."
    share: float = 0.0
    started: float = field(default_factory=time.monotonic)
    result: Any = None
    error: str | None = None
    finished: bool = False
    work: Callable[[Progress], Any] | None = None
    asked: Any = None
    workspace: Path = field(default_factory=lambda: Workspace.here().folder)

    def tell(self, sentence: str, share: float) -> None:
        """Note the progress; `share` is clipped to 0..1."""
        self.sentence = sentence
        self.share = min(1.0, max(0.0, share))

    @property
    def seconds(self) -> float:
        """Seconds since the job was started."""
        return time.monotonic() - self.started


_jobs: dict[str, Job] = {}
_lock = threading.Lock()


def key_of(*words: object) -> str:
    """A short key for a question, the same for the same words in the same workspace."""
    return hashlib.sha256("\x1f".join(map(str, (Workspace.here().folder, *words))).encode()).hexdigest()[:16]


def start(key: str, title: str, work: Callable[[Progress], Any], asked: Any = None) -> Job:
    """Start `work` in a thread, unless a job with this key is under way; returns the job either way."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and not job.finished:
            return job
        job = _jobs[key] = Job(key, title, work=work, asked=asked)
        for old in [k for k, j in _jobs.items() if j.finished][:-KEPT]:
            del _jobs[old]
    threading.Thread(target=_work, args=(job, work), name=f"job-{key}", daemon=True).start()
    return job


def answer(key: str, title: str, work: Callable[[Progress], Any]) -> Job:
    """The job under way or failed with this key; otherwise `work` is started, also when its old answer is gone."""
    job = find(key)
    return job if job is not None and (not job.finished or job.error) else start(key, title, work)


def find(key: str | None) -> Job | None:
    """The job with this key, or None when this workspace has none."""
    job = _jobs.get(key) if key else None
    return job if job is not None and job.workspace == Workspace.here().folder else None


def forget(key: str) -> None:
    """Drop a finished job, so that the question can be asked anew."""
    with _lock:
        job = _jobs.get(key)
        if job is not None and job.finished:
            del _jobs[key]


def again(job: Job) -> Job:
    """Start the work of a failed job once more."""
    assert job.work is not None
    return start(job.key, job.title, job.work, job.asked)


def _work(job: Job, work: Callable[[Progress], Any]) -> None:
    try:
        with acting_in(job.workspace):
            job.result = work(job.tell)
    except PeopleError as error:
        job.error = str(error)
    except Exception as error:
        LOG.exception("the job %r failed", job.title)
        job.error = (
            f"{job.title} failed inside the program ({type(error).__name__}: {error}). "
            "The terminal that runs the dashboard shows the whole message."
        )
    finally:
        job.finished = True
