"""One way to make a finding, and what a task shows of its items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from advisor.core.records import Finding, Severity

SHOWN_ITEMS = 200
SHOWN_SIZES = 5000


@dataclass(frozen=True)
class Described:
    """What a task says of a dataset's items: sizes to plot, facts by title, and findings."""

    sizes: dict[str, list[float]]
    facts: dict[str, str]
    findings: list[Finding]


def taken(values: pd.Series) -> list[float]:
    """At most 5,000 of the values, evenly taken."""
    return values.iloc[:: max(1, -(-len(values) // SHOWN_SIZES))].astype(float).tolist()


def finding(
    check: str, severity: Severity, sentence: str, items: Sequence[str] = (), n_items: int | None = None
) -> Finding:
    """A finding that lists at most 200 of its items and counts them all."""
    return Finding(
        check=check,
        severity=severity,
        sentence=sentence,
        n_items=len(items) if n_items is None else n_items,
        items=tuple(items[:SHOWN_ITEMS]),
    )


def is_are(n: int) -> str:
    """The verb for n things."""
    return "is" if n == 1 else "are"
