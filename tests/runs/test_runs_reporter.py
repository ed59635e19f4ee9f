"""The clock of a run over several launches: what was kept counts, what was lost is done again in time of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.core import storage
from advisor.core.records import Plan
from advisor.core.workspace import RunFiles
from advisor.runs.reporter import Reporter
from advisor.runs.worker import interrupted, overrun


def taken_up(folder: Path, **state: Any) -> Reporter:
    (folder / "state.json").write_text(json.dumps({"state": "running", **state}))
    return Reporter(folder)


def test_a_first_launch_was_never_interrupted(tmp_path: Path) -> None:
    reporter = Reporter(tmp_path)
    assert (reporter.spent_before, reporter.interruptions, interrupted(reporter)) == (0.0, 0, ())


def test_work_that_was_lost_does_not_count_and_is_told(tmp_path: Path) -> None:
    reporter = taken_up(tmp_path, seconds=30.0, kept_seconds=12.0, redone_seconds=3.0, interruptions=1)
    assert (reporter.spent_before, reporter.redone_seconds, reporter.interruptions) == (12.0, 21.0, 2)
    assert interrupted(reporter)[0].startswith("The run was interrupted twice and resumed; work of 21 s was lost")


def test_what_is_kept_counts_at_the_next_launch(tmp_path: Path) -> None:
    reporter = taken_up(tmp_path, seconds=30.0, kept_seconds=12.0)
    reporter.kept()
    kept = reporter.kept_seconds
    reporter.emit("Training", 0.5)
    again = Reporter(tmp_path)
    assert kept >= 12.0 and again.spent_before == pytest.approx(kept, abs=0.001)
    assert again.redone_seconds >= 17.999


def test_a_run_of_a_version_that_kept_no_such_time_counts_all_of_it(tmp_path: Path) -> None:
    reporter = taken_up(tmp_path, seconds=30.0)
    assert (reporter.spent_before, reporter.redone_seconds, reporter.interruptions) == (30.0, 0.0, 1)


def test_what_a_run_says_of_itself_is_in_its_state_and_its_events(tmp_path: Path) -> None:
    reporter = Reporter(tmp_path)
    reporter.device = "cpu"
    reporter.say("The head works best on block 5.")
    reporter.emit("Training", 0.3, step=1, items_per_second=31.0)
    files = RunFiles(tmp_path)
    state = storage.read_object(files.state)
    assert (state["doing"], state["device"]) == ("The head works best on block 5.", "cpu")
    assert state["items_per_second"] == 31.0 and state["memory_bytes"] > 1e7
    assert [e["sentence"] for e in storage.read_lines(files.events) if e["event"] == "said"] == [state["doing"]]
    reporter.emit("Reading the test part", 0.95)
    assert storage.read_object(files.state)["items_per_second"] is None, "the pace is that of its stage"


def test_a_run_that_took_longer_than_its_limit_says_so_and_why(plan_of: Callable[..., Plan]) -> None:
    tuned, frozen = plan_of("fine-tune", 300.0), plan_of("frozen", 60.0)
    assert overrun(tuned, 310.0) == () == overrun(frozen, 20.0)
    assert overrun(tuned, 460.0)[0].startswith("It took 7 min 40 s before the test part was read, over its limit of 5")
    assert "the machine was slower afterwards" in overrun(tuned, 460.0)[0]
    assert "Loading the model" in overrun(frozen, 70.0)[0]
