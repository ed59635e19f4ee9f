"""Which dataset a run is about, by its plan, which never changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from advisor.core.errors import PeopleError
from advisor.core.records import Plan, RunStatus
from advisor.core.workspace import RunFiles
from advisor.runs import store


def of_dataset(fingerprint: str) -> list[RunStatus]:
    """The runs of a dataset, the latest first; the state of no other run is read."""
    return store.runs(lambda run: dataset_of(run) == fingerprint)


def dataset_of(run: str) -> str | None:
    """The fingerprint of the dataset that a run is about; None without such a run, or where its plan cannot be read."""
    if Path(run).name != run:
        return None
    try:
        return _planned(store.runs_folder() / run)
    except PeopleError:
        return None


@lru_cache(maxsize=4096)
def _planned(folder: Path) -> str:
    return Plan.load(RunFiles(folder).plan).fingerprint
