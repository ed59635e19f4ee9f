"""The list of runs: one row each in a SQLite file in WAL mode, and one folder each for everything else.

The row holds what was asked for and the state as the supervisor sees it; the worker writes only into the run's folder.
Where the two differ, an ended state in the folder (`state.json`) wins: the worker itself wrote it.
"""

from __future__ import annotations

import contextlib
import difflib
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from advisor.core.errors import RunError, StorageError
from advisor.core.ladder import rung
from advisor.core.workspace import RunFiles, Workspace
from advisor.runs.processes import read_small

if TYPE_CHECKING:  # pandas comes with the records; the supervisor does without
    from advisor.core.ladder import RungName
    from advisor.core.records import Plan, RunStatus

ENDED = ("done", "failed", "stopped")
STOP = "stop"
#: The word for the newest run: to show it, the newest of all.
LAST = "last"
SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, rung TEXT NOT NULL, dataset_name TEXT NOT NULL, device TEXT NOT NULL, created TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, cause TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS runs_state ON runs (state);
PRAGMA user_version = 1;
"""
VERSION = 1


def new_run_id(rung: str) -> str:
    """A fresh run id such as ``20261122-2153-frozen-7f3a``."""
    return f"{datetime.now():%Y%m%d-%H%M}-{rung}-{secrets.token_hex(2)}"


def directory(run: str) -> Path:
    """The folder of a run, by its id or any unambiguous part of it. Raises RunError for an unknown run."""
    return runs_folder() / find(run)


def runs_folder() -> Path:
    """The folder that holds the folders of all runs."""
    return Workspace.here().runs


def submit(plan: Plan) -> str:
    """Write the plan into the run's folder and queue it; returns the run's id, a fresh one where the plan names none.

    Nothing is started here: `supervisor.ensure` does that. Raises RunError for an id that is used already.
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
        raise StorageError(f"The run folder {folder} cannot be created ({error.strerror}).") from error
    plan.save(RunFiles(folder).plan)
    created = datetime.now().astimezone().isoformat(timespec="seconds")
    with _open() as database:
        database.execute(
            "INSERT INTO runs (run, rung, dataset_name, device, created, state) VALUES (?, ?, ?, ?, ?, 'queued')",
            (plan.run, plan.rung, plan.dataset_name, plan.device, created),
        )
    return plan.run


def status(run: str) -> RunStatus:
    """The state of a run now. Raises RunError for an unknown run."""
    return _status(row(find(run)))


def runs() -> list[RunStatus]:
    """All runs, the latest first."""
    with _open() as database:
        return [_status(dict(entry)) for entry in database.execute("SELECT * FROM runs ORDER BY rowid DESC")]


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
    """The id of the run that `name` refers to: an id, an unambiguous start or end of one, a run's folder, or ``last``.

    Raises RunError naming the nearest runs.
    """
    with _open() as database:
        known: list[str] = [entry["run"] for entry in database.execute("SELECT run FROM runs ORDER BY rowid DESC")]
    if not known:
        raise RunError(f"There is no run {name!r}, as none was started yet. `advisor train PATH` starts one.")
    wanted = Path(name).name
    if wanted in known:
        return wanted
    if name == LAST:
        return known[0]
    matching = [run for run in known if wanted and (run.startswith(wanted) or run.endswith(f"-{wanted}"))]
    if len(matching) == 1:
        return matching[0]
    near = matching[:5] or difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    problem = "matches several runs" if matching else "is not a run"
    hint = f"Did you mean {', '.join(near)}?" if near else f"The latest is {known[0]}."
    raise RunError(f"{name!r} {problem}. {hint} `advisor runs` lists all runs.")


def row(run: str) -> dict[str, Any]:
    """The row of one run, by its exact id."""
    with _open() as database:
        entry = database.execute("SELECT * FROM runs WHERE run = ?", (run,)).fetchone()
    if entry is None:
        raise RunError(f"There is no run {run!r}. `advisor runs` lists the runs.")
    return dict(entry)


def unfinished() -> list[dict[str, Any]]:
    """The rows of queued and running runs, the oldest first."""
    with _open() as database:
        entries = database.execute(
            "SELECT * FROM runs WHERE state IN ('queued', 'running', 'stopping') ORDER BY rowid"
        ).fetchall()
    return [dict(entry) for entry in entries]


def change(run: str, before: str, after: str, *, cause: str | None = None, attempt: bool = False) -> bool:
    """Move a run from one state to another in one step; False when it was not in the state `before`."""
    with _open() as database:
        cursor = database.execute(
            "UPDATE runs SET state = ?, cause = coalesce(?, cause), attempts = attempts + ? "
            "WHERE run = ? AND state = ?",
            (after, cause, int(attempt), run, before),
        )
        return cursor.rowcount == 1


def read_state(folder: Path) -> dict[str, Any]:
    """The state that the worker wrote last (state, stage, progress, eta_seconds, cause), or {}."""
    return read_small(RunFiles(folder).state)


def read_kept(folder: Path) -> RungName | None:
    """The rung of the model in a run's folder where the run was rolled back to it, else None."""
    model = read_small(RunFiles(folder).model)
    if "fallback" not in model and model.get("head", {}).get("type") == "passages":  # former versions left it out
        return rung(model["rung"]).falls_back_to.get("answering")
    return model.get("fallback")


def _status(entry: dict[str, Any]) -> RunStatus:
    from advisor.core.records import RunStatus

    folder = runs_folder() / entry["run"]
    own = {} if entry["state"] == "queued" else read_state(folder)
    state, cause = entry["state"], entry["cause"]
    if own.get("state") in ENDED:
        state, cause = own["state"], own.get("cause", "")
    elif state == "running" and (folder / STOP).exists():
        state = "stopping"
    working = state in ("running", "stopping")
    return RunStatus(
        run=entry["run"],
        state=state,
        rung=entry["rung"],
        dataset_name=entry["dataset_name"],
        created=entry["created"],
        directory=str(folder),
        attempts=entry["attempts"],
        cause=cause,
        progress=1.0 if state == "done" else float(own.get("progress", 0.0)),
        eta_seconds=own.get("eta_seconds") if working else None,
        stage=str(own.get("stage", "")) if working else "",
        kept=read_kept(folder) if state in ENDED else None,
    )


@contextlib.contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """A connection for a few statements, each of which commits by itself."""
    path = Workspace.here().store
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=20.0, isolation_level=None)) as database:
            database.row_factory = sqlite3.Row
            if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                _create(database, path)
            yield database
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"The list of runs {path} cannot be used ({error}). "
            "If this persists, move the file away; the run folders beside it are kept."
        ) from error


def _create(database: sqlite3.Connection, path: Path) -> None:
    """Create the table once, under a lock: two processes that switch to WAL at the same moment would fail."""
    with FileLock(f"{path}.lock"):
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)
        elif version != VERSION:
            raise StorageError(
                f"{path} has version {version}, and this program reads version {VERSION}. Update Transfer Advisor."
            )
