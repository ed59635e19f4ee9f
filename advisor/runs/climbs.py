"""Climbs of the workspace: a record each, carried on by whoever looks at it.

A climb has no process of its own. Its record says which runs there are and what came out; a run is a step of it, and
survives whatever its process does. Once a run has ended, the next one that looks (the supervisor, a page, a command)
takes a lock, notes what the run brought, and submits the run that follows. The record is written before that run is
submitted and names it, so a kill between the two loses nothing: whoever looks next submits it.

The supervisor watches without the libraries that the records need, and imports them when a climb goes on.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.core.errors import PeopleError, RunError, StorageError
from advisor.core.workspace import Workspace
from advisor.runs import processes, store
from advisor.runs.processes import read_small

if TYPE_CHECKING:
    from advisor.core.records import Climb, RunReport, RunStatus

LOG = logging.getLogger("advisor.climbs")
#: Endings of the files beside a climb's record: the mark of one that is under way, and its lock.
OPEN, LOCK = ".open", ".lock"
LOCK_SECONDS = 5.0


def place(climb: str, ending: str = ".json") -> Path:
    """A file of a climb, its record by default."""
    return Workspace.here().climbs / f"{Path(climb).name}{ending}"


def submit(climb: Climb) -> Climb:
    """Keep a planned climb and queue its first run. Nothing is started: `supervisor.ensure` does that."""
    place(climb.climb).parent.mkdir(parents=True, exist_ok=True)
    climb.save(place(climb.climb))
    place(climb.climb, OPEN).touch()
    return carry_on(climb.climb)


def load(climb: str) -> Climb:
    """The record of a climb, as it was kept last. Raises StorageError where it is missing or damaged."""
    from advisor.core.records import Climb

    return Climb.load(place(climb))


def of_run(run: str) -> Climb | None:
    """The climb that a run is a step of, carried on; None where it is of none, or the climb cannot be read."""
    name = str(read_small(store.runs_folder() / run / "plan.json").get("climb") or "")
    try:
        return carry_on(name) if name and place(name).is_file() else None
    except StorageError as error:
        LOG.warning("%s", error)
        return None


def latest(fingerprint: str) -> Climb | None:
    """The newest climb of a dataset, carried on; None without any."""
    for path in sorted(Workspace.here().climbs.glob("*.json"), key=lambda path: path.name, reverse=True):
        told = read_small(path)
        if told.get("fingerprint") == fingerprint and not told.get("every") and not _is_gone(path.stem, told):
            with contextlib.suppress(StorageError):
                return carry_on(path.stem)
    return None


def kept_instead(run: str) -> str:
    """The run whose model a climb kept in place of this one's, or the run itself."""
    climb = of_run(run)
    return climb.kept if climb is not None and climb.state != "running" and climb.kept else run


def under_way() -> list[str]:
    """The climbs that have not ended."""
    return [path.stem for path in sorted(Workspace.here().climbs.glob(f"*{OPEN}"))]


def clear_deleted(aside: str) -> None:
    """Delete the records of ended climbs whose runs have all been deleted; `aside` begins the names of folders that
    can still be restored."""
    folder = store.runs_folder()
    for path in Workspace.here().climbs.glob("*.json"):
        told = read_small(path)
        runs = [str(step["run"]) for step in told.get("steps") or []]
        if _is_gone(path.stem, told) and not any([*folder.glob(f"{aside}{run}*")] for run in runs):
            for ending in (".json", LOCK):
                place(path.stem, ending).unlink(missing_ok=True)


def _is_gone(climb: str, told: dict[str, Any]) -> bool:
    """Whether a climb has ended and none of its runs is there."""
    runs = [str(step["run"]) for step in told.get("steps") or []]
    return (
        bool(runs) and not place(climb, OPEN).exists() and not any((store.runs_folder() / run).is_dir() for run in runs)
    )


def look_after() -> bool:
    """Carry on all climbs that have not ended; whether there is any."""
    names = under_way()
    for name in names:
        try:
            if not _waits(name):
                carry_on(name)
        except StorageError as error:
            LOG.error("%s", error)
            if not place(name).is_file():
                place(name, OPEN).unlink(missing_ok=True)
    return bool(names)


def carry_on(name: str) -> Climb:
    """The climb as it stands now; where its run has ended, with what that brought, and the next run queued."""
    climb = load(name)
    if climb.state != "running" or _waits(name):
        return climb
    with _locked(name) as has_lock:
        return _advanced(load(name)) if has_lock else climb


def request_stop(run: str) -> RunStatus:
    """Ask a run to stop, and the climb that it is the last step of. Raises RunError for an unknown run."""
    status = store.request_stop(run)
    _marked(status.run, lambda climb: climb.state == "running", {"stop": True})
    return status


