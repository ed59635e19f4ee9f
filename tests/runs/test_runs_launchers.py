"""Real processes under torchrun and Ray; one is killed with SIGKILL and the run ends as if it had not been."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file

from advisor import api
from advisor.core.errors import RunError
from advisor.core.records import Plan, RunReport
from advisor.runs import launchers, processes, store
from advisor.runs.follow import follow, log_tail
from advisor.runs.on_ray import cpu_share

Plans = Callable[..., Plan]
Until = Callable[..., bool]

needs_ray = pytest.mark.skipif(
    bool(launchers.find("ray").missing()), reason="Ray is not installed (pip install 'transfer-advisor[ray]')"
)


def test_an_unknown_launcher_names_the_near_one_and_all() -> None:
    with pytest.raises(
        RunError, match=r"no launcher 'torch'. Did you mean torchrun\? The launchers are local, torchrun"
    ):
        launchers.checked("torch", 2)


@pytest.mark.parametrize(("name", "n"), [("local", 2), ("torchrun", 0), ("torchrun", 5000)])
def test_numbers_of_processes_that_make_no_sense_are_refused(name: str, n: int) -> None:
    with pytest.raises(RunError):
        launchers.checked(name, n)


def test_the_usual_number_of_processes() -> None:
    assert [launchers.checked(name, None) for name in ("local", "torchrun")] == [1, 2]


@pytest.mark.parametrize(("cores", "n"), [(1, 4), (2, 2), (2, 3), (8, 3), (64, 8), (4, 1000)])
def test_the_shares_of_all_processes_fit_onto_the_cores(cores: int, n: int) -> None:
    share = cpu_share(cores, n)
    assert 0 < share <= 1
    assert share * n <= cores or share == 0.01


def test_a_plan_of_before_there_were_launchers_still_loads(plan_of: Plans, tmp_path: Path) -> None:
    content = json.loads(plan_of().model_dump_json())
    del content["launcher"], content["processes"]
    (tmp_path / "plan.json").write_text(json.dumps(content))
    plan = Plan.load(tmp_path / "plan.json")
    assert (plan.launcher, plan.processes) == ("local", 1)


def helper_of(folder: Path) -> psutil.Process | None:
    """The living process of a run beside process 0: told its rank by torchrun, or an actor of Ray's."""
    first = processes.read_small(folder / "heartbeat").get("pid")
    for process in psutil.process_iter():
        try:
            environment, command = process.environ(), " ".join(process.cmdline())
        except (psutil.Error, OSError):
            continue
        helps = environment.get("RANK") == "1" or "TrainWorker" in command
        if helps and environment.get(processes.MARK) == str(folder) and process.pid != first:
            return process
    return None


def step_of(folder: Path) -> int:
    """The furthest step of any checkpoint: few images have one for each fold's tuning."""
    steps = [processes.read_small(path).get("step", 0) for path in (folder / "checkpoint").rglob("state.json")]
    return max((int(step) for step in steps), default=0)


def done(run: str) -> tuple[dict[str, np.ndarray], RunReport, int]:
    """Weights, report and number of attempts of a run followed to its end."""
    *_, status = follow(run)
    assert status.state == "done", (status.cause, log_tail(run, 60))
    folder = store.directory(run)
    return load_file(folder / "model.safetensors"), RunReport.load(folder / "report.json"), status.attempts


def tuned(plan_of: Plans, launcher: str, n: int) -> Plan:
    """Fine-tuning of a fixed length, so that it can be compared bit by bit."""
    settings = {"learning_rate": 6e-4, "steps": 24}
    return plan_of("fine-tune", seconds=60.0, settings=settings, launcher=launcher, processes=n)


def killed_and_resumed(plan: Plan, until: Until) -> tuple[dict[str, np.ndarray], RunReport, int]:
    """The same plan's end when a process other than the first is killed once there is a checkpoint."""
    run = api.start(plan)
    folder = store.directory(run)
    assert until(lambda: step_of(folder) > 0 and helper_of(folder), 200), log_tail(run, 60)
    victim = helper_of(folder)
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    return done(run)


def assert_same_end(
    whole: tuple[dict[str, np.ndarray], RunReport, int], killed: tuple[dict[str, np.ndarray], RunReport, int]
) -> None:
    """Bit for bit the same model."""
    assert whole[0].keys() == killed[0].keys()
    assert all(np.array_equal(whole[0][name], killed[0][name]) for name in whole[0])
    assert killed[1].test.value == whole[1].test.value


@pytest.mark.slow
@pytest.mark.distributed
def test_torchrun_comes_to_the_value_of_one_process_and_survives_a_killed_rank(plan_of: Plans, until: Until) -> None:
    one = done(api.start(tuned(plan_of, "local", 1)))
    whole = done(api.start(tuned(plan_of, "torchrun", 2)))
    assert abs(one[1].test.value - whole[1].test.value) <= one[1].test.high - one[1].test.low
    killed = killed_and_resumed(tuned(plan_of, "torchrun", 2), until)
    assert (whole[2], killed[2]) == (1, 2), "the supervisor launched again"
    assert_same_end(whole, killed)


@needs_ray
@pytest.mark.slow
@pytest.mark.distributed
def test_ray_actors_with_half_a_core_each_survive_a_killed_one(plan_of: Plans, until: Until) -> None:
    whole = done(api.start(tuned(plan_of, "ray", 2)))
    killed = killed_and_resumed(tuned(plan_of, "ray", 2), until)
    assert (whole[2], killed[2]) == (1, 1), "Ray started them again"
    assert_same_end(whole, killed)
