"""Watching a run from outside by reading its folder; the run needs no watcher and allows any number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.core import storage
from advisor.core.workspace import RunFiles
from advisor.runs import climbs, store, supervisor
from probes.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from advisor.core.records import Climb, RunStatus

POLL_SECONDS = 0.25
ENSURE_SECONDS = 2.0


def follow(run: str) -> Iterator[RunStatus]:
    """The run's status, several times a second until it has ended; the last one is the final one.

    Restarts the supervisor when it is gone, so that a followed run always ends. Raises RunError for an unknown run.
    """
    run = store.find(run)
    ensured = 0.0
    while True:
        status = store.status(run)
        yield status
        if status.state in store.ENDED:
            return
        if time.monotonic() - ensured > ENSURE_SECONDS:
            supervisor.ensure()
            ensured = time.monotonic()
        time.sleep(POLL_SECONDS)


def follow_climb(name: str) -> Iterator[Climb]:
    """The climb as it stands, several times a second until it has ended; the last one is the final one.

    Restarts the supervisor when it is gone. Raises StorageError for an unknown climb.
    """
    ensured = 0.0
    while True:
        climb = climbs.carry_on(name)
        yield climb
        if climb.state != "running":
            return
        if time.monotonic() - ensured > ENSURE_SECONDS:
            supervisor.ensure()
            ensured = time.monotonic()
        time.sleep(POLL_SECONDS)


def wait_for_climb(name: str, progress: Progress = silent) -> Climb:
    """Follow a climb to its end, telling the stage of each run. Raises StorageError for an unknown climb."""
    climb = None
    for climb in follow_climb(name):
        if climb.current is not None:
            status = store.status(climb.current.run)
            n_done = len(climb.steps) - 1
            progress(f"{status.title}: {status.stage or status.state}", (n_done + status.progress) / len(climb.rungs))
    assert climb is not None
    return climb


def metrics(run: str) -> pd.DataFrame:
    """The run's metrics, one row per report of its training (columns as reported; ``stage`` and ``seconds`` always).

    Steps that were repeated after a resume appear once, as they were done last. Raises StorageError where the file of a
    finished run is damaged.
    """
    import pandas as pd

    path = RunFiles(store.directory(run)).metrics
    storage.check_manifest(path.parent, path.name)
    lines = storage.read_lines(path)
    table = pd.DataFrame(lines, columns=None if lines else ["stage", "seconds"])
    return _once(table) if "step" in table else table


def _once(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the rows of a fit that were repeated: a later row of the same fit has the same step or less."""
    fit = [column for column in ("stage", "fit") if column in table]
    backwards = table.iloc[::-1].groupby(fit, dropna=False)["step"]
    least_after = backwards.transform(lambda steps: steps.cummin().shift())  # none for rows without a step
    return table[~(table["step"] >= least_after.reindex(table.index))].reset_index(drop=True)


def events(run: str) -> list[dict[str, Any]]:
    """The events of the run, in order: attempts, stages, the end."""
    return storage.read_lines(RunFiles(store.directory(run)).events)


def log_tail(run: str, n_lines: int = 20) -> str:
    """The last lines of the run's log, or an empty text."""
    path: Path = RunFiles(store.directory(run)).log
    if not path.exists():
        return ""
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - 65_536))
        return "\n".join(stream.read().decode("utf-8", "replace").splitlines()[-n_lines:])
