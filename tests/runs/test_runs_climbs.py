"""Climbs survive kills, go on by whoever looks, can be stopped, and keep the better model."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from advisor import api
from advisor.advice.climbing import rungs_of
from advisor.advice.outlook.cost import priced
from advisor.core.errors import RunError
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Climb, ClimbStep, Goal, Plan, RunReport
from advisor.runs import climbs, ended, store, supervisor
from advisor.runs.follow import follow_climb, wait_for_climb
from tests.advice.made_estimates import ladder
from tests.runs.killed import supervisor_of, worker_of

Plans = Callable[..., Plan]
Until = Callable[..., bool]
Climbs = Callable[..., Climb]

SUBMITTER = """
import sys, time
from pathlib import Path
from advisor.core.records import Climb
from advisor.runs import climbs, supervisor
climb = climbs.submit(Climb.load(Path(sys.argv[1])))
print(climb.steps[0].run, supervisor.ensure(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def climb_of(plan_of: Plans) -> Climbs:
    """Makes climbs over the digits, from frozen features to fine-tuning, whose forecasts are made by hand."""

    def make(budget: float = 60.0, rungs: tuple[RungName, ...] = ("frozen", "fine-tune"), **wishes: object) -> Climb:
        goal = Goal(rungs=rungs, **wishes)  # type: ignore[arg-type]
        plans = tuple(plan_of(rung, run="", climb="20261130-0700-climb-abcd") for rung in rungs)
        advice = Advice(
            fingerprint=plans[0].fingerprint, metric=plans[0].metric, question=goal, recommended=rungs[0],
            runner_up=rungs[-1], headline="", sentences=(), flips=(),
            estimates=priced(ladder(0.3, 0.8, 0.9, 0.91, 0.3, error=0.02), goal, 84), seconds=1.0,
        )  # fmt: skip
        return Climb(
            climb=plans[0].climb, fingerprint=advice.fingerprint, dataset_name="digits", advice=advice,
            rungs=rungs_of(advice), plans=plans, budget_seconds=budget, class_shares=(1 / 3, 1 / 3, 1 / 3),
        )  # fmt: skip

    return make


@pytest.mark.slow
def test_a_climb_outlives_its_submitter_its_worker_and_its_supervisor(
    climb_of: Climbs, until: Until, workspace: Path, tmp_path: Path
) -> None:
    path = climb_of(tolerance=0.0).save(tmp_path / "climb.json")
    submitter = subprocess.Popen([sys.executable, "-c", SUBMITTER, str(path)], stdout=subprocess.PIPE, text=True)
    assert submitter.stdout is not None
    run = submitter.stdout.readline().split()[0]
    submitter.send_signal(signal.SIGKILL)
    submitter.wait()
    assert until(lambda: worker_of(run))
    worker = worker_of(run)
    assert worker is not None
    supervisor_of(workspace).send_signal(signal.SIGKILL)
    worker.send_signal(signal.SIGKILL)
    assert until(lambda: not supervisor.is_alive())
    supervisor.look_after()  # as a page does that lists the runs; nobody follows the climb
    assert until(lambda: not climbs.under_way(), 240.0)
    climb = climbs.load(path_name(path))
    assert climb.state == "done", climb.sentence
    assert [step.rung for step in climb.steps] == ["frozen", "fine-tune"]
    assert [status.run for status in store.runs()] == [step.run for step in reversed(climb.steps)], "each run once"
    frozen, tuned = climb.steps
    assert frozen.held_out is not None and frozen.held_out.n > 0 and frozen.brought is None
    assert tuned.brought is None or tuned.brought.paired
    kept = next(step for step in climb.steps if step.run == climb.kept)
    report = RunReport.load(store.directory(kept.run) / "report.json")
    assert climb.test == report.test and climb.kept_rung == kept.served
    assert climbs.kept_instead(tuned.run) == kept.run
    assert api.load("last").spec["rung"] == api.load(kept.run).spec["rung"]
    assert "kept" in climb.sentence and "Locked test part" in climb.sentence


def path_name(path: Path) -> str:
    return Climb.load(path).climb


def test_a_climb_ends_with_the_first_run_that_is_enough(climb_of: Climbs) -> None:
    begun = climbs.submit(climb_of(target=0.5))
    climb = wait_for_climb(begun.climb)
    assert (climb.state, [step.rung for step in climb.steps]) == ("done", ["frozen"]), climb.sentence
    assert climb.steps[0].p_target is not None and climb.steps[0].p_target > 0.8
    assert climb.kept == climb.steps[0].run and "target of 50.0 %" in climb.steps[0].reason
    assert climbs.latest(climb.fingerprint) == climb
    ended.delete(climb.kept)
    assert climbs.latest(climb.fingerprint) is None, "its record goes with its last run"


def test_a_kill_between_record_and_submission_loses_nothing(climb_of: Climbs) -> None:
    climb = climb_of(target=0.5)
    run = store.new_run_id("frozen")
    step = ClimbStep(rung="frozen", run=run, budget_seconds=30.0)
    climbs.place(climb.climb).parent.mkdir()
    climb.model_copy(update={"steps": (step,)}).save(climbs.place(climb.climb))
    climbs.place(climb.climb, climbs.OPEN).touch()
    assert not store.runs()
    climbs.look_after()
    assert [(status.run, status.state) for status in store.runs()] == [(run, "queued")]
    climbs.look_after()
    assert len(store.runs()) == 1
    assert Plan.load(store.directory(run) / "plan.json").budget_seconds == 30.0


def test_many_who_look_at_once_submit_one_run(climb_of: Climbs) -> None:
    climb = climb_of(target=0.5)
    climbs.place(climb.climb).parent.mkdir()
    climb.save(climbs.place(climb.climb))
    climbs.place(climb.climb, climbs.OPEN).touch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: climbs.carry_on(climb.climb), range(32)))
    assert len(store.runs()) == 1 and len(climbs.load(climb.climb).steps) == 1


