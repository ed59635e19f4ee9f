"""What can be done with a run that has ended: delete it, or take it up again; and what such runs still keep."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core import storage
from advisor.core.errors import RunError, StorageError
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, processes, store, supervisor

if TYPE_CHECKING:
    from advisor.core.records import RunStatus

#: A run folder on its way out; a kill half-way leaves it for the next deletion or supervisor.
DELETED = ".deleted-"
#: A worker that has written its last state needs a moment to leave.
LEAVING_SECONDS = 10.0


@dataclass(frozen=True)
class Kept:
    """Runs that ended without a result and still hold stages and checkpoints, and the bytes that these take."""

    runs: tuple[str, ...]
    n_bytes: int


def delete(name: str) -> int:
    """Delete an ended run with its model, its report and all that it has kept; returns the bytes freed.

    Raises RunError for a run that is unknown or has not ended, StorageError where its folder cannot be deleted.
    """
    run = store.find(name)
    folder = store.runs_folder() / run
    check(store.status(run))
    if folder.is_dir():
        _wait_for_its_worker(run, folder)
        _set_aside(folder)
    store.forget(run)
    climbs.clear_deleted()
    return clear_deleted()


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


def _set_aside(folder: Path) -> None:
    """Take the folder out of the runs in one step, so that a kill half-way leaves no half of a run."""
    try:
        folder.rename(folder.with_name(f"{DELETED}{folder.name}-{secrets.token_hex(2)}"))
    except OSError as error:
        raise StorageError(
            f"The run folder {folder} cannot be deleted ({error.strerror}). Check who may write there."
        ) from error


def clear_deleted() -> int:
    """Delete the folders that were set aside for it; the bytes freed."""
    freed = 0
    for path in store.runs_folder().glob(f"{DELETED}*"):
        freed += size_of(path)
        shutil.rmtree(path, ignore_errors=True)
    return freed


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
        status.run: size_of(status.files.checkpoint) for status in store.runs() if status.state in ("failed", "stopped")
    }
    return Kept(tuple(run for run, size in sizes.items() if size), sum(sizes.values()))


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, 0 where there is none."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() and not path.is_symlink() else 0
    return total
