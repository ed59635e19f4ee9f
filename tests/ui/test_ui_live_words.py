"""What a run says of itself while it works: one time left, why it does what it does, and a log from the start."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.core.records import RunStatus
from advisor.runs.reporter import Reporter
from advisor.ui.live import words


def status(**fields: Any) -> RunStatus:
    """A run under way."""
    plain = {"run": "r", "state": "running", "rung": "fine-tune", "dataset_name": "d", "created": "", "directory": ""}
    return RunStatus(**{**plain, "stage": "Training", **fields})


@pytest.mark.parametrize(
    ("left", "seconds", "moment"),
    [
        (None, 20.0, "Training, 40 s left of the limit of 1 min"),
        (12.0, 20.0, "Training, about 12 s left"),
        (0.0, 20.0, "Training, longer than expected"),
        (180.0, 20.0, "Training, about 3 min left; the limit was 1 min"),
        (120.0, 75.0, "Training, about 2 min left; the limit was 1 min"),
        (None, 75.0, "Training, 15 s over the limit of 1 min"),
    ],
)
def test_there_is_one_time_left_and_an_overrun_is_said(left: float | None, seconds: float, moment: str) -> None:
    assert words.moment(status(eta_seconds=left, seconds=seconds), 60.0) == moment


def test_the_sentence_of_the_moment_says_what_happens_and_why() -> None:
    assert words.doing(status(doing="Fold 1 of 3.")) == "Fold 1 of 3."
    assert words.doing(status(stage="Starting")) == "Starting."
    assert "kept" in words.doing(status(state="stopping"))
    waiting, other = status(state="queued"), status(rung="rag", dataset_name="handbook")
    assert words.doing(waiting, other) == "Waiting for Retrieval on handbook: one run at a time has the device."
    assert words.doing(waiting) == "Starting."


def test_only_what_is_known_is_shown_of_the_pace() -> None:
    known = status(seconds=75.0, items_per_second=31.4, memory_bytes=2e9, device="cpu")
    assert dict(words.facts(known)) == {
        "Time so far": "1 min 15 s", "Items a second": "31", "Memory": "2.0 GB", "Device": "CPU",
    }  # fmt: skip
    assert words.facts(status()) == []


def test_the_log_is_filled_from_the_first_second_in_the_order_of_time(tmp_path: Any) -> None:
    from advisor.core import storage
    from advisor.core.workspace import RunFiles

    reporter = Reporter(tmp_path)
    reporter.emit("Loading the backbone", 0.01)
    reporter.say("The head works best on block 5.")
    reporter.emit("Training", 0.3, step=20, val_value=0.953, val_loss=0.2, fit="fold 1")
    reporter.end("stopped", "It was stopped.")
    files = RunFiles(tmp_path)
    lines = words.log_lines(storage.read_lines(files.events), storage.read_lines(files.metrics))
    said = [line.partition("  ")[2] for line in lines]
    assert said[0] == "Loading the backbone."
    assert "The head works best on block 5." in said and "Stopped. It was stopped." in said
    assert "Fold 1, step 20: 95.3 % on validation items." in said


def test_the_last_line_of_a_log_has_the_time_of_the_report() -> None:
    events = [{"time": 0.0, "event": "attempt"}, {"time": 82.9, "event": "done"}]
    assert words.log_lines(events, took=82.3)[-1] == "1:22  Done."
    paused = [*events[:1], {"time": 40.0, "event": "attempt"}, *events[1:]]
    assert words.log_lines(paused, took=60.0)[-1] == "1:23  Done after 1 min of work."


def test_a_negative_loss_of_a_former_version_is_no_line_of_the_log() -> None:
    events = [{"time": 1.0, "event": "attempt"}]
    assert words.log_lines(events, [{"seconds": 3.0, "step": 4, "val_value": -1.35}]) == ["0:00  Started."]
