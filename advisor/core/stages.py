"""The stages of a measurement in words, and the table of where its time went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.core.records.evidence import StageTime

if TYPE_CHECKING:
    from probes.timings import Watch

#: Every stage that `probes.timings.stage` names, in the order of the line.
TITLES: dict[str, str] = {
    "listing": "Listing the items",
    "inspecting": "Looking into every item",
    "splitting": "Splitting",
    "hashing": "Checking the files for changes",
    "libraries": "Loading libraries",
    "loading": "Loading models",
    "engine": "Choosing and opening an engine",
    "decoding": "Decoding and tokenizing",
    "forward": "Forward pass",
    "keeping": "Reading and keeping features",
    "race": "Comparing backbones",
    "looks": "Looking whether more items are needed",
    "majority": "Largest class",
    "knn": "Nearest examples",
    "class names": "Class names",
    "probes": "Probes of tagged words",
    "linear": "Linear probe",
    "tfidf": "TF-IDF",
    "curve": "Learning curve",
    "scores": "Transferability scores",
    "issues": "Labels, outliers and shortcuts",
    "layers": "Layers",
    "joined": "Joined layers",
    "prompts": "Prompts",
    "domain": "Distance from the pre-training data",
    "search": "Searching the documents",
    "answers": "Answering questions",
    "reader": "Training a reader",
    "steps": "Timing training steps",
    "forecast": "Forecast",
    "decision": "Decision",
    "other": "Everything else",
}
#: Stages under this many seconds are shown together.
LEAST_SECONDS = 0.05
TOGETHER = "Less than 0.05 s each"


@dataclass(frozen=True)
class Row:
    """One line of the table; ``beside``: seconds in other threads while something else ran."""

    title: str
    seconds: float
    processor_seconds: float
    beside_seconds: float


def times_of(watch: Watch) -> tuple[StageTime, ...]:
    """What a watch recorded, as it is kept."""
    return tuple(
        StageTime(
            stage=name, seconds=spent.seconds, processor_seconds=spent.processor_seconds,
            beside_seconds=spent.beside_seconds,
        )
        for name, spent in watch.stages.items()
    )  # fmt: skip


def rows_of(times: Iterable[StageTime]) -> list[Row]:
    """The table: in the order of the line, short stages in one row at the end; the seconds add up to all of them."""
    place = {name: number for number, name in enumerate(TITLES)}
    ordered = sorted(times, key=lambda time: place.get(time.stage, len(place)))
    rows = [
        Row(TITLES.get(time.stage, time.stage), time.seconds, time.processor_seconds, time.beside_seconds)
        for time in ordered
    ]
    long = [row for row in rows if _matters(row)]
    short = [row for row in rows if not _matters(row)]
    if not short:
        return long
    return [*long, total(short, TOGETHER)]


def total(rows: Iterable[Row], title: str = "Together") -> Row:
    """The sum of some rows."""
    rows = list(rows)
    return Row(
        title,
        sum(row.seconds for row in rows),
        sum(row.processor_seconds for row in rows),
        sum(row.beside_seconds for row in rows),
    )


def _matters(row: Row) -> bool:
    return max(row.seconds, row.beside_seconds) >= LEAST_SECONDS