def revive(run: str) -> None:
    """Go on with the climb that ended because this run, its last step, had failed or was stopped."""
    _marked(run, lambda climb: climb.state in ("failed", "stopped"), {"state": "running", "stop": False})


def _marked(run: str, applies: Callable[[Climb], bool], changes: dict[str, Any]) -> None:
    name = str(read_small(store.runs_folder() / run / "plan.json").get("climb") or "")
    if not name or not place(name).is_file():
        return
    with _locked(name, LOCK_SECONDS) as has_lock:
        climb = load(name)
        if has_lock and applies(climb) and climb.steps and climb.steps[-1].run == run:
            climb.model_copy(update=changes).save(place(name))
            place(name, OPEN).touch()


@contextlib.contextmanager
def _locked(name: str, timeout_seconds: float = 0.0) -> Iterator[bool]:
    """Whether this process may change the climb meanwhile; not where another one does, or nothing can be written."""
    try:
        lock = processes.take_lock(place(name, LOCK), timeout_seconds)
    except OSError:
        lock = None
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def _waits(name: str) -> bool:
    """Whether the run that is under way has not ended, as the list of runs and the run's folder tell."""
    steps = read_small(place(name)).get("steps")
    last = steps[-1] if isinstance(steps, list) and steps else {}
    run = str(last.get("run") or "")
    if not run or last.get("seconds") is not None:
        return False
    try:
        state = store.row(run)["state"]
    except RunError:
        return False
    return not {state, store.read_state(store.runs_folder() / run).get("state")} & {*store.ENDED}


def _advanced(climb: Climb) -> Climb:
    step = climb.current
    if step is None:
        return _next(climb)
    if not _is_submitted(climb, step.run):
        return climb
    status = store.status(step.run)
    if status.state not in store.ENDED:
        return climb
    if status.state != "done":
        return _ended(climb, status.state, status.cause)
    try:
        report = _report(step.run)
    except StorageError as error:
        return _ended(climb, "failed", str(error))
    from advisor.advice.climbing import judged

    return _next(judged(climb, step, report))


def _is_submitted(climb: Climb, run: str) -> bool:
    """Whether the run is in the list; one that a kill has kept out of it is submitted now."""
    try:
        store.row(run)
        return True
    except RunError:
        if (store.runs_folder() / run).is_dir():
            store.adopt()
        else:
            store.submit(_plan(climb, run))
        return False


def _plan(climb: Climb, run: str) -> Any:
    """The plan of the step that is under way, with its id and its share of the budget."""
    step = climb.steps[-1]
    plan = climb.plans[climb.rungs.index(step.rung)]
    return plan.model_copy(update={"run": run, "budget_seconds": step.budget_seconds})


def _next(climb: Climb) -> Climb:
    """Submit the run that follows, or end the climb."""
    from advisor.advice.climb_words import reason, sentence
    from advisor.advice.climbing import onward
    from advisor.core.records import ClimbStep

    if climb.stop:
        return _ended(climb, "stopped", "It was stopped.")
    after = onward(climb)
    why = reason(climb, after)
    climb = _with_reason(climb, why)
    if after.rung is None:
        return _ended(climb, "done", why)
    step = ClimbStep(rung=after.rung, run=store.new_run_id(after.rung), budget_seconds=after.seconds)
    climb = climb.model_copy(update={"steps": (*climb.steps, step), "sentence": sentence(climb, why)})
    climb.save(place(climb.climb))
    try:
        store.submit(_plan(climb, step.run))
    except PeopleError as error:
        if isinstance(error, StorageError):  # a full disk: whoever looks next tries again
            raise
        return _ended(climb, "failed", str(error))
    return climb


def _with_reason(climb: Climb, why: str) -> Climb:
    if not climb.steps:
        return climb
    return climb.model_copy(update={"steps": (*climb.steps[:-1], climb.steps[-1].model_copy(update={"reason": why}))})


def _ended(climb: Climb, state: str, why: str) -> Climb:
    """Note how a climb ended, with the test value of the run that it kept."""
    from advisor.advice.climb_words import sentence

    climb = _with_reason(climb, why)
    test = None
    if climb.kept is not None:
        with contextlib.suppress(StorageError):
            test = _report(climb.kept).test
    climb = climb.model_copy(update={"state": state, "test": test})
    climb = climb.model_copy(update={"sentence": sentence(climb, why)})
    climb.save(place(climb.climb))
    place(climb.climb, OPEN).unlink(missing_ok=True)
    return climb


def _report(run: str) -> RunReport:
    from advisor.core.records import RunReport
    from advisor.core.workspace import RunFiles

    return RunReport.load(RunFiles(store.runs_folder() / run).report)
