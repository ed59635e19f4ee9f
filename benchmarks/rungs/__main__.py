"""`make bench-rungs`: every rung and every opponent on every task, one row each in data/rung_outcomes.csv.

Rows that are there already are left alone, so it goes on where it stopped; ``--again`` measures the named ones anew.
Names (of sets, rungs or opponents) take only some: ``python -m benchmarks.rungs trec6 frozen logistic_cv``.
At the end it prints the table and the comparisons with their bounds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from typing import Any

from advisor.core.errors import PeopleError
from advisor.core.ladder import RUNG_NAMES
from advisor.core.records import Kind
from benchmarks.rungs import opponents, opponents_libraries, ours, table
from benchmarks.rungs.opponents import Opponent
from benchmarks.rungs.tasks import TASKS, Task
from benchmarks.sets import data_folder
from probes.interval import measured_score

OPPONENTS: dict[str, tuple[tuple[Kind, ...], Opponent]] = {
    "newsletter": (("image", "text"), opponents.newsletter),
    "logistic_cv": (("image", "text"), opponents.logistic_cv),
    "fastai": (("image",), opponents_libraries.fastai),
    "setfit": (("text",), opponents_libraries.setfit),
}


def wanted(words: list[str]) -> Iterator[tuple[Task, str]]:
    """The (task, way) pairs that the words leave; the ways are rungs and opponents."""
    ways = [*RUNG_NAMES, *OPPONENTS]
    chosen_ways = [word for word in words if word in ways] or ways
    chosen_sets = [word for word in words if word not in ways]
    for task in TASKS:
        if chosen_sets and not {task.dataset, task.name, task.kind} & set(chosen_sets):
            continue
        for way in chosen_ways:
            if way in RUNG_NAMES or task.kind in OPPONENTS[way][0]:
                yield task, way


def measure(task: Task, way: str) -> dict[str, Any]:
    """The row of one way on one task; what cannot be carried out says why in its remark."""
    started = time.monotonic()
    try:
        row = ours.run(task, way) if way in RUNG_NAMES else opponent(task, way)
    except PeopleError as error:
        row = {"remark": str(error)}
    return {"seconds": time.monotonic() - started, **row}


def opponent(task: Task, way: str) -> dict[str, Any]:
    """The row of an opponent."""
    dataset = task.read()
    started = time.monotonic()
    predicted = OPPONENTS[way][1](dataset, task.budget_seconds)
    seconds = time.monotonic() - started
    truth = dataset.labels[dataset.where("test")]
    found = measured_score(dataset.metric, truth, predicted, len(dataset.classes), seconds)
    return {
        "metric": dataset.metric, "test": found.value, "low": found.low, "high": found.high, "n_test": found.n,
        "seconds": seconds,
    }  # fmt: skip


def main() -> int:
    """Measure what is missing, then print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("words", nargs="*", help="sets, tasks, kinds, rungs or opponents, all by default")
    asked.add_argument("--again", action="store_true", help="measure what the table holds already")
    chosen = asked.parse_args()
    if not data_folder().is_dir():
        print(f"The development sets are not at {data_folder()}. Set ADVISOR_BENCH_DATA to their folder.")
        return 1
    for task, way in wanted(chosen.words):
        if table.known(task, way) and not chosen.again:
            continue
        row = measure(task, way)
        table.keep(task, way, row)
        value = f"{100 * row['test']:.1f} %" if row.get("test") is not None else row.get("remark", "")
        print(f"{task.name:<28} {way:<12} {value} {row['seconds']:.0f} s", flush=True)
    table.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
