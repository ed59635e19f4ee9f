"""Submitters, supervisors and workers are killed with SIGKILL, and the run still ends with the right state."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from safetensors.numpy import load_file

from advisor import api
from advisor.cli.main import app
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.runs import processes, store, supervisor
from advisor.runs.follow import events, follow, log_tail, metrics
from advisor.runs.supervisor import Supervisor
from tests.runs.killed import kill_hard, supervisor_of, worker_of

Plans = Callable[..., Plan]
Until = Callable[..., bool]

SUBMITTER = """
import sys, time
from pathlib import Path
from advisor.core.records import Plan
from advisor.runs import store, supervisor
print(store.submit(Plan.load(Path(sys.argv[1]))), supervisor.ensure(), flush=True)
time.sleep(600)
"""


def final(run: str) -> RunStatus:
    *_, last = follow(run)
    return last


@pytest.mark.slow
def test_a_run_outlives_the_process_that_submitted_it_and_its_supervisor(
    plan_of: Plans, until: Until, workspace: Path, tmp_path: Path
) -> None:
    path = plan_of("frozen").save(tmp_path / "plan.json")
    submitter = subprocess.Popen([sys.executable, "-c", SUBMITTER, str(path)], stdout=subprocess.PIPE, text=True)
    assert submitter.stdout is not None
    run, started = submitter.stdout.readline().split()
    submitter.send_signal(signal.SIGKILL)
    submitter.wait()
    assert started == "True"
    assert until(lambda: worker_of(run))
    worker = worker_of(run)
    kill_hard(supervisor_of(workspace))
    assert until(lambda: not supervisor.is_alive())
    assert worker_of(run) == worker, "the worker does not need its supervisor"
    status = final(run)
    assert status.state == "done", log_tail(run)
    assert status.attempts == 1
    assert len([event for event in events(run) if event["event"] == "attempt"]) == 1
    report = RunReport.load(store.directory(run) / "report.json")
    assert report.test.n == sum(map(sum, report.confusion))
    assert api.load(run).classes == ("digit 0", "digit 1", "digit 2")


def test_a_worker_killed_before_it_kept_anything_is_launched_again(plan_of: Plans, until: Until) -> None:
    run = api.start(plan_of("frozen"))
    assert until(lambda: worker_of(run))
    assert not any(store.directory(run).rglob("checkpoint/**/state.json"))
    kill_hard(worker_of(run))
    status = final(run)
    assert (status.state, status.attempts) == ("done", 2), (status.cause, log_tail(run))
    report = RunReport.load(store.directory(run) / "report.json")
    assert any(sentence.startswith("The run was interrupted once") for sentence in report.sentences)


def test_a_worker_that_always_dies_is_launched_a_few_times_only(plan_of: Plans) -> None:
    run, killed = store.submit(plan_of("frozen")), []
    own = Supervisor()
    while own.step():  # each time as soon as it shows itself
        worker = worker_of(run)
        if worker is not None and worker.pid not in killed:
            killed.append(worker.pid)
            kill_hard(worker)
    status = store.status(run)
    assert status.state == "failed" and len(killed) == status.attempts == supervisor.ATTEMPTS
    assert "SIGKILL" in status.cause and f"tried {supervisor.ATTEMPTS} times" in status.cause


def test_a_run_that_gets_further_each_time_may_die_more_often_than_one_that_does_not(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    for attempts, kept in ((1, 0.0), (2, 0.0), (3, 4.0), (4, 9.0), (5, 9.0), (6, 9.0)):
        state.write_text(json.dumps({"state": "running", "kept_seconds": kept}))
        in_vain = supervisor._in_vain(tmp_path, attempts)
        assert in_vain == {1: 1, 2: 2, 3: 0, 4: 0, 5: 1, 6: 2}[attempts]
    state.write_text(json.dumps({"state": "running", "kept_seconds": "damaged"}))
    assert supervisor._in_vain(tmp_path, 7) == 3


def test_whoever_lists_the_runs_sees_that_one_died_and_has_it_launched_again(
    plan_of: Plans, until: Until, workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = api.start(plan_of("frozen"))
    assert until(lambda: worker_of(run))
    kill_hard(supervisor_of(workspace))
    kill_hard(worker_of(run))
    assert until(lambda: worker_of(run) is None and not supervisor.is_alive())
    assert until(lambda: store.status(run).stage == store.GONE)  # its threads end after its first, and free the lock
    app(["runs", "list", "--json"], standalone_mode=False)
    assert store.GONE in capfd.readouterr().out
    assert until(lambda: store.status(run).state == "done"), log_tail(run)  # nobody follows it


@pytest.mark.slow
def test_what_a_kill_left_beside_its_files_is_gone_after_the_next_launch(plan_of: Plans) -> None:
    run = store.submit(plan_of("frozen"))
    folder = store.directory(run)
    left = [folder / ".state.json.x7", folder / "checkpoint" / ".now-12.safetensors.ab3", folder / ".heartbeat.q"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(1000))
    supervisor.ensure()
    assert final(run).state == "done" and not any(path.exists() for path in left)


@pytest.mark.slow
def test_a_run_killed_late_does_nothing_twice_that_had_ended(plan_of: Plans, until: Until) -> None:
    plan = plan_of("fine-tune", seconds=120.0, settings={"steps": 12, "learning_rate": 3e-4})
    whole, parts = (api.start(plan.model_copy(update={"run": store.new_run_id("fine-tune")})) for _ in range(2))
    fold = store.directory(parts) / "checkpoint" / "stages" / "fold-1" / "state.json"
    assert until(fold.is_file, 240), log_tail(parts)
    kill_hard(worker_of(parts))
    assert [final(run).state for run in (whole, parts)] == ["done", "done"], log_tail(parts)
    assert [store.status(run).attempts for run in (whole, parts)] == [1, 2]
    told = events(parts)
    second = [event.get("stage") for event in told[max(i for i, e in enumerate(told) if e["event"] == "attempt") :]]
    assert "Training" in second and "Training without fold 3 of 3" in second
    assert not {"Comparing layers", "Training without fold 1 of 3", "Training without fold 2 of 3"} & set(second)
    one, other = (load_file(store.directory(run) / "model.safetensors") for run in (whole, parts))
    assert one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)
    reports = [RunReport.load(store.directory(run) / "report.json") for run in (whole, parts)]
    assert reports[0].test.value == reports[1].test.value and reports[0].validation == reports[1].validation
    assert not any((store.directory(parts) / "checkpoint").rglob("*.safetensors"))


def test_a_killed_training_goes_on_from_its_checkpoint(plan_of: Plans, until: Until, workspace: Path) -> None:
    settings = {"steps": 24, "architecture": "same", "learning_rate": 1e-3}  # as many on a busy machine
    run = api.start(plan_of("scratch", seconds=600.0, settings=settings))
    checkpoint = store.directory(run) / "checkpoint" / "state.json"
    assert until(checkpoint.is_file, 90), log_tail(run)
    before = json.loads(checkpoint.read_bytes())["step"]
    kill_hard(supervisor_of(workspace))
    kill_hard(worker_of(run))
    statuses = list(follow(run))  # following it brings the supervisor back
    status = statuses[-1]
    assert status.state == "done", (status.cause, log_tail(run))
    assert status.attempts == 2
    goes_on = "Interrupted once; it goes on from what it had kept."
    assert {one.interrupted for one in statuses} == {"", goes_on} and not status.interrupted
    table = metrics(run)
    steps = table[table["stage"] == "Training"]["step"].dropna()
    assert steps.is_unique
    assert steps.max() > before


@pytest.mark.slow
def test_a_stop_ends_a_training_within_seconds_and_keeps_what_there_is(plan_of: Plans, until: Until) -> None:
    run = api.start(plan_of("scratch", seconds=120.0))
    assert until(lambda: "train_loss" in metrics(run)), log_tail(run)
    assert store.request_stop(run).state == "stopping"
    assert final(run).state == "stopped"
    assert until(lambda: worker_of(run) is None, 20)
    model = store.directory(run) / "model.safetensors"
    assert not model.exists() or load_file(model)


def test_a_second_run_waits_for_the_device(plan_of: Plans, until: Until) -> None:
    first, second = api.start(plan_of("frozen")), api.start(plan_of("frozen"))
    assert until(lambda: worker_of(first))
    assert store.status(second).state == "queued"
    store.request_stop(first)
    assert until(lambda: worker_of(second))
    assert store.status(first).state == "stopped"


def test_a_worker_that_hangs_is_ended_and_its_run_taken_up_again(plan_of: Plans, until: Until) -> None:
    run = store.submit(plan_of("frozen"))
    own = Supervisor(silent_seconds=2.0)
    assert until(lambda: own.step() and worker_of(run))
    worker = worker_of(run)
    assert worker is not None
    worker.suspend()
    assert until(lambda: own.step() and store.status(run).attempts == 2, 30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_a_worker_that_ignores_a_stop_is_ended(plan_of: Plans, until: Until) -> None:
    run = store.submit(plan_of("frozen"))
    own = Supervisor(stop_seconds=1.0)
    assert until(lambda: own.step() and worker_of(run))
    worker = worker_of(run)
    assert worker is not None
    worker.suspend()
    store.request_stop(run)
    assert until(lambda: own.step() is False, 30)
    assert store.status(run).state == "stopped"


def test_an_id_that_was_given_away_is_neither_taken_for_the_worker_nor_harmed(plan_of: Plans, until: Until) -> None:
    run = store.submit(plan_of("frozen"))
    store.change(run, "queued", "running", attempt=True)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        started = psutil.Process(stranger.pid).create_time() - 3600
        beat = {"pid": stranger.pid, "started": started, "beats": 9, "seconds": 9.0}
        processes.write_aside(store.directory(run) / "heartbeat", beat)
        own = Supervisor()
        assert until(lambda: own.step() and store.status(run).attempts == 2, 30)
        assert stranger.poll() is None
        stranger.kill()


def test_a_run_whose_worker_was_never_started_is_started(plan_of: Plans, until: Until) -> None:
    """The supervisor was killed between the row and the launch."""
    run = store.submit(plan_of("frozen"))
    store.change(run, "queued", "running", attempt=True)
    own = Supervisor()
    own.step()
    own.beats[run] = (
        None,
        own.beats[run][1] - supervisor.STARTING_SECONDS,
    )  # the time in which a worker may start is over
    assert until(lambda: own.step() and worker_of(run))
    assert store.status(run).attempts == 2


def test_two_workers_never_share_a_run(plan_of: Plans, until: Until, tmp_path: Path) -> None:
    run = api.start(plan_of("frozen"))
    assert until(lambda: worker_of(run))
    second = processes.spawn("advisor.runs.worker", str(store.directory(run)), log=tmp_path / "log.txt")
    assert second.wait(30) == 75
    assert worker_of(run) is not None


def test_a_run_whose_plan_is_damaged_says_so(plan_of: Plans) -> None:
    run = store.submit(plan_of("frozen"))
    (store.directory(run) / "plan.json").write_text('{"schema_version": 1, "run"')
    supervisor.ensure()
    status = final(run)
    assert status.state == "failed" and "plan.json" in status.cause


def test_a_run_whose_dataset_is_gone_says_so(plan_of: Plans) -> None:
    run = store.submit(plan_of("frozen", dataset_folder="/nowhere/at/all", fingerprint="f" * 64))
    supervisor.ensure()
    status = final(run)
    assert status.state == "failed" and "ffffffffffffffff" in status.cause


def test_the_supervisor_leaves_when_there_is_nothing_to_do(until: Until) -> None:
    assert supervisor.ensure(idle_seconds=0.5)
    assert until(supervisor.is_alive)
    assert not supervisor.ensure()
    assert until(lambda: not supervisor.is_alive(), 20)
