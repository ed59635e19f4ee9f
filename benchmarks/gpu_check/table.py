"""Rows as people read them."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from advisor.core.wording import counted, duration
from benchmarks.gpu_check.check import Row, Section

#: Where the output is no terminal, as in a log.
LOG_COLUMNS = 150


def show(section: Section, rows: list[Row]) -> None:
    """Print a section's rows."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=LOG_COLUMNS)
    seconds = sum(float(row["seconds"]) for row in rows)
    table = Table("Figure", "Value", "Bound", "Holds", "How", title=f"{section.title} ({seconds:.0f} s)")
    table.title_justify = "left"
    for row in rows:
        value = f"{row['value']} {row['unit']}".strip()
        table.add_row(*(escape(cell) for cell in (row["figure"], value, row["bound"], row["holds"], row["how"])))
    console.print()
    console.print(table)


def summary(rows: list[Row], seconds: float) -> str:
    """One line on all of them.

    >>> summary([{"holds": "yes"}, {"holds": ""}, {"holds": "not run: no GPU"}], 61.0)
    '2 figures in 1 min 1 s: 1 within a bound, none outside one; 1 not run, no section failed.'
    """
    verdicts = Counter(row["holds"].partition(":")[0] for row in rows)
    n = verdicts["yes"] + verdicts["no"] + verdicts[""]
    outside = f"{verdicts['no']} outside" if verdicts["no"] else "none outside one"
    failed = counted(verdicts["failed"], "section") if verdicts["failed"] else "no section"
    return (
        f"{counted(n, 'figure')} in {duration(seconds)}: {verdicts['yes']} within a bound, {outside}; "
        f"{verdicts['not run']} not run, {failed} failed."
    )
