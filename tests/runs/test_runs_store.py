"""The store: ids, queue, stop, and many processes at once."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.core.errors import RunError
from advisor.core.ladder import RungName
from advisor.core.records import Plan
from advisor.core.workspace import RunFiles
from advisor.runs import store

CHILD = """
import sys
from advisor.core.records import Plan
from advisor.runs import store
for i in range(5):
    store.submit(Plan.model_validate_json(sys.argv[1]).model_copy(update={"run": f"{sys.argv[2]}-{i}"}))
"""


def a_plan(run: str, rung: RungName = "frozen", device: str = "cpu") -> Plan:
    return Plan(
        run=run, rung=rung, dataset_folder="/nowhere", dataset_name="digits", fingerprint="0", kind="image",
        metric="accuracy", backbone="efficientnet-lite0", backbone_hash="", input_size=96, device=device,
    )  # fmt: skip


def test_a_submitted_run_waits_with_its_plan_in_its_folder() -> None:
    plan = a_plan(store.new_run_id("frozen"))
    assert store.submit(plan) == plan.run
    status = store.status(plan.run)
    assert (status.state, status.rung, status.dataset_name, status.attempts) == ("queued", "frozen", "digits", 0)
    assert Plan.load(Path(status.directory) / "plan.json") == plan
    with pytest.raises(RunError, match="exists already"):
        store.submit(plan)


def test_an_id_is_never_that_of_a_run_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aaaa", "aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda n: next(drawn))
    first = store.submit(a_plan(store.new_run_id("frozen")))
    second = store.new_run_id("frozen")
    assert first.endswith("-aaaa") and second != first


def test_a_plan_without_an_id_gets_one_and_an_id_is_never_a_path() -> None:
    run = store.submit(a_plan(""))
    assert "-frozen-" in run
    assert Plan.load(store.directory(run) / "plan.json").run == run
    for name in ("a/b", "..", "/tmp/a"):
        with pytest.raises(RunError):
            store.submit(a_plan(name))


def test_runs_come_latest_first_and_are_found_by_part_of_their_id() -> None:
    for run in ("20260101-1200-frozen-aaaa", "20260101-1201-scratch-bbbb"):
        store.submit(a_plan(run))
    assert [status.run[-4:] for status in store.runs()] == ["bbbb", "aaaa"]
    assert store.find("aaaa") == store.find("20260101-1200") == "20260101-1200-frozen-aaaa"
    assert store.find("last") == "20260101-1201-scratch-bbbb"
    assert store.find(str(store.directory("bbbb"))) == "20260101-1201-scratch-bbbb"
    with pytest.raises(RunError, match="matches several runs"):
        store.find("20260101")
    with pytest.raises(RunError, match="20260101-1200-frozen-aaaa"):
        store.find("20260101-1200-frozen-aaab")


@pytest.mark.parametrize("name", ["", "..", "../..", "/", "nothing"])
def test_a_name_that_is_no_run_never_leads_out_of_the_folder(name: str) -> None:
    store.submit(a_plan("20260101-1200-frozen-aaaa"))
    with pytest.raises(RunError):
        store.directory(name)


def test_a_waiting_run_is_stopped_at_once_and_an_ended_one_stays_as_it_is() -> None:
    store.submit(a_plan("one"))
    assert store.request_stop("one").state == "stopped"
    assert not store.change("one", "queued", "running"), "a supervisor must not take it any more"
    store.submit(a_plan("two"))
    store.change("two", "queued", "running", attempt=True)
    assert store.request_stop("two").state == "stopping"
    store.change("two", "stopping", "done")
    assert store.request_stop("two").state == "done"


def ended(run: str, at: float) -> None:
    """A run that has finished with a model at a time, as its worker leaves it."""
    store.submit(a_plan(run))
    store.change(run, "queued", "running", attempt=True)
    store.change(run, "running", "done")
    files = RunFiles(store.directory(run))
    files.model.write_text("{}")
    files.state.write_text(json.dumps({"state": "done"}))
    os.utime(files.state, (at, at))


def test_the_last_model_is_of_the_run_that_finished_last_and_not_of_the_newest() -> None:
    with pytest.raises(RunError, match="No run has finished"):
        store.last_finished()
    ended("slow", at=2000.0)
    ended("quick", at=1000.0)
    store.submit(a_plan("waiting"))
    assert store.find("last") == "waiting" and store.last_finished() == "slow"


def test_the_last_run_to_stop_is_the_newest_that_has_not_ended() -> None:
    store.submit(a_plan("waiting"))
    ended("over", at=1000.0)
    status = store.request_stop("last")
    assert (status.run, status.state) == ("waiting", "stopped")
    with pytest.raises(RunError, match="no run to stop"):
        store.request_stop("last")


def test_what_the_worker_wrote_last_wins_over_the_row() -> None:
    store.submit(a_plan("one"))
    store.change("one", "queued", "running", attempt=True)
    state = store.directory("one") / "state.json"
    state.write_text(json.dumps({"state": "running", "stage": "Training", "progress": 0.25, "eta_seconds": 9.0}))
    status = store.status("one")
    assert (status.state, status.stage, status.progress, status.eta_seconds) == ("running", "Training", 0.25, 9.0)
    state.write_text(json.dumps({"state": "failed", "cause": "The disk is full."}))
    status = store.status("one")
    assert (status.state, status.cause, status.eta_seconds) == ("failed", "The disk is full.", None)
    state.write_text('{"state": "fai')  # a power failure: the row still tells
    assert store.status("one").state == "running"


def test_processes_that_create_and_fill_the_store_together_lose_nothing() -> None:
    plan = a_plan("any").model_dump_json()
    children = [subprocess.Popen([sys.executable, "-c", CHILD, plan, f"child{i}"]) for i in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert len(store.runs()) == 15 == len(store.unfinished())


def states() -> dict[str, str]:
    return {status.run: status.state for status in store.runs()}


def test_a_list_that_is_gone_is_made_again_from_the_run_folders(workspace: Path) -> None:
    ended("20261130-0101-scratch-aaaa", at=1000.0)
    store.submit(a_plan("20261130-0102-frozen-bbbb"))
    store.submit(a_plan("20261130-0103-frozen-cccc"))
    RunFiles(store.directory("20261130-0103-frozen-cccc")).plan.write_text("[]")
    for path in workspace.glob("runs.sqlite*"):
        path.unlink()
    assert states() == {
        "20261130-0101-scratch-aaaa": "done",
        "20261130-0102-frozen-bbbb": "queued",
        "20261130-0103-frozen-cccc": "failed",
    }
    assert "plan.json is damaged" in store.status("20261130-0103-frozen-cccc").cause
    assert store.status("20261130-0101-scratch-aaaa").rung == "frozen"  # as its plan says, and not its id


@pytest.mark.parametrize("harm", ["words", "zeros", "head", "cut", "no table"])
def test_a_damaged_list_is_set_aside_and_made_again(workspace: Path, harm: str) -> None:
    for index in range(40):
        store.submit(a_plan(f"run-{index}"))
    path = workspace / "runs.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:  # everything into the one file
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if harm == "no table":
            database.execute("DROP TABLE runs")
    content = bytearray(path.read_bytes())
    if harm == "words":
        path.write_bytes(b"this is not a database" * 100)
    elif harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm != "no table":
        start = 0 if harm == "head" else 4096
        content[start : start + 4096] = bytes(4096)
        path.write_bytes(content)
    if harm == "head":
        path.write_bytes(b"x" * 100 + content[100:])
    assert len(states()) == 40 == len(store.unfinished())
    store.submit(a_plan("one more"))
    assert store.find("one more") == "one more" and len(states()) == 41
    assert len(list(workspace.glob("runs.sqlite.damaged-*"))) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("state.json", "[1, 2]"),
        ("state.json", '{"state": "running", "progress": "half", "eta_seconds": [], "stage": 3}'),
        ("state.json", '{"state": ["done"]}'),
        ("model.json", "[]"),
        ("model.json", '{"head": ["passages"]}'),
        ("model.json", '{"head": {"type": "passages"}, "rung": "unheard of"}'),
        ("model.json", '{"fallback": 7}'),
        ("report.json", "[]"),
        ("report.json", '{"schema_version": 99}'),
        ("report.json", '{"schema_version": 1, "run": "odd", "more": 1}'),
        ("plan.json", "{"),
        ("plan.json", '{"schema_version": 12}'),
        ("heartbeat", '{"pid": "one", "started": []}'),
        ("heartbeat", '{"pid": -4, "started": 1e300}'),
        ("events.jsonl", "[1]\n{\n7\n"),
    ],
)
def test_one_unreadable_file_does_not_hide_the_other_runs(
    name: str, content: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from advisor.cli.main import app

    ended("good", at=1000.0)
    ended("odd", at=2000.0)
    store.submit(a_plan("under way"))
    store.change("under way", "queued", "running", attempt=True)
    for run in ("odd", "under way"):
        (store.directory(run) / name).write_text(content)
    assert states()["good"] == "done" and len(states()) == 3
    assert "odd" in {run for run, state in states().items() if state == "done"} or name == "state.json"
    app(["runs", "list"], standalone_mode=False)
    told = capfd.readouterr().out
    assert "good" in told and "odd" in told and "under way" in told


def test_a_row_that_nothing_can_be_made_of_is_read_from_its_folder(workspace: Path) -> None:
    ended("odd", at=1000.0)
    store.submit(a_plan("waiting"))
    with contextlib.closing(sqlite3.connect(workspace / "runs.sqlite")) as database:
        database.execute("UPDATE runs SET state = 'of a later version', rung = 'unheard of', attempts = 'x'")
        database.commit()
    assert states() == {"odd": "done", "waiting": "queued"}


def test_a_run_whose_folder_is_gone_says_so() -> None:
    ended("one", at=1000.0)
    store.submit(a_plan("two"))
    shutil.rmtree(store.directory("one"))
    status = store.status("one")
    assert status.state == "failed" and "runs delete one" in status.cause and store.status("two").state == "queued"


def test_a_folder_without_a_row_is_taken_into_the_list_once_it_has_settled(workspace: Path) -> None:
    """Its submitter was killed between the folder and the row, or the folder was copied here."""
    store.submit(a_plan("known"))
    plan = a_plan("left alone").save(workspace / "runs" / "left alone" / "plan.json")
    a_plan("being deleted").save(workspace / "runs" / ".being deleted" / "plan.json")
    assert store.adopt() == []
    os.utime(plan, (1000.0, 1000.0))
    assert store.adopt() == ["left alone"] and store.adopt() == []
    assert states() == {"left alone": "queued", "known": "queued"}
