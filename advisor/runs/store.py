"""The list of runs: one row each in a SQLite file in WAL mode, and one folder each for everything else.

The row holds what was asked for and the state as the supervisor sees it; the worker writes only into the run's folder.
Where the two differ, an ended state in the folder (`state.json`) wins: the worker itself wrote it.
"""

from __future__ import annotations

import difflib
import math
import secrets
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.core import disk
from advisor.core.errors import PeopleError, RunError, StorageError
from advisor.core.ladder import rung
from advisor.core.workspace import RunFiles, Workspace
from advisor.runs import database, notes, processes, recovery, tracking
from advisor.runs.processes import read_small
from advisor.runs.recovery import ENDED as ENDED

if TYPE_CHECKING:  # pandas comes with the records; the supervisor does without
    from collections.abc import Callable

    from advisor.core.ladder import RungName
    from advisor.core.records import Plan, RunStatus

STOP = "stop"
#: The word for the newest run: to show it, the newest of all.
LAST = "last"
#: Shown of a run whose worker has died, until its supervisor has launched it again.
GONE = "Its process has ended; it is being launched again"
#: A run that was deleted and restored has its old place.
LATEST_FIRST = "ORDER BY created DESC, rowid DESC"


def new_run_id(rung: str) -> str:
    """A fresh run id such as ``20261122-2153-frozen-7f3a``, of no run that is there."""
    while True:
        name = f"{datetime.now():%Y%m%d-%H%M}-{rung}-{secrets.token_hex(2)}"
        if not (runs_folder() / name).exists():
            return name


def directory(run: str) -> Path:
    """The folder of a run, by its id or any unambiguous part of it. Raises RunError for an unknown run."""
    return runs_folder() / find(run)


def runs_folder() -> Path:
    """The folder that holds the folders of all runs."""
    return Workspace.here().runs


def submit(plan: Plan) -> str:
    """Write the plan into the run's folder and queue it; returns the run's id, a fresh one where the plan names none.

    Nothing is started here: `supervisor.ensure` does that. Raises RunError for an id that is used already, StorageError
    naming the disk that cannot be written.
    """
    if not plan.run:
        plan = plan.model_copy(update={"run": new_run_id(plan.rung)})
    if Path(plan.run).name != plan.run:
        raise RunError(f"{plan.run!r} cannot be a run's id. Leave it empty to get one.")
    folder = runs_folder() / plan.run
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise RunError(f"Run {plan.run} exists already. Make a new plan to train again.") from error
    except OSError as error:
        raise StorageError(disk.sentence(folder, error)) from error
    try:
        plan.save(RunFiles(folder).plan)
        tracking.remember(folder)
        row = recovery.row_of(folder)
        database.using(lambda table: database.insert(table, [row]))
    except (StorageError, sqlite3.Error):  # on a full disk: a folder left behind would be a run that nobody asked for
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return plan.run


def status(run: str) -> RunStatus:
    """The state of a run now. Raises RunError for an unknown run."""
    return _status(row(find(run)))


def runs(wanted: Callable[[str], bool] = bool) -> list[RunStatus]:
    """All runs, or those whose ids are `wanted`, the latest first."""
    return [_status(entry) for entry in _rows(LATEST_FIRST) if wanted(entry["run"])]


def request_stop(run: str) -> RunStatus:
    """Ask a run to stop: a queued one leaves the queue, a running one ends within seconds; ``last`` has not ended.

    A run that has ended stays as it is. Raises RunError for an unknown run.
    """
    run = last_active() if run == LAST else find(run)
    (runs_folder() / run / STOP).touch()
    if not change(run, "queued", "stopped", cause="It was stopped before it started."):
        change(run, "running", "stopping")
    return status(run)


def last_active() -> str:
    """The id of the newest run that has not ended. Raises RunError where there is none."""
    for status in runs():
        if status.state not in ENDED:
            return status.run
    raise RunError("There is no run to stop: none is waiting or running. `advisor runs` lists all runs.")


