"""The rows of the list of runs as the run folders tell them, for a list that is gone, damaged or incomplete."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from advisor.core import storage
from advisor.core.ladder import RUNG_NAMES
from advisor.core.workspace import RunFiles
from advisor.runs.processes import read_small

ENDED = ("done", "failed", "stopped")
#: A folder that is younger may belong to a run that is being submitted.
SETTLED_SECONDS = 30.0


class Row(TypedDict):
    """A row of the table of runs."""

    run: str
    rung: str
    dataset_name: str
    device: str
    created: str
    state: str
    attempts: int
    cause: str


def rows(folder: Path, known: frozenset[str] = frozenset()) -> list[Row]:
    """A row for each run folder in `folder` that is not known, the oldest first."""
    if not folder.is_dir():
        return []
    names = [path for path in folder.iterdir() if path.name not in known and is_run(path)]
    return sorted((row_of(path) for path in names), key=lambda row: (row["created"], row["run"]))


def is_run(folder: Path) -> bool:
    """Whether a folder was made for a run; one that is being deleted begins with a dot."""
    return not folder.name.startswith(".") and RunFiles(folder).plan.is_file()


def is_settled(folder: Path) -> bool:
    """Whether a run folder has been there for a while."""
    try:
        return time.time() - RunFiles(folder).plan.stat().st_mtime > SETTLED_SECONDS
    except OSError:
        return False


def row_of(folder: Path) -> Row:
    """What the folder tells about its run; a plan that cannot be read makes it a failed one that says so."""
    files = RunFiles(folder)
    plan, own = read_small(files.plan), read_small(files.state)
    rung = plan.get("rung") if plan.get("rung") in RUNG_NAMES else rung_in(folder.name)
    events: list[Any] = storage.read_lines(files.events)
    attempts = sum(isinstance(event, dict) and event.get("event") == "attempt" for event in events)
    state, cause = _state(files, own, attempts)
    if not plan and state not in ENDED:
        state, cause = "failed", f"{files.plan} is damaged, so it cannot be carried out. Train again."
    return Row(
        run=folder.name,
        rung=str(rung),
        dataset_name=str(plan.get("dataset_name", "")),
        device=str(plan.get("device", "auto")),
        created=_created(files),
        state=state,
        attempts=attempts,
        cause=cause,
    )


def _state(files: RunFiles, own: dict[str, Any], attempts: int) -> tuple[str, str]:
    if own.get("state") in ENDED:
        return str(own["state"]), str(own.get("cause", ""))
    if not own and not attempts:
        return ("stopped", "It was stopped before it started.") if files.stop.exists() else ("queued", "")
    return ("stopping" if files.stop.exists() else "running"), ""


def _created(files: RunFiles) -> str:
    seconds = files.plan.stat().st_mtime
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def rung_in(run: str) -> str:
    """The rung that a run's id names, such as ``20261122-2153-fine-tune-7f3a``; the first of the ladder without one."""
    return next((name for name in RUNG_NAMES if f"-{name}-" in run), RUNG_NAMES[0])
