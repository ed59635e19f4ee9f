"""Rows as people read them."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
    'In 61 s: 2 figures, 1 within its bound, 0 outside, 1 not run, 0 failed.'
    """
    verdicts = Counter(row["holds"].partition(":")[0] for row in rows)
    n = verdicts["yes"] + verdicts["no"] + verdicts[""]
    return (
        f"In {seconds:.0f} s: {n} figures, {verdicts['yes']} within its bound, {verdicts['no']} outside, "
        f"{verdicts['not run']} not run, {verdicts['failed']} failed."
    )
