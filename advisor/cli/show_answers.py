"""Questions over documents: evidence, answers and what became of them, as documents for programs and for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from advisor.cli.tables import between, safe, table
from advisor.core.records import Answer, Dataset, Evidence, RunReport
from advisor.core.wording import duration, percent

HOWS = {"hybrid": "by words and meaning", "words": "by words (BM25)", "dense": "by meaning (embeddings)"}
#: Characters of a cited passage on the screen.
SHOWN = 200


def evidence(to: Console, found: Evidence) -> None:
    """`advisor probe`: answers by heart, from passages and by the reader; then the search alone."""
    shown = table("probe", ">token F1", "90 % interval", ">exact", ">n", ">took")
    for result in found.results:
        number = result.measured
        if result.name != "retrieval":
            shown.add_row(
                safe(result.title), percent(number.value), between(number.low, number.high),
                percent(result.settings["exact_match"]), f"{number.n:,}", duration(number.seconds),
            )  # fmt: skip
    to.print(shown)
    searched = found.result("retrieval")
    if searched is not None:
        search = table("search", ">first", ">among five", ">mean reciprocal rank")
        for how, words in HOWS.items():
            row = searched.settings[how]
            search.add_row(words, percent(row["recall@1"]), percent(row["recall@5"]), f"{row['mrr']:.3f}")
        to.print(search)
    to.print(safe(found.device_reason), style="dim")
    for note in found.notes:
        to.print(safe(note))
    to.print(f"Took {duration(found.seconds)}.", style="dim")


def report(to: Console, found: RunReport) -> None:
    """What became of the test questions, and the worst answers."""
    shown = table("", ">share", "90 % interval", ">n")
    for title, number in (("exact answers", found.exact_match), ("answer among five passages", found.recall_at_5)):
        if number is not None:
            shown.add_row(title, percent(number.value), between(number.low, number.high), f"{number.n:,}")
    to.print(shown)
    wrong = table("question", "answered", "right is", "which failed")
    for mistake in found.mistakes[:5]:
        wrong.add_row(safe(mistake.question), safe(mistake.predicted), safe(mistake.label), safe(mistake.outcome))
    if found.mistakes:
        to.print(wrong)


def answers_json(given: Sequence[Answer]) -> list[dict[str, Any]]:
    """`advisor predict --json` and `advisor ask --json`."""
    return [answer.model_dump(mode="json", exclude={"schema_version"}) for answer in given]


def answers(to: Console, given: Sequence[Answer]) -> None:
    """Each answer with the passages it rests on, or those that were looked at."""
    for answer in given:
        if len(given) > 1:
            to.print(safe(answer.input), style="dim")
        sure = f"  (probability {percent(answer.probability)})" if answer.probability is not None else ""
        to.print(Text.assemble((str(safe(answer.text)), "bold"), (sure, "dim")))
        if not answer.passages:
            to.print("  by heart; no document was read", style="dim")
        for number, passage in enumerate(answer.passages, start=1):
            words = " ".join(passage.text.split())
            cut = f"{words[:SHOWN]} …" if len(words) > SHOWN else words
            mark = f"[{number}]" if answer.supported else "looked at"
            where = f"{passage.title or passage.document}, characters {passage.start:,} to {passage.end:,}"
            to.print(safe(f"  {mark} {where}"), style="dim")
            to.print(safe(f"      {cut}"), style="dim")


def heading(dataset: Dataset) -> str:
    """How many questions and documents."""
    return f"{dataset.n_used:,} questions over {len(dataset.documents):,} documents"
