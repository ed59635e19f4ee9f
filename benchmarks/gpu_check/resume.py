"""A run that is killed goes on from its checkpoint, on this device, to the end of one that was left alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from advisor import api
from advisor.core.records import RunReport, RunStatus
from advisor.core.workspace import RunFiles
from advisor.runs import store
from benchmarks.faults import short_runs
from benchmarks.figures import Figure
from benchmarks.gpu_check.check import Check, NotRun, told

TIMEOUT_SECONDS = 120.0
STEPS, FEW_STEPS = 150, 10
#: Points by which a test value may differ on a GPU, whose sums are not of the same bits twice.
APART = 5.0


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """One run left alone, one killed with SIGKILL once it has a checkpoint."""
    alone = _ended(_started(check))
    run = _started(check)
    killed = _killed(run)
    resumed = _ended(run)
    how = f"fine-tuning, {FEW_STEPS if check.small else STEPS} steps, on {check.device}"
    yield Figure("", "runs that ended", sum(s.state == "done" for s in (alone, resumed)), "", "at least", (2,), how)
    yield Figure("", "launches of the killed run", resumed.attempts, "", "at least", (2,), f"{killed} killed")
    if resumed.state != "done" or alone.state != "done":
        yield NotRun("difference of the two", "a run did not end")
        return
    values = [RunReport.load(status.files.report).test.value for status in (alone, resumed)]
    apart = 100 * abs(values[0] - values[1])
    bound = APART if check.on_gpu else 0.0
    yield Figure("", "points between the two on the test part", apart, "points", "at most", (bound,), how)
    yield told("largest difference of a weight", _weights_apart(alone.run, run), "", "0 on a processor: the same bits")
    yield told("seconds of the run left alone", alone.seconds or 0.0, "s", how)
    yield told("seconds of the killed run", resumed.seconds or 0.0, "s", "all launches together")


def _started(check: Check) -> str:
    """A run of fixed length on the digits, or on few of them."""
    plan = short_runs.plan_of(check.folder, "few images" if check.small else "fine-tune")
    settings = plan.settings | {"steps": FEW_STEPS if check.small else STEPS}
    return api.start(plan.model_copy(update={"device": check.device, "settings": settings}))


def _killed(run: str) -> int:
    """SIGKILL the run's worker once it has kept a checkpoint; how many processes that were."""
    checkpoint = RunFiles(store.runs_folder() / run).checkpoint
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until and store.status(run).state not in store.ENDED:
        if any(checkpoint.rglob("*.safetensors")):
            break
        time.sleep(0.01)
    workers = short_runs.running(Path(os.environ["ADVISOR_HOME"]), *short_runs.WORKERS)
    for worker in workers:
        worker.kill()
    return len(workers)


def _ended(run: str) -> RunStatus:
    return short_runs.ended(run, TIMEOUT_SECONDS)


def _weights_apart(one: str, other: str) -> float:
    left, right = short_runs.weights_of(one), short_runs.weights_of(other)
    return max(float(np.abs(left[name].astype(np.float64) - right[name]).max()) for name in left)
