"""Experience: tasks that were carried out to the end, each with what the probes measured of it before.

LadderBench's tables (`data/ladderbench`) are shipped; every run that is finished on this machine is added from the
workspace's ledger. The outcome model (`advisor.advice.outlook.forecast`) is fitted to them whenever it is asked, in
milliseconds, so a new outcome counts at once.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from advisor.core import resources, storage
from advisor.core.errors import StorageError
from advisor.core.records import Kind, Situation
from advisor.core.workspace import Workspace

KEYS = ["dataset", "kind", "labels", "seed"]
LOG = logging.getLogger("advisor.advice")
#: Begins the last line of a ledger's table, which holds its seal.
SEAL = b'# "seal": "'
#: In the ledger a dataset is probed under several backbones and budgets: a digest of the situation is a key there.
SEEN = "seen"
OUTCOMES = [
    *KEYS, "rung", "metric", "value", "low", "high", "n_test", "seconds", "cpu_seconds", "test_cpu_seconds",
    "items", "peak_memory_mb", "validation", "kept", "held_frozen", "held_tuned", "held_gain_error",
    "held_items", "tuned_value",
    "expected", "expected_low", "expected_high", "expected_seconds", "device", "version", "remark",
]  # fmt: skip


#: What names a completed task: dataset, labels, seed.
TaskKey = tuple[str, str, int]


@dataclass(frozen=True, eq=False)
class CompletedTask:
    """One task carried out: its keys, the situation before it, and the row of every rung by name.

    ``short``: the short runs that LadderBench's baselines look at; the advisor does not.
    """

    dataset: str
    labels: str
    seed: int
    situation: Situation
    outcomes: dict[str, dict[str, Any]]
    local: bool = False
    short: dict[str, Any] = field(default_factory=dict)

    def value(self, rung: str) -> float | None:
        """The test value of a rung, None where it was not carried out."""
        return self.number(rung, "value")

    def number(self, rung: str, column: str) -> float | None:
        """A number in a rung's row, None where it is empty or there is no row."""
        cell = self.outcomes.get(rung, {}).get(column)
        return None if cell is None or pd.isna(cell) else float(cell)


@dataclass(frozen=True, eq=False)
class Experience:
    """Tasks that were carried out."""

    tasks: tuple[CompletedTask, ...]

    def without(self, dataset: str) -> Experience:
        """All but one whole dataset, whatever its sizes and seeds."""
        return Experience(tuple(task for task in self.tasks if task.dataset != dataset))

    def of_kind(self, kind: Kind) -> tuple[CompletedTask, ...]:
        """The tasks of one kind of data."""
        return tuple(task for task in self.tasks if task.situation.kind == kind)

    def of_kinds(self, kinds: Iterable[Kind]) -> Experience:
        """The tasks of some kinds of data, and no others."""
        return Experience(tuple(task for task in self.tasks if task.situation.kind in set(kinds)))

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of the datasets, in the order of their first task."""
        return tuple(dict.fromkeys(task.dataset for task in self.tasks))

    @classmethod
    def shipped(cls, place: str = "") -> Experience:
        """LadderBench's tables alone; ``place="fresh"``: those of the sets that nothing is fitted to."""
        folder = shipped_folder() / place
        tables = [read(folder / f"{name}.csv") for name in ("situations", "outcomes", "short_runs")]
        return cls.of(tables[0], tables[1], short_runs=tables[2])

    @classmethod
    def here(cls) -> Experience:
        """LadderBench's tables and this workspace's ledger, as they are now."""
        places = (shipped_folder(), ledger_folder())
        stamps = tuple(_stamp(place / f"{name}.csv") for place in places for name in ("situations", "outcomes"))
        return _here(places, stamps)

    @classmethod
    def of(
        cls,
        situations: pd.DataFrame,
        outcomes: pd.DataFrame,
        local: bool = False,
        short_runs: pd.DataFrame | None = None,
    ) -> Experience:
        """From the tables; situations without outcomes are left out, and outcomes without a situation."""
        short = {} if short_runs is None else {_key(row): _known(row) for row in short_runs.to_dict("records")}
        rungs: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
        for row in outcomes.to_dict("records"):
            rungs.setdefault(_key(row), {})[str(row["rung"])] = {str(name): value for name, value in row.items()}
        tasks = []
        for row in situations.to_dict("records"):
            outcome = rungs.get(_key(row))
            if outcome:
                situation = Situation(**{k: v for k, v in _known(row).items() if k in Situation.model_fields})
                keys = str(row["dataset"]), str(row["labels"]), int(row["seed"])
                tasks.append(CompletedTask(*keys, situation, outcome, local, short.get(_key(row), {})))
        return cls(tuple(tasks))


def shipped_folder() -> Path:
    """Where LadderBench's tables lie: ``ADVISOR_LADDERBENCH``, the checkout's, or the installed package's."""
    configured = os.environ.get("ADVISOR_LADDERBENCH")
    return Path(configured) if configured else resources.data("ladderbench")


def ledger_folder() -> Path:
    """Where this workspace keeps the outcomes of its own runs."""
    return Workspace.here().ledger


def read(path: Path) -> pd.DataFrame:
    """A table; an empty one where there is none yet. Labels are text ("all" or a count).

    Raises StorageError naming the file where it is damaged.
    """
    if not path.exists():
        return pd.DataFrame(columns=OUTCOMES)
    content = storage.read_bytes(path)
    whole = content.endswith(b"\n")
    body, _, last = content.removesuffix(b"\n").rpartition(b"\n")
    try:
        table = pd.read_csv(
            io.BytesIO(body if last.startswith(SEAL) else content),
            dtype={"labels": str, SEEN: str}, keep_default_na=False, na_values=[""],
        )  # fmt: skip
    except ValueError as error:  # no CSV, nothing in it, or no text
        raise StorageError(f"{path} is damaged and cannot be read as a table. {storage.AGAIN}") from error
    if not whole or not set(KEYS) <= set(table.columns):
        raise StorageError(f"{path} is damaged: a part of it is missing. {storage.AGAIN}")
    return table


def _stamp(path: Path) -> float:
    return path.stat().st_mtime if path.is_file() else 0.0


@lru_cache(maxsize=2)
def _here(places: tuple[Path, Path], stamps: tuple[float, ...]) -> Experience:
    tasks: list[CompletedTask] = []
    for place, local in zip(places, (False, True), strict=True):
        try:
            tasks += Experience.of(read(place / "situations.csv"), read(place / "outcomes.csv"), local).tasks
        except StorageError as error:  # what this machine has seen is made again from its runs (advisor.runs.relearn)
            LOG.warning("%s Advice goes on without what it holds.", error)
    return Experience(tuple(tasks))


def _key(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return (*(str(row[key]) for key in KEYS), _text(row.get(SEEN)))


def _text(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell)


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The cells that are not empty."""
    return {str(name): _plain(value) for name, value in row.items() if not pd.isna(value)}


def _plain(value: Any) -> Any:
    """A table's number as a record takes it: whole floats are the integers that they were."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