@pytest.mark.slow
def test_a_stopped_run_stops_its_climb_and_going_on_with_it_revives_both(climb_of: Climbs, until: Until) -> None:
    begun = climbs.submit(climb_of(target=0.5))
    run = begun.steps[0].run
    climbs.request_stop(run)
    stopped = climbs.carry_on(begun.climb)
    assert (stopped.state, stopped.kept) == ("stopped", None) and not climbs.under_way()
    ended.resume(run)
    assert climbs.under_way() == [begun.climb]
    *_, climb = follow_climb(begun.climb)
    assert (climb.state, climb.kept) == ("done", run), climb.sentence


@pytest.mark.slow
def test_a_stop_between_two_runs_is_heeded(climb_of: Climbs) -> None:
    climb = climb_of(tolerance=0.0)
    begun = climbs.submit(climb)
    run = begun.steps[0].run
    climbs.place(begun.climb, climbs.OPEN).unlink()  # nobody carries it on while the run ends
    supervisor.ensure()
    assert api.wait(run).run == run
    climbs.request_stop(run)
    after = climbs.carry_on(begun.climb)
    assert after.state == "stopped" and len(after.steps) == 1, "no second run"


@pytest.mark.slow
def test_a_run_that_fails_ends_the_climb_with_its_cause(climb_of: Climbs) -> None:
    climb = climb_of(target=0.999)
    broken = climb.plans[1].model_copy(update={"backbone_hash": "0" * 64})
    begun = climbs.submit(climb.model_copy(update={"plans": (climb.plans[0], broken)}))
    after = wait_for_climb(begun.climb)
    assert after.state == "failed" and after.kept == after.steps[0].run, after.sentence
    assert "not the model of the plan" in after.steps[1].reason and after.test is not None


def test_a_run_that_nobody_climbs_with_is_of_no_climb(plan_of: Plans) -> None:
    run = store.submit(plan_of("frozen"))
    assert climbs.of_run(run) is None and climbs.kept_instead(run) == run
    climbs.request_stop(run)
    assert store.status(run).state == "stopped"
    with pytest.raises(RunError):
        climbs.request_stop("nobody")
