"""The processes that measure for the pages: progress, results, refusals, failures, cancelling, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from advisor.core import reach
from advisor.core.errors import DatasetError, PeopleError
from advisor.core.workspace import Workspace
from advisor.ui import jobs, work, workers
from advisor.ui.worker import Work
from probes.progress import Progress
from tests.ui.test_ui_jobs import ended

pytestmark = pytest.mark.usefixtures("own_processes")


def whereabouts(progress: Progress) -> tuple[int, str, str]:
    print("this must not reach the pipe of the answers")
    progress("Half way", 0.5)
    return os.getpid(), str(Workspace.here().folder), os.environ["ADVISOR_TEST"]


def refuse(progress: Progress) -> None:
    raise DatasetError("The folder is empty.")


def fail(progress: Progress) -> None:
    raise ZeroDivisionError("by nought")


def die(progress: Progress) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(marker: str, progress: Progress) -> None:
    Path(marker).write_text(str(os.getpid()))
    time.sleep(600)


def measured(work: Work, title: str = "Reading") -> jobs.Job:
    return ended(jobs.start(jobs.key_of(title, work), title, work))


def test_work_is_done_elsewhere_in_the_same_workspace_and_the_process_is_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = []
    for word in ("first", "second"):
        monkeypatch.setenv("ADVISOR_TEST", word)
        job = measured(whereabouts, word)
        assert (job.error, job.sentence, job.share) == (None, "Half way", 0.5)
        results.append(job.result)
    (process, folder, first), (again, _, second) = results
    assert process == again != os.getpid()
    assert (folder, first, second) == (str(Workspace.here().folder), "first", "second")


def test_a_refusal_and_a_failure_are_told_and_the_process_goes_on() -> None:
    assert measured(refuse).error == "The folder is empty."
    process = workers._idle[0].process.pid
    error = measured(fail).error
    assert error is not None and error.startswith("Reading failed inside the program (ZeroDivisionError: by nought).")
    assert workers._idle[0].process.pid == process
    with pytest.raises(PeopleError, match="The folder is empty"):
        workers.answer("The prediction", refuse)


def test_a_process_that_the_system_ends_is_told_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_TEST", "after")
    error = measured(die).error
    assert error is not None and error.startswith("Reading was not finished: the system ended it, most likely for want")
    assert measured(whereabouts).result[2] == "after"


def test_cancelling_ends_the_process_and_forgets_the_job(tmp_path: Path) -> None:
    marker = tmp_path / "process"
    key = jobs.key_of("long")
    job = jobs.start(key, "Measuring", partial(sleep, str(marker)))
    end = time.monotonic() + 60
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    jobs.cancel(job)
    assert jobs.find(key) is None
    ended(job)
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_a_job_that_is_cancelled_while_it_waits_for_its_turn_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = threading.BoundedSemaphore(1)
    monkeypatch.setattr(workers, "_slots", turn)
    turn.acquire()
    marker = tmp_path / "process"
    job = jobs.start(jobs.key_of("waits"), "Measuring", partial(sleep, str(marker)))
    end = time.monotonic() + 60
    while job.sentence != "Waiting for another measurement to end":
        assert time.monotonic() < end
        time.sleep(0.02)
    jobs.cancel(job)
    turn.release()
    ended(job)
    assert not marker.exists()


def test_a_process_reads_only_what_the_server_may_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    reach.limit(lambda: (str(tmp_path / "inside"),))
    try:
        error = measured(partial(work.read, work.Reading(str(outside), "", {}))).error
    finally:
        reach.limit(None)
    assert error is not None and "lies outside the folders that this dashboard reads" in error


def load(marker: str, progress: Progress) -> None:
    Path(marker).write_text(str(os.getpid()))
    time.sleep(0.3)


def own_process(progress: Progress) -> int:
    return os.getpid()


def test_a_question_goes_to_the_process_that_loads_its_model_ahead_and_not_to_a_second_one(tmp_path: Path) -> None:
    marker, later = tmp_path / "first", tmp_path / "second"
    assert not workers.is_ready("a run")
    for _ in range(3):  # a page is drawn again and again
        workers.load_ahead("a run", partial(load, str(marker)), partial(load, str(later)))
    workers.load_ahead("another run", partial(load, str(tmp_path / "other")))
    asked = workers.answer("The prediction", own_process, "a run")
    assert asked == int(marker.read_text()) and workers.is_ready("a run")
    assert not (tmp_path / "other").exists(), "one thing is loaded at a time"


def test_the_process_that_has_the_models_is_asked_again_whatever_others_did_since(tmp_path: Path) -> None:
    first = workers.answer("The prediction", own_process, "a run")
    other = workers.Worker()
    workers._keep(other)
    assert workers.answer("The prediction", own_process, "a run") == first != other.process.pid
    assert workers.answer("The prediction", own_process, "another run") == first  # the last one that was busy


def test_what_cannot_be_loaded_ahead_is_said_when_somebody_asks() -> None:
    workers.load_ahead("a run", refuse)
    with pytest.raises(PeopleError, match="The folder is empty"):
        workers.answer("The prediction", refuse, "a run")


def test_an_idle_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_TEST", "idle")
    monkeypatch.setattr(workers, "IDLE_SECONDS", 1.0)
    measured(whereabouts)
    process = workers._idle[0].process
    process.wait(60)
    assert not workers._idle


def test_the_server_never_loads_a_network_library() -> None:
    lines = """
import importlib, pkgutil, sys
import advisor.ui
for module in pkgutil.walk_packages(advisor.ui.__path__, "advisor.ui."):
    if not module.name.endswith(("entry.app", "ui.worker")):
        importlib.import_module(module.name)
assert not {"torch", "torchvision", "transformers", "sklearn"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", lines], check=True, cwd=Path(__file__).parents[2])
