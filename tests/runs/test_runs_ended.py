"""Ended runs: deleted with all that they hold, taken up again where they failed; a run under way is neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from advisor import api
from advisor.cli.main import app
from advisor.core.errors import RunError
from advisor.core.records import Plan
from advisor.core.workspace import RunFiles
from advisor.doctor import check_supervisor
from advisor.runs import aside, ended, processes, store
from advisor.runs.follow import follow, log_tail
from tests.core.small_disks import mounted

Plans = Callable[..., Plan]
HOLDER = """
import sys, time
from pathlib import Path
from advisor.runs.processes import take_lock
lock = take_lock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(2)
"""


def a_run(name: str, state: str, n_kept: int = 0) -> RunFiles:
    """A run in that state, with so many bytes of a kept stage."""
    plan = Plan(
        run=name, rung="frozen", dataset_folder="/nowhere", dataset_name="digits", fingerprint="0", kind="image",
        metric="accuracy", backbone="efficientnet-lite0", backbone_hash="", input_size=96,
    )  # fmt: skip
    store.submit(plan)
    files = RunFiles(store.directory(name))
    if state != "queued":
        store.change(name, "queued", state, attempt=True)
        files.state.write_text(json.dumps({"state": state, "cause": "The disk is full.", "seconds": 3.0}))
    if n_kept:
        (files.checkpoint / "stages" / "one").mkdir(parents=True)
        (files.checkpoint / "stages" / "one" / "tensors-0.safetensors").write_bytes(bytes(n_kept))
    return files


@pytest.mark.parametrize("state", ["done", "failed", "stopped"])
def test_an_ended_run_goes_with_all_that_it_holds(state: str) -> None:
    files, other = a_run("20261130-0001-frozen-aaaa", state, 5000), a_run("20261130-0002-frozen-bbbb", "done")
    assert api.delete_run("aaaa", for_good=True) >= 5000
    assert not files.folder.exists() and other.folder.is_dir()
    assert [status.run for status in store.runs()] == ["20261130-0002-frozen-bbbb"]
    assert [path.name for path in store.runs_folder().iterdir()] == ["20261130-0002-frozen-bbbb"]
    with pytest.raises(RunError, match="is not a run"):
        api.delete_run("aaaa")


def test_a_deletion_can_be_undone_for_a_day() -> None:
    first, second = a_run("20261130-0001-frozen-aaaa", "failed", 5000), a_run("20261130-0002-frozen-bbbb", "done")
    before = store.status("aaaa")
    assert api.delete_run("aaaa") >= 5000 and not first.folder.exists()
    assert [status.run for status in store.runs()] == ["20261130-0002-frozen-bbbb"]
    assert [one.run for one in aside.runs()] == ["20261130-0001-frozen-aaaa"]
    assert api.restore_run("aaaa") == "20261130-0001-frozen-aaaa"
    assert (
        store.status("aaaa").model_copy(update={"attempts": before.attempts}) == before
        and aside.runs() == []
        and second.folder.is_dir()
    )
    assert {status.run for status in store.runs()} == {first.folder.name, second.folder.name}
    with pytest.raises(RunError, match="There is none"):
        api.restore_run("aaaa")


def test_after_a_day_its_room_is_free_and_the_rest_stays() -> None:
    a_run("old", "done"), a_run("new", "done")
    ended.delete("old"), ended.delete("new")
    old = aside.find("old")
    os.utime(old.folder, (time.time() - aside.UNDO_SECONDS - 60,) * 2)
    assert aside.clear() > 0
    assert [one.run for one in aside.runs()] == ["new"]
    assert ended.delete("new", for_good=True) > 0 and aside.runs() == []  # one that lies aside goes at once


@pytest.mark.parametrize("state", ["queued", "running", "stopping"])
def test_a_run_that_has_not_ended_is_not_deleted(state: str) -> None:
    files = a_run("one", state)
    with pytest.raises(RunError, match="Stop it first: advisor runs stop one"):
        api.delete_run("one")
    assert files.plan.is_file() and store.status("one").state == state


def test_the_worker_may_leave_before_its_folder_goes() -> None:
    files = a_run("one", "done")
    command = [sys.executable, "-c", HOLDER, str(files.lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None and worker.stdout.readline() == "held\n"
        ended.delete("one")
        assert worker.wait(30) == 0
    assert not files.folder.exists()


def test_a_deletion_that_was_killed_is_ended_by_the_next() -> None:
    files = a_run("one", "done")
    files.folder.rename(files.folder.with_name(f"{aside.PREFIX}one"))
    assert "runs delete one" in store.status("one").cause
    assert ended.delete("one") > 0 and store.runs() == []
    assert aside.restore("one") == "one" and files.plan.is_file()


def test_the_command_asks_before_it_deletes(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    files, under_way = a_run("one", "failed", 2000), a_run("two", "running")
    assert app(["runs", "delete", "one"], standalone_mode=False) == 1  # nobody at a terminal to ask
    _, err = capfd.readouterr()
    assert "one: Frozen features on digits, failed" in err and "--yes" in err and files.folder.is_dir()
    with pytest.raises(RunError, match="Stop it first: advisor runs stop two"):
        app(["runs", "delete", "one", "two", "--yes"], standalone_mode=False)
    assert files.folder.is_dir() and capfd.readouterr()
    app(["runs", "delete", "one", "--yes", "--json"], standalone_mode=False)
    document = json.loads(capfd.readouterr().out)
    assert document["deleted"] == ["one"] and document["freed_bytes"] == 0 and document["aside_bytes"] >= 2000
    assert not files.folder.exists() and under_way.folder.is_dir()
    app(["runs", "delete", "one", "--yes", "--for-good", "--json"], standalone_mode=False)
    document = json.loads(capfd.readouterr().out)
    assert document["freed_bytes"] >= 2000 and document["aside_bytes"] == 0


def test_what_ended_runs_keep_is_said_by_the_doctor() -> None:
    a_run("fine", "done", 0), a_run("broken", "failed", 3_000_000), a_run("stopped", "stopped", 1_000_000)
    kept = ended.kept()
    assert set(kept.runs) == {"broken", "stopped"} and kept.n_bytes == 4_000_000
    note = next(check for check in check_supervisor() if check.name == "Kept stages")
    assert "2 runs" in note.sentence and "4 MB" in note.sentence and "advisor runs delete" in note.sentence


@pytest.mark.parametrize(("state", "words"), [("done", "finished already"), ("running", "has not ended")])
def test_only_a_run_that_ended_early_goes_on(state: str, words: str) -> None:
    a_run("one", state)
    with pytest.raises(RunError, match=words):
        api.resume_run("one")
    assert store.status("one").state == state


def test_a_run_that_was_stopped_with_a_model_does_not_go_on() -> None:
    files = a_run("one", "stopped")
    files.outcome.write_text("{}")
    with pytest.raises(RunError, match="Train again"):
        api.resume_run("one")


@pytest.mark.slow
def test_a_run_that_failed_goes_on_to_its_end(plan_of: Plans) -> None:
    run = store.submit(plan_of("frozen"))
    files = RunFiles(store.directory(run))
    store.change(run, "queued", "running", attempt=True)
    state = {"state": "failed", "cause": "The disk is full.", "seconds": 9.0, "kept_seconds": 4.0}
    files.state.write_text(json.dumps(state))
    files.stop.touch()
    store.change(run, "running", "failed", cause="The disk is full.")
    assert api.resume_run(run) == run
    assert "full" not in store.status(run).cause
    *_, last = follow(run)
    assert last.state == "done", (last.cause, log_tail(run))
    assert processes.read_small(files.state)["interruptions"] == 1


def test_a_run_that_waits_for_a_full_disk_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mounted(tmp_path / "disk", "size=3m") as place:
        monkeypatch.setenv("ADVISOR_HOME", str(place))
        a_run("20261130-0001-frozen-aaaa", "queued")
        assert store.held_up() == ""
        (place / "filler").write_bytes(bytes(2_500_000))
        assert "is full" in store.held_up() and "Unfinished runs" in store.held_up()
        with pytest.raises(RunError, match=r"has not ended\. The disk .* is full"):
            ended.resume("aaaa")
        store.change("20261130-0001-frozen-aaaa", "queued", "failed", cause="It was tried.")
        assert store.held_up() == ""
