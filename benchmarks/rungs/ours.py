"""One rung of ours on one task: advice for its promise, then a run in a process of its own, as the button does it."""

from __future__ import annotations

from typing import Any

from advisor import api
from advisor.core.ladder import RUNG_NAMES
from advisor.core.ladder import rung as find_rung
from advisor.core.records import Dataset, RunReport
from benchmarks.rungs.tasks import Task

ADVICE_SECONDS = 40.0


def run(task: Task, rung: str, seed: int = 0) -> dict[str, Any]:
    """The row of a rung on a task. Raises PeopleError when it cannot be carried out."""
    dataset = task.read()
    advice = api.advise(dataset, budget=ADVICE_SECONDS, rungs=RUNG_NAMES)
    estimate = advice.estimate(find_rung(rung).name)
    if not estimate.available:
        return {"remark": estimate.reason}
    report = api.train(dataset, rung=rung, budget=task.budget_seconds, advice=advice, seed=seed)
    return {**numbers(report), "promised_low": estimate.low, "promised_high": estimate.high}


def numbers(report: RunReport) -> dict[str, Any]:
    """What a report says, as the table keeps it."""
    return {
        "metric": report.metric,
        "test": report.test.value,
        "low": report.test.low,
        "high": report.test.high,
        "n_test": report.test.n,
        "seconds": report.seconds,
        "remark": " ".join(report.sentences[1:3]),
    }


def n_train(dataset: Dataset) -> int:
    """Labelled items to learn from."""
    return len(dataset.where("train", "val"))
