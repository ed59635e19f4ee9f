"""Numbers that come with the advisor: how far each reference set lies from the pre-training data, and what fine-tuning
gained on it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from advisor.core import resources
from advisor.core.errors import StorageError

if TYPE_CHECKING:
    from probes.measured import Measured
    from probes.references import Reference

GAINS = "gains.csv"
OVERALL = "overall"


@lru_cache(maxsize=8)
def rows_of(name: str) -> tuple[dict[str, str], ...]:
    """The lines of a CSV in `data/`, by column; none where the file is missing, which is no error."""
    try:
        text = resources.data(name).read_text(encoding="utf-8")
    except StorageError:
        return ()
    return tuple(csv.DictReader(text.splitlines()))


def as_references(rows: list[dict[str, str]], scales: tuple[str, ...], stages: tuple[str, ...]) -> list[Reference]:
    """CSV lines as references: every column in `scales`, and as "overall" the mean of those in `stages`."""
    from probes.references import Reference

    known = []
    for row in rows:
        values = {scale: float(row[scale]) for scale in scales}
        values[OVERALL] = sum(values[stage] for stage in stages) / len(stages)
        known.append(Reference(row["dataset"], row["description"], values))
    return known


def place(percentile: float, nearest: Sequence[str]) -> str:
    """A place on the scale from 0 to 100 in a sentence.

    >>> place(91.6, ["digits", "concrete"])
    'Distance from the pre-training data: 92 of 100, between digits and concrete.'
    """
    return f"Distance from the pre-training data: {percentile:.0f} of 100, {place_in_words(percentile, nearest)}."


def place_in_words(percentile: float, nearest: Sequence[str]) -> str:
    """A place on the scale by its neighbours; only one is given beyond either end of the scale.

    >>> place_in_words(3, ["pets"])
    'nearer than every reference set (the next is pets)'
    """
    if len(nearest) == 2:
        return f"between {nearest[0]} and {nearest[1]}"
    return f"{'nearer' if percentile < 50 else 'further'} than every reference set (the next is {nearest[0]})"


def gains(kind: str) -> dict[str, float]:
    """What fine-tuning added to a linear probe on each measured set of a kind (`benchmarks.gains`)."""
    return {row["dataset"]: float(row["gain"]) for row in _measured(kind)}


def errors_removed(kind: str) -> dict[str, float]:
    """The same gains as shares of the error that the probe left: where little is wrong, little can be gained."""
    rows = [row for row in _measured(kind) if float(row["frozen"]) < 1]
    return {row["dataset"]: float(row["gain"]) / (1 - float(row["frozen"])) for row in rows}


def correlation(references: list[Reference], known: dict[str, float], scale: str = OVERALL) -> Measured | None:
    """Rank correlation of a scale with a number known of each set; None with fewer than four sets that have both."""
    from probes.errors import ProbeError
    from probes.references import rank_correlation

    pairs = [(r.values[scale], known[r.name]) for r in references if r.name in known]
    try:
        return rank_correlation([x for x, _ in pairs], [y for _, y in pairs])
    except ProbeError:
        return None


def trust(references: list[Reference], kind: str, scale: str = OVERALL) -> Measured | None:
    """How well a scale's order predicts the order of the gains from fine-tuning; None with fewer than four sets.

    The note gives the same for the shares of the error removed.
    """
    with_gains = correlation(references, gains(kind), scale)
    removed = correlation(references, errors_removed(kind), scale)
    if with_gains is None or removed is None:
        return with_gains
    note = (
        f"With the share of the error that fine-tuning removed: "
        f"{removed.value:.2f} ({removed.low:.2f} to {removed.high:.2f})."
    )
    return with_gains.model_copy(update={"note": note})


def _measured(kind: str) -> list[dict[str, str]]:
    return [row for row in rows_of(GAINS) if row["kind"] == kind]
