"""Measured figures beside their bounds: measure a list of modules, keep a CSV, print a table.

`make bench-probes` and `make bench-faults` are such lists; `make gpu-check` measures each in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

#: The columns of the CSV.
FIELDS = ("instrument", "figure", "bound", "value", "unit", "holds", "how", "seconds")

Relation = Literal["at most", "at least", "between", "none"]


@dataclass(frozen=True)
class Figure:
    """A figure: what was measured, its value and unit, and the bound it is held against.

    ``bound`` is one number, or two for "between"; with "none" the figure informs and is held against nothing.
    ``how`` says in a few words on what it was measured (sets, n, repeats).
    """

    instrument: str
    name: str
    value: float
    unit: str
    relation: Relation
    bound: tuple[float, ...]
    how: str

    @property
    def holds(self) -> bool | None:
        """Whether the value keeps its bound; None where there is none."""
        if self.relation == "none":
            return None
        if self.relation == "between":
            return self.bound[0] <= self.value <= self.bound[1]
        return self.value <= self.bound[0] if self.relation == "at most" else self.value >= self.bound[0]

    @property
    def bound_text(self) -> str:
        """The bound in words, such as "at most 1.15"."""
        return {"none": "", "between": "between "}.get(self.relation, f"{self.relation} ") + " and ".join(
            f"{number:g}" for number in self.bound
        )


def measure(package: str, names: tuple[str, ...], target: str) -> None:
    """Measure the modules named on the command line, or all; keep the rows of the others; print the table.

    Each module of `package` in `names` has ``figures() -> Iterator[Figure]``, whose figures carry its name as their
    instrument. target: the CSV, which the environment variable ADVISOR_BENCH_OUT replaces.
    """
    asked = argparse.ArgumentParser(prog=f"python -m {package}", description=f"Measure {', '.join(names)}.")
    asked.add_argument("names", nargs="*", metavar="NAME", help="what to measure, all by default")
    wanted = asked.parse_args().names or list(names)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        sys.exit(f"There is nothing called {unknown[0]!r} to measure. There are {', '.join(names)}.")
    path = Path(os.environ.get("ADVISOR_BENCH_OUT", target))
    rows = [row for row in _rows(path) if row["instrument"] not in wanted]
    for name in wanted:
        started = time.monotonic()
        for figure in importlib.import_module(f"{package}.{name}").figures():
            seconds = time.monotonic() - started
            rows.append(row_of(figure, seconds))
            print(f"{figure.instrument}: {figure.name}: {figure.value:.4g} {figure.unit}", file=sys.stderr, flush=True)
            started = time.monotonic()
        rows.sort(key=lambda row: names.index(row["instrument"]))
        write_rows(path, rows)
    _print(rows)


def row_of(figure: Figure, seconds: float) -> dict[str, str]:
    """The figure as a row of the CSV, with the seconds that it took to measure."""
    verdict = {True: "yes", False: "no", None: ""}[figure.holds]
    values = (figure.instrument, figure.name, figure.bound_text, f"{figure.value:.4g}", figure.unit, verdict)
    return dict(zip(FIELDS, (*values, figure.how, f"{seconds:.0f}"), strict=True))


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """The rows as a CSV."""
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
