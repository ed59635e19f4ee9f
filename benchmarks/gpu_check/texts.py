"""The whole line on texts."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure
from benchmarks.gpu_check.check import Check, NotRun
from benchmarks.gpu_check.devices import compared


def figures(check: Check) -> Iterator[Figure | NotRun]:
    """As `devices.compared`."""
    yield from compared(check, "texts")
