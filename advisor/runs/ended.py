"""What can be done with a run that has ended: delete it, or take it up again; and what such runs still keep."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core import disk, storage
from advisor.core.errors import RunError
from advisor.core.workspace import RunFiles
from advisor.runs import aside, climbs, processes, store, supervisor

if TYPE_CHECKING:
    from advisor.core.records import RunStatus

#: A worker that has written its last state needs a moment to leave.
LEAVING_SECONDS = 10.0


@dataclass(frozen=True)
class Kept:
    """Runs that ended without a result and still hold stages and checkpoints, and the bytes that these take."""

    runs: tuple[str, ...]
    n_bytes: int


def delete(name: str, for_good: bool = False) -> int:
    """Delete an ended run with its model, its report and all that it has kept; returns the bytes that these take.

    They lie aside for a day (`advisor.runs.aside`) and are freed then; at once where the deletion is `for_good`, which
    also holds for a run that lies aside already, or the disk is full. Raises RunError for a run that is unknown or has
    not ended, StorageError where its folder cannot be deleted.
    """
    run = _aside(name) if for_good else None
    if run is None:
        run = store.find(name)
        folder = store.runs_folder() / run
        check(store.status(run))
        if folder.is_dir():
            _wait_for_its_worker(run, folder)
            aside.put(folder)
        store.forget(run)
    aside.clear()
    found = [one for one in aside.runs() if one.run == run]
    if for_good or disk.obstacle(store.runs_folder()):
        return sum(map(aside.clear_one, found))
    return sum(aside.size_of(one.folder) for one in found)


def lying_aside(names: Iterable[str]) -> dict[str, str]:
    """Those of the names that refer to a deleted run which can be restored, with its id."""
    found = {name: _aside(name) for name in names}
    return {name: run for name, run in found.items() if run is not None}


def _aside(name: str) -> str | None:
    """The id of the deleted run that `name` refers to; None where it is none."""
    try:
        return aside.find(name).run
    except RunError:
        return None


def check(status: RunStatus) -> None:
    """Raise RunError where the run has not ended and so cannot be deleted."""
    if status.state not in store.ENDED:
        words = "waiting for the device" if status.state == "queued" else "under way"
        raise RunError(
            f"Run {status.run} is {words} and was not deleted. Stop it first: advisor runs stop {status.run}"
        )


def _wait_for_its_worker(run: str, folder: Path) -> None:
    until = time.monotonic() + LEAVING_SECONDS
    while _is_held(folder):
        if time.monotonic() > until:
            raise RunError(f"A process still works in the folder of run {run}. Try again in a few seconds.")
        time.sleep(0.1)


def _is_held(folder: Path) -> bool:
    try:
        return processes.is_locked(RunFiles(folder).lock)
    except OSError:  # a folder that cannot be written holds no worker either
        return False


def resume(name: str) -> str:
    """Queue a run that failed, or was stopped before it had a model, to go on from what it has kept; its id.

    Raises RunError for a run that is unknown, under way or finished, or whose plan is gone.
    """
    run = store.find(name)
    files, status = RunFiles(store.runs_folder() / run), store.status(run)
    if status.state not in store.ENDED:
        raise RunError(f"Run {run} has not ended. {store.held_up() or f'To see it: advisor runs show {run}'}")
    if status.state == "done":
        raise RunError(f"Run {run} has finished already. To see its result: advisor runs show {run}")
    if files.outcome.is_file() and status.state == "stopped":
        raise RunError(f"Run {run} was stopped and its best model kept, so nothing is left to go on with. Train again.")
    if not files.plan.is_file():
        raise RunError(f"{files.plan} is gone, so run {run} cannot go on. Train again.")
    for path in (files.stop, files.launches):
        path.unlink(missing_ok=True)
    own = processes.read_small(files.state)
    if own:
        storage.write_json(files.state, {**own, "state": "running", "cause": ""})
    if not store.start_again(run, store.row(run)["state"]):
        raise RunError(f"The state of run {run} changed just now. Try again.")
    climbs.revive(run)
    supervisor.ensure()
    return run


def kept() -> Kept:
    """What failed and stopped runs keep to go on with."""
    sizes = {
        status.run: aside.size_of(status.files.checkpoint)
        for status in store.runs()
        if status.state in ("failed", "stopped")
    }
    return Kept(tuple(run for run, size in sizes.items() if size), sum(sizes.values()))
