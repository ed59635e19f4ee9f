"""A stop reaches work that does not look for it, spares a write, and gives up what does not end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from advisor.core.stopping import Stopped, uncut
from advisor.core.workspace import RunFiles
from advisor.runs import stopping
from advisor.runs.stopping import Stopping

PATIENCE_SECONDS = 60.0


@pytest.fixture
def gave_up() -> threading.Event:
    """Set where the work was given up."""
    return threading.Event()


@pytest.fixture
def watching(tmp_path: Path, gave_up: threading.Event) -> Iterator[Stopping]:
    """A watch over this process, which stands for a worker."""
    before = signal.getsignal(signal.SIGINT)
    own = Stopping(RunFiles(tmp_path), gave_up.set)
    own.watch()
    yield own
    own.over()
    signal.signal(signal.SIGINT, before)


def work_until(event: threading.Event, seconds: float = PATIENCE_SECONDS) -> bool:
    """Multiply matrices until the event, without a look at anything else; whether it came."""
    until, matrix = time.monotonic() + seconds, np.ones((64, 64))
    while time.monotonic() < until and not event.is_set():
        matrix @ matrix
    return event.is_set()


def test_work_that_does_not_look_for_a_stop_is_interrupted_by_one(watching: Stopping) -> None:
    watching.files.stop.touch()
    with pytest.raises(Stopped):
        work_until(threading.Event())
    assert watching.is_asked()


def test_work_that_has_seen_the_stop_may_end_by_itself(watching: Stopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "LAST_SECONDS", 1e9)
    watching.files.stop.touch()
    assert watching.is_asked()
    work_until(threading.Event(), 3 * stopping.NOTICE_SECONDS)


def test_a_stop_waits_for_a_write(watching: Stopping, gave_up: threading.Event) -> None:
    watching.files.stop.touch()
    written = False
    with pytest.raises(Stopped):
        with uncut():
            work_until(gave_up, 2 * stopping.NOTICE_SECONDS)
            written = True
        work_until(gave_up)
    assert written and not gave_up.is_set()


def test_work_that_goes_on_after_the_stop_is_given_up(watching: Stopping, gave_up: threading.Event) -> None:
    watching.files.stop.touch()
    assert watching.is_asked()
    assert work_until(gave_up)


def test_nothing_is_interrupted_after_the_end(watching: Stopping, gave_up: threading.Event) -> None:
    watching.over()
    watching.files.stop.touch()
    assert not work_until(gave_up, 2 * stopping.NOTICE_SECONDS)


def test_the_cause_tells_whether_there_is_a_model(tmp_path: Path) -> None:
    assert "kept" not in stopping.was_stopped(tmp_path)
    RunFiles(tmp_path).model.touch()
    assert "The model is kept" in stopping.was_stopped(tmp_path)
