"""One way to make a finding."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.core.records import Finding, Severity

SHOWN_ITEMS = 200


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
