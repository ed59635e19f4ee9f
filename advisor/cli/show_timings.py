"""Where the time of a command went, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from advisor.cli.tables import table
from advisor.core.records import Dataset, Evidence, StageTime
from advisor.core.stages import TITLES, Row, rows_of, total
from advisor.core.wording import duration

#: Stages of a measurement; where none ran, the evidence was measured before.
MEASURED = "linear", "answers"


def as_json(dataset: Dataset, times: Sequence[StageTime]) -> dict[str, Any]:
    """The fields that ``--timings`` adds; none without it. ``measured``: of evidence that was measured before."""
    if not times:
        return {}
    return {
        "timings": {
            "stages": [_document(time) for time in times],
            "measured": [_document(time) for time in _before(dataset, times)],
        }
    }


def table_of(to: Console, dataset: Dataset, times: Sequence[StageTime]) -> None:
    """Where the time went, the longest stages named; and where that of evidence went that was measured before."""
    if not times:
        return
    _print(to, "Where the time went", times)
    before = _before(dataset, times)
    if before:
        _print(to, "The evidence was measured before. Where its time went", before)


def _before(dataset: Dataset, times: Sequence[StageTime]) -> tuple[StageTime, ...]:
    """The timings of the evidence where it was not measured in these."""
    if any(time.stage in MEASURED for time in times):
        return ()
    evidence = Evidence.saved(dataset.files.evidence)
    return evidence.timings if evidence is not None else ()


def _print(to: Console, title: str, times: Sequence[StageTime]) -> None:
    rows = rows_of(times)
    shown = table("Stage", ">Time", ">Processor", ">Beside the others")
    for row in rows:
        shown.add_row(*_cells(row))
    shown.add_section()
    shown.add_row(*_cells(total(rows)))
    to.print(Text(title, style="bold"))
    to.print(shown)


def _cells(row: Row) -> tuple[str, str, str, str]:
    beside = _seconds(row.beside_seconds) if row.beside_seconds >= 0.005 else ""
    return row.title, _seconds(row.seconds), _seconds(row.processor_seconds), beside


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 60 else duration(seconds)


def _document(time: StageTime) -> dict[str, Any]:
    return {"title": TITLES.get(time.stage, time.stage), **time.model_dump(mode="json", exclude={"schema_version"})}
