"""Jobs: one for each question, with progress, and failures told in a sentence."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from advisor.core.errors import DatasetError
from advisor.ui import jobs, waiting
from probes.progress import Progress


def ended(job: jobs.Job) -> jobs.Job:
    """The job, when it has finished."""
    while not job.finished:
        time.sleep(0.01)
    return job


def test_the_same_question_is_one_job_while_it_runs() -> None:
    gate = threading.Event()
    key = jobs.key_of("question")
    first = jobs.start(key, "Reading", lambda progress: gate.wait(30))
    assert jobs.start(key, "Reading", lambda progress: None) is first
    assert jobs.find(key) is first
    gate.set()
    assert ended(first).result is True


def test_progress_is_kept_between_nothing_and_all() -> None:
    def work(progress: Progress) -> str:
        progress("Reading files: 3 of 1,797", 0.2)
        progress("Reading files: 1,000 of 1,797", 0.5)
        progress("Too far.", 1.5)
        return "done"

    job = ended(jobs.start(jobs.key_of("progress"), "Reading", work))
    assert (job.result, job.sentence, job.share, job.error) == ("done", "Too far", 1.0, None)
    assert job.stages == ["Reading files", "Too far"]


def failing(error: Exception) -> Callable[[Progress], None]:
    """Work that fails."""

    def work(progress: Progress) -> None:
        raise error

    return work


def test_a_failure_for_people_is_told_as_it_is() -> None:
    job = ended(jobs.start(jobs.key_of("people"), "Reading", failing(DatasetError("The folder is empty."))))
    assert job.error == "The folder is empty."


def test_a_failure_of_the_program_names_the_job_and_the_cause() -> None:
    job = ended(jobs.start(jobs.key_of("program"), "Reading", failing(ZeroDivisionError("by nought"))))
    assert job.error is not None
    assert job.error.startswith("Reading failed inside the program (ZeroDivisionError: by nought).")


def test_an_answered_question_is_worked_on_again_and_a_failed_one_waits_for_the_user() -> None:
    key = jobs.key_of("again")
    first = ended(jobs.answer(key, "Reading", lambda progress: 1))
    second = ended(jobs.answer(key, "Reading", failing(DatasetError("No."))))
    assert second is not first
    assert jobs.answer(key, "Reading", lambda progress: 2) is second
    third = ended(jobs.again(second))
    assert third is not second
    assert third.error == "No."
    jobs.forget(key)
    assert jobs.find(key) is None


def test_a_running_job_is_not_forgotten() -> None:
    gate = threading.Event()
    key = jobs.key_of("running")
    job = jobs.start(key, "Reading", lambda progress: gate.wait(30))
    jobs.forget(key)
    assert jobs.find(key) is job
    gate.set()
    ended(job)


@given(st.lists(st.floats(0.0, 1e5), max_size=30))
def test_a_countdown_rises_only_where_it_says_so(estimates: list[float]) -> None:
    countdown, before = jobs.Countdown(), math.inf
    for estimate in estimates:
        shown = countdown.to(estimate)
        assert shown <= estimate
        assert shown <= before or countdown.longer
        before = shown


def test_what_takes_longer_than_expected_says_so_beside_the_time_left() -> None:
    job = jobs.Job("key", "Measuring", lambda progress: None)
    job.tell("Measuring", 0.5)
    job.started -= 30.0
    assert "about 30 s left" in waiting.stages(job) and "longer" not in waiting.stages(job)
    job.started -= 10.0
    assert "about 30 s left" in waiting.stages(job), "a little more is held back"
    job.started -= 40.0
    assert "longer than expected, about 1 min 20 s left" in waiting.stages(job)
