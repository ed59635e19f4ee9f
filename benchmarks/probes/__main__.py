"""`make bench-probes`: measure every figure of the instruments, print them beside their bounds, leave a CSV.

``python -m benchmarks.probes labels linear`` measures some only and leaves the other rows of the CSV as they were.
"""

from __future__ import annotations

import csv
import importlib
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.probes.figures import Figure

#: The modules of this package that measure; each has ``figures() -> Iterator[Figure]``.
INSTRUMENTS = ("extraction", "linear", "curve", "depth", "domain", "labels", "scores", "sequential")
FIELDS = ("instrument", "figure", "bound", "value", "unit", "holds", "how", "seconds")


def main() -> None:
    """Measure the instruments named on the command line, or all."""
    names = sys.argv[1:] or list(INSTRUMENTS)
    unknown = [name for name in names if name not in INSTRUMENTS]
    if unknown:
        sys.exit(f"There is no instrument called {unknown[0]!r}. There are {', '.join(INSTRUMENTS)}.")
    target = Path(os.environ.get("ADVISOR_BENCH_OUT", "data/probe_figures.csv"))
    rows = [row for row in _rows(target) if row["instrument"] not in names]
    for name in names:
        started = time.monotonic()
        for figure in importlib.import_module(f"benchmarks.probes.{name}").figures():
            seconds = time.monotonic() - started
            rows.append(_row(figure, seconds))
            print(f"{figure.instrument}: {figure.name}: {figure.value:.4g} {figure.unit}", file=sys.stderr, flush=True)
            started = time.monotonic()
        rows.sort(key=lambda row: INSTRUMENTS.index(row["instrument"]))
        _write(target, rows)
    _print(rows)


def _row(figure: Figure, seconds: float) -> dict[str, str]:
    verdict = {True: "yes", False: "no", None: ""}[figure.holds]
    values = (figure.instrument, figure.name, figure.bound_text, f"{figure.value:.4g}", figure.unit, verdict)
    return dict(zip(FIELDS, (*values, figure.how, f"{seconds:.0f}"), strict=True))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _print(rows: list[dict[str, str]]) -> None:
    table = Table("Instrument", "Figure", "Bound", "Value", "Holds", "How")
    for row in rows:
        table.add_row(
            row["instrument"], row["figure"], row["bound"], f"{row['value']} {row['unit']}", row["holds"], row["how"]
        )
    Console().print(table)


if __name__ == "__main__":
    main()
