"""Questions over documents on a terminal: measured answers and search, the answers of a run, and new answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from advisor.cli.tables import safe, table
from advisor.core.records import Answer, Dataset, Evidence, RunReport
from advisor.core.wording import between, chance, counted, duration, percent, short
from probes.progress import Progress

if TYPE_CHECKING:
    from advisor.rungs.saved.answering import Answerer

SEARCHES = {"hybrid": "by words and meaning", "words": "by words (BM25)", "dense": "by meaning (embeddings)"}
#: The result of the evidence that is about the search alone.
SEARCH = "retrieval"
#: Characters of a cited passage on the screen.
SHOWN = 200
#: Wrong answers of a report on the screen.
SHOWN_MISTAKES = 5


def scope(dataset: Dataset) -> str:
    """How many documents the questions are over."""
    return f"over {counted(len(dataset.documents), 'document')}"


def evidence(to: Console, dataset: Dataset, evidence: Evidence) -> None:
    """Answers closed-book, from passages and by the reader; then the search alone."""
    rows = table("probe", f">{evidence.metric}", "90 % interval", ">exact", ">n", ">took")
    for result in evidence.results:
        number = result.measured
        if result.name != SEARCH:
            rows.add_row(
                safe(result.title), percent(number.value), between(number.low, number.high),
                percent(result.settings["exact_match"]), f"{number.n:,}", duration(number.seconds),
            )  # fmt: skip
    to.print(rows)
    search = evidence.result(SEARCH)
    if search is not None:
        rows = table("search", ">first", ">among five", ">mean reciprocal rank")
        for name, words in SEARCHES.items():
            row = search.settings[name]
            rows.add_row(words, percent(row["recall@1"]), percent(row["recall@5"]), f"{row['mrr']:.3f}")
        to.print(rows)
    to.print(safe(evidence.device_reason), style="dim")


def report(to: Console, report: RunReport) -> None:
    """Exact answers, answers among the passages, and the worst answers."""
    rows = table("", ">share", "90 % interval", ">n")
    for title, number in (("exact answers", report.exact_match), ("answer among five passages", report.recall_at_5)):
        if number is not None:
            rows.add_row(title, percent(number.value), between(number.low, number.high), f"{number.n:,}")
    to.print(rows)
    if report.mistakes:
        rows = table("question", "answer given", "right answer", "what failed")
        for mistake in report.mistakes[:SHOWN_MISTAKES]:
            rows.add_row(safe(mistake.question), safe(mistake.predicted), safe(mistake.label), safe(mistake.outcome))
        to.print(rows)


def applied(model: Answerer, inputs: Sequence[Any], progress: Progress) -> tuple[Any, Callable[[Console], None]]:
    """The answers to new questions: the document for --json, and how to print it."""
    answered = model.answer(inputs, progress)
    return answers_json(answered), lambda to: answers(to, answered)


def answers_json(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """`advisor predict --json` and `advisor ask --json`."""
    return [
        answer.model_dump(mode="json", exclude={"schema_version"} | (set() if answer.problem else {"problem"}))
        | ({"text": answer.usable, "supported": False, "note": answer.note} if answer.looped else {})
        for answer in answers
    ]


def answers(to: Console, answers: Sequence[Answer]) -> None:
    """Each answer with the passages it rests on, or those that were searched."""
    for answer in answers:
        if len(answers) > 1:
            to.print(safe(answer.input), style="dim")
        if answer.problem:
            to.print(safe(answer.problem), style="yellow")
            continue
        probability = f"  (probability {chance(answer.probability)})" if answer.probability is not None else ""
        if answer.looped:
            to.print(answer.note, style="yellow")
        else:
            to.print(Text.assemble((str(safe(answer.text)), "bold"), (probability, "dim")))
        if not answer.passages:
            to.print("  closed-book: no document was read", style="dim")
        for number, passage in enumerate(answer.passages, start=1):
            mark = f"[{number}]" if answer.supported else "searched"
            where = f"{passage.title or passage.document}, characters {passage.start:,} to {passage.end:,}"
            to.print(safe(f"  {mark} {where}"), style="dim")
            to.print(safe(f"      {short(passage.text, SHOWN)}"), style="dim")
