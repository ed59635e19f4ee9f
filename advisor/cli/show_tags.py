"""Tagged sentences on a terminal: measured ways of tagging, the types of a run, and marked words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from advisor.cli.output import plain
from advisor.cli.show_classes import evidence as evidence
from advisor.cli.tables import LISTED, safe, table
from advisor.core.records import Dataset, RunReport, Tagged
from advisor.core.wording import between, chance, counted, percent
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.rungs.saved.tagging import Tagger

#: Sentences that went wrong in a report on the screen.
SHOWN_MISTAKES = 5


def scope(dataset: Dataset) -> str:
    """How many types of spans are marked."""
    return f"with {counted(len(dataset.span_types), 'type')} of spans"


def report(to: Console, report: RunReport) -> None:
    """Precision, recall and F1 with its interval of each type, and the sentences with the most wrong spans."""
    rows = table("type", ">precision", ">recall", ">f1", "90 % interval", ">spans")
    for row in report.per_class[: 3 * LISTED]:
        shares = [percent(row[key]) if isinstance(row.get(key), float) else "" for key in ("precision", "recall", "f1")]
        low, high = row.get("f1_low"), row.get("f1_high")
        interval = between(low, high) if isinstance(low, float) and isinstance(high, float) else ""
        rows.add_row(safe(row["class"]), *shares, interval, f"{row['n']:,}")
    to.print(rows)
    if report.mistakes:
        rows = table("sentence", "marked", "right")
        for mistake in report.mistakes[:SHOWN_MISTAKES]:
            rows.add_row(safe(mistake.question), safe(mistake.predicted or "nothing"), safe(mistake.label or "nothing"))
        to.print(rows)


def applied(model: Tagger, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
    """What is marked in new sentences: the document for --json, and how to print it."""
    marked = model.predict(list(inputs), progress)
    document = [
        one.model_dump(mode="json", exclude={"schema_version"} | (set() if one.problem else {"problem"}))
        for one in marked
    ]
    return document, lambda to: sentences(to, marked)


def sentences(to: Console, marked: Sequence[Tagged]) -> None:
    """Each sentence with its spans in bold and their types behind."""
    for one in marked:
        if one.problem:
            to.print(safe(one.problem), style="yellow")
            continue
        line, at = Text(), 0
        for span in one.spans:
            sure = "" if span.probability is None else f" {chance(span.probability)}"
            line.append(plain(one.input[at : span.start]))
            line.append(plain(span.text), style="bold")
            line.append(f" [{plain(span.type)}{sure}]", style="cyan")
            at = span.end
        line.append(plain(one.input[at:]))
        to.print(line)