def last_finished() -> str:
    """The id of the run that finished last and has a model. Raises RunError where there is none."""
    folders = [Path(status.directory) for status in runs() if status.state == "done"]
    finished = [folder for folder in folders if RunFiles(folder).model.is_file()]
    if not finished:
        raise RunError("No run has finished with a model yet. `advisor runs` lists the runs and their states.")
    return max(finished, key=_ended_ns).name


def _ended_ns(folder: Path) -> int:
    """When the worker of a finished run wrote its last state; where that file is gone, when it wrote the model."""
    files = RunFiles(folder)
    return (files.state if files.state.is_file() else files.model).stat().st_mtime_ns


def find(name: str) -> str:
    """The id of the run that `name` refers to: an id, an unambiguous start or end of one, a run's folder, the name that
    its owner gave it, or ``last``.

    Raises RunError naming the nearest runs.
    """
    known: list[str] = [entry["run"] for entry in _rows(LATEST_FIRST)]
    if not known:
        raise RunError(f"There is no run {name!r}, as none was started yet. `advisor train PATH` starts one.")
    wanted = Path(name).name
    if wanted in known:
        return wanted
    if name == LAST:
        return known[0]
    matching = [run for run in known if wanted and (run.startswith(wanted) or run.endswith(f"-{wanted}"))]
    matching = matching or [run for run in known if wanted and notes.read(runs_folder() / run).name == name]
    if len(matching) == 1:
        return matching[0]
    near = matching[:5] or difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    problem = "matches several runs" if matching else "is not a run"
    hint = f"Did you mean {', '.join(near)}?" if near else f"The latest is {known[0]}."
    raise RunError(f"{name!r} {problem}. {hint} `advisor runs` lists all runs.")


def row(run: str) -> dict[str, Any]:
    """The row of one run, by its exact id."""
    entries = _rows("WHERE run = ?", run)
    if not entries:
        raise RunError(f"There is no run {run!r}. `advisor runs` lists the runs.")
    return entries[0]


def unfinished() -> list[dict[str, Any]]:
    """The rows of queued and running runs, the oldest first."""
    return _rows("WHERE state IN ('queued', 'running', 'stopping') ORDER BY rowid")


def held_up() -> str:
    """Why unfinished runs cannot go on though somebody looks after them, a sentence; "" where nothing holds them up."""
    obstacle = disk.obstacle(runs_folder())
    return f"{obstacle} Unfinished runs go on once it can be written." if obstacle and unfinished() else ""


def adopt() -> list[str]:
    """Take run folders into the list that are not in it; the ids of their runs.

    Whoever submitted one was killed before its row was written, or the folder was copied here.
    """
    known = frozenset(entry["run"] for entry in _rows())
    missing = [row for row in recovery.rows(runs_folder(), known) if recovery.is_settled(runs_folder() / row["run"])]
    if missing:
        database.using(lambda table: database.insert(table, missing))
    return [row["run"] for row in missing]


def take_in(run: str) -> None:
    """Take a run into the list by its folder, as one that was restored."""
    row = recovery.row_of(runs_folder() / run)
    database.using(lambda table: database.insert(table, [row]))


def forget(run: str) -> None:
    """Take a run out of the list; its folder stays."""
    database.using(lambda table: table.execute("DELETE FROM runs WHERE run = ?", (run,)).rowcount)


def start_again(run: str, before: str) -> bool:
    """Queue a run that has ended in the state `before`, with no attempt counted; False when it was in another."""
    return database.using(
        lambda table: (
            table.execute(
                "UPDATE runs SET state = 'queued', attempts = 0, cause = '' WHERE run = ? AND state = ?", (run, before)
            ).rowcount
            == 1
        )
    )


def _rows(where: str = "", *values: str) -> list[dict[str, Any]]:
    return database.using(lambda table: [dict(entry) for entry in table.execute(f"SELECT * FROM runs {where}", values)])


