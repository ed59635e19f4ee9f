"""What is logged of a run elsewhere: parameters, tags, and metrics by step, from the files in its folder."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.core import storage
from advisor.core.records import Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import notes, settings
from advisor.runs.processes import read_small
from probes.measured import Measured

#: Classes whose recall is logged, at most.
MOST_CLASSES = 50
#: Columns of the metrics that are no values of their own.
NOT_LOGGED = ("step", "seconds", "steps", "eta_seconds")


@dataclass(frozen=True)
class Metric:
    """One value at a step; ``seconds`` into the run's work."""

    name: str
    value: float
    step: int
    seconds: float


@dataclass(frozen=True)
class Tracked:
    """A run as it is logged. ``began``: seconds since 1970; ``state``: done, stopped or failed."""

    name: str
    state: str
    began: float
    seconds: float
    params: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[Metric, ...]

    def milliseconds(self, seconds: float) -> int:
        """So many seconds into the run, as milliseconds since 1970."""
        return int(1000 * (self.began + seconds))


def of(folder: Path) -> Tracked:
    """What to log of the run in a folder. Raises StorageError where its plan or report cannot be read."""
    files = RunFiles(folder)
    plan, state = Plan.load(files.plan), read_small(files.state)
    report = RunReport.load(files.report) if files.report.is_file() else None
    seconds = float(state.get("seconds") or 0.0)
    noted = notes.read(folder)
    sentences = report.sentences if report is not None else (str(state.get("cause", "")),)
    tags = {
        "advisor.run": plan.run, "advisor.dataset": plan.dataset_name, "advisor.fingerprint": plan.fingerprint,
        "advisor.served": report.served if report is not None else "",
        "mlflow.note.content": "\n\n".join(filter(None, (noted.note, *sentences))),
    }  # fmt: skip
    measured = (*_trained(files), *(_reported(report, seconds) if report is not None else ()))
    return Tracked(
        name=noted.name or plan.run, state=str(state.get("state", "")), began=_began(files), seconds=seconds,
        params=settings.of(plan, files), tags={key: value for key, value in tags.items() if value}, metrics=measured,
    )  # fmt: skip


def _began(files: RunFiles) -> float:
    """When the first attempt started, or the plan was written."""
    for event in storage.read_lines(files.events):
        if isinstance(event, dict) and event.get("event") == "attempt":
            return float(event["time"])
    return files.plan.stat().st_mtime


def _trained(files: RunFiles) -> Iterator[Metric]:
    """The numbers of the training; those of a fold, candidate or seed under its name."""
    for place, line in enumerate(storage.read_lines(files.metrics)):
        step = int(line["step"]) if _is_number(line.get("step")) else place
        before = f"{line['fit']}/" if isinstance(line.get("fit"), str) else ""
        for name, value in line.items():
            if name not in NOT_LOGGED and _is_number(value):
                yield Metric(f"{before}{name}", float(value), step, float(line.get("seconds") or 0.0))


def _reported(report: RunReport, seconds: float) -> Iterator[Metric]:
    """The report's values, each at step 0."""
    numbers: dict[str, Measured | None] = {
        "test": report.test, "forecast": report.promised, "shifted": report.ood, "exact_match": report.exact_match,
        "recall_at_5": report.recall_at_5,
    }  # fmt: skip
    values: dict[str, float] = {"seconds": report.seconds}
    for name, number in numbers.items():
        if number is not None:
            values |= {f"{name}/value": number.value, f"{name}/low": number.low, f"{name}/high": number.high}
            values[f"{name}/n"] = float(number.n)
    values[f"test/{report.metric}"] = report.test.value
    values |= {f"validation/{name}": value for name, value in report.validation.items()}
    for row in report.per_class[:MOST_CLASSES]:
        if row.get("recall") is not None:
            values[f"recall/{row['class']}"] = float(row["recall"])
    for name, value in values.items():
        if _is_number(value):
            yield Metric(name, float(value), 0, seconds)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
