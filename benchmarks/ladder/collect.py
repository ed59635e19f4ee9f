"""`python -m benchmarks.ladder`: carry out every rung on every task, and keep what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from filelock import FileLock, Timeout

from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Dataset
from advisor.core.workspace import Workspace
from benchmarks.ladder import answers, rows
from benchmarks.ladder.carry import Seen, carry, entry_of, look, version
from benchmarks.ladder.short_runs import short_runs
from benchmarks.ladder.tasks import Task, named

Tell = Callable[[str], None]


def collect(words: list[str], tell: Tell = print) -> int:
    """Measure what is missing of the tasks that the words name; returns how many tasks were completed.

    Several processes, each with a workspace (``ADVISOR_HOME``) of its own, share the work: a task that another has
    taken is passed over.
    """
    done = 0
    locks = rows.folder() / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    for task in named(words):
        try:
            with FileLock(locks / f"{task.name.replace('/', '-').replace(' ', '-')}.lock", timeout=0):
                done += complete(task, tell)
        except Timeout:
            continue
        except PeopleError as error:
            tell(f"{task.name}: {error}")
    return done


def complete(task: Task, tell: Tell) -> int:
    """Carry out what is missing of one task; 1 when something was done."""
    keys, place = keys_of(task), "fresh/" if task.source.fresh else ""
    outcomes = rows.read(f"{place}outcomes")
    missing = [rung for rung in RUNG_NAMES if not rows.has(outcomes, **keys, rung=rung)]
    if not missing and rows.has(rows.read(f"{place}situations"), **keys):
        return 0
    dataset = task.read()
    if dataset is None:
        return 0
    tell(f"{task.name}: {len(dataset.where('train', 'val')):,} labels, looking")
    seen = look(task, dataset)
    rows.append(f"{place}situations", [{**keys, **seen.situation.model_dump(exclude={"kind"}), "version": version()}])
    for rung in missing:
        row = carry(task, dataset, seen, rung)
        answers.append(place, keys, row.pop("answers", []))
        rows.append(f"{place}outcomes", [{**keys, "rung": rung, **promised(seen, rung), "device": "cpu", **row}])
        told = (
            f"{100 * row['value']:.1f} %, {row['cpu_seconds']:.0f} s" if row.get("value") is not None else row["remark"]
        )
        tell(f"    {rung:<10} {told}")
    if kind_row(dataset.kind).task == "classification" and not rows.has(rows.read(f"{place}short_runs"), **keys):
        ran = short_runs(dataset, seen.evidence, entry_of(task))
        rows.append(f"{place}short_runs", [{**keys, **ran, "version": version()}])
    forget(dataset)
    return 1


def keys_of(task: Task) -> dict[str, Any]:
    """The columns that name a task."""
    return {
        "dataset": task.source.name, "kind": task.source.kind, "labels": task.labels, "seed": task.seed,
    }  # fmt: skip


def promised(seen: Seen, rung: str) -> dict[str, Any]:
    """What the estimate said before the outcome model had a word, with the commit that measured."""
    estimate = next(e for e in seen.estimates if e.rung == rung)
    return {
        "expected": estimate.value, "expected_low": estimate.low, "expected_high": estimate.high,
        "expected_seconds": estimate.train_seconds, "version": version(),
    }  # fmt: skip


def forget(dataset: Dataset) -> None:
    """A cut dataset's folder is only of use while its task is carried out."""
    import shutil

    assert str(Workspace.here().folder) in dataset.folder
    shutil.rmtree(dataset.folder, ignore_errors=True)