def change(run: str, before: str, after: str, *, cause: str | None = None, attempt: bool = False) -> bool:
    """Move a run from one state to another in one step; False when it was not in the state `before`."""
    return database.using(
        lambda table: (
            table.execute(
                "UPDATE runs SET state = ?, cause = coalesce(?, cause), attempts = attempts + ? "
                "WHERE run = ? AND state = ?",
                (after, cause, int(attempt), run, before),
            ).rowcount
            == 1
        )
    )


def read_state(folder: Path) -> dict[str, Any]:
    """The state that the worker wrote last (state, stage, progress, eta_seconds, cause), or {}."""
    return read_small(RunFiles(folder).state)


def read_kept(folder: Path) -> RungName | None:
    """The rung of the model in a run's folder where the run was rolled back to it; None also where nothing can tell."""
    model = read_small(RunFiles(folder).model)
    head = model.get("head")
    try:
        if "fallback" in model:
            return rung(str(model["fallback"])).name if model["fallback"] else None
        if isinstance(head, dict) and head.get("type") == "passages":  # former versions left it out
            return rung(str(model.get("rung"))).falls_back_to.get("answering")
    except PeopleError:
        return None
    return None


def has_lost_its_worker(folder: Path) -> bool:
    """Whether a run that is under way has no process any more: neither the one that its heartbeat names nor its lock.

    One that is being started has no heartbeat yet and counts as alive.
    """
    files = RunFiles(folder)
    beat = read_small(files.heartbeat)
    if not beat or processes.find(beat.get("pid"), beat.get("started")) is not None:
        return False
    try:
        return not processes.is_locked(files.lock)
    except OSError:  # a folder that cannot be written
        return True


def _status(entry: dict[str, Any]) -> RunStatus:
    """The status of a row, whatever the row or the files in its folder have become."""
    from pydantic import ValidationError

    try:
        return _read_status(entry)
    except ValidationError:  # a row that was damaged, or is of a later version: its folder may tell more
        row = recovery.row_of(runs_folder() / entry["run"])
        return _read_status({**row, "run": entry["run"]})


def _read_status(entry: dict[str, Any]) -> RunStatus:
    from advisor.core.records import RunStatus

    folder = runs_folder() / entry["run"]
    own = {} if entry["state"] == "queued" else read_state(folder)
    state, cause = entry["state"], entry["cause"]
    if own.get("state") in ENDED:
        state, cause = own["state"], str(own.get("cause", ""))
    elif state == "running" and (folder / STOP).exists():
        state = "stopping"
    if not folder.is_dir():
        state, cause = "failed", f"Its folder is gone. To take it off the list: advisor runs delete {entry['run']}"
    working = state in ("running", "stopping")
    stage = GONE if state == "running" and has_lost_its_worker(folder) else str(own.get("stage", ""))
    noted = notes.read(folder)
    return RunStatus(
        run=entry["run"],
        state=state,
        rung=entry["rung"],
        dataset_name=entry["dataset_name"],
        created=entry["created"],
        directory=str(folder),
        attempts=entry["attempts"],
        cause=cause,
        progress=1.0 if state == "done" else number(own.get("progress")) or 0.0,
        eta_seconds=number(own.get("eta_seconds")) if working else None,
        stage=stage if working else "",
        kept=read_kept(folder) if state in ENDED else None,
        interruptions=int(number(own.get("interruptions")) or 0),
        doing=str(own.get("doing", "")) if working else "",
        seconds=number(own.get("seconds")) or 0.0,
        device=str(own.get("device", "")),
        memory_bytes=number(own.get("memory_bytes")) if working else None,
        items_per_second=number(own.get("items_per_second")) if working else None,
        name=noted.name,
        note=noted.note,
        starred=noted.starred,
    )


def number(value: Any) -> float | None:
    """A finite number from a file that anything may have happened to, or None."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None
