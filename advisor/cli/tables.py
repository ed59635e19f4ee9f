"""What the command's tables are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from rich import box
from rich.table import Table
from rich.text import Text

from advisor.cli.output import plain
from advisor.core.records import Finding, Severity

LISTED = 10
MARKS = {"ok": "green", "note": "dim", "warning": "yellow", "problem": "red", "done": "green", "failed": "red"}


def table(*columns: str) -> Table:
    """A plain table; a column whose title starts with > is set flush right."""
    rows = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for title in columns:
        rows.add_column(title.lstrip(">"), justify="right" if title.startswith(">") else "left")
    return rows


def safe(text: object) -> Text:
    """Words from the user's data, never read as markup."""
    return Text(plain(text), overflow="fold")


def marked(mark: str, sentence: str) -> Text:
    """A sentence after a coloured word such as ok, warning or failed."""
    return Text.assemble((f"{mark:<9}", MARKS.get(mark, "cyan")), plain(sentence))


def gravest_first(findings: Iterable[Finding]) -> list[Finding]:
    """Problems, then warnings, then notes; the order within each stays."""
    return sorted(findings, key=lambda finding: -get_args(Severity).index(finding.severity))
