"""The measurements on questions in sentences: which is missing, knowledge, search or skill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.core.records import ProbeResult
from advisor.core.wording import counted, percent
from probes import failures

if TYPE_CHECKING:
    from probes.support import Threshold

#: Differences of token F1 below this are not worth a sentence about their cause.
WORTH_SAYING = 0.03
#: With fewer questions the conditions differ by chance as much as by cause.
ENOUGH = 24
CAUSES = {
    "knowledge": "The model mostly lacks knowledge, which documents give.",
    "skill": "The model mostly lacks skill in reading, which training or a larger model gives.",
    "search": "The search loses most: it does not find the passage.",
}


#: What is said of the search where no passage is known to answer a question.
UNKNOWN = (
    "Whether the right passage is found is not known, since no answer stands in the documents word for word. A column "
    "that names each question's document would tell."
)


def notes(probes: Sequence[ProbeResult], limit: Threshold, choices: Sequence[str]) -> tuple[str, ...]:
    """The sentences, the most important first."""
    by_name = {probe.name: probe for probe in probes}
    sentences = [
        missing(by_name),
        failures.sentence(by_name["retrieved"].settings["outcomes"]),
        searching(by_name["retrieval"]) if "retrieval" in by_name else UNKNOWN,
    ]
    if "reader" in by_name:
        sentences.append(readers(by_name))
    if choices:
        sentences.append(
            f"The training answers are a choice of {len(choices)}, which the prompt names: {', '.join(choices)}."
        )
    return (*filter(None, sentences), limit.sentence)


def missing(by_name: dict[str, ProbeResult]) -> str:
    """Knowledge, search or skill: where the largest part of the way to a right answer is lost.

    Knowledge is what the passage that answers adds to closed-book answers, search is what is lost by not finding it,
    and skill is what is wrong even with it.
    """
    closed, retrieved, gold = (by_name[name].measured for name in ("closed book", "retrieved", "gold passage"))
    model = by_name["gold passage"].backbone or "The language model"
    knowledge, search, skill = gold.value - closed.value, gold.value - retrieved.value, 1.0 - gold.value
    numbers = (
        f"{model} reaches a token F1 of {percent(closed.value)} closed-book, {percent(retrieved.value)} with the "
        f"passages retrieved and {percent(gold.value)} with the passage that answers "
        f"({counted(gold.n, 'question')})."
    )
    if gold.n < ENOUGH:
        return f"{numbers} These are too few questions to say what is missing. Give a longer budget."
    if max(knowledge, search) < WORTH_SAYING and skill > 0.5:
        return f"{numbers} Passages hardly help, so the model lacks skill in reading: try a reader or a larger model."
    parts = sorted((("knowledge", knowledge), ("skill", skill), ("search", search)), key=lambda part: -part[1])
    return f"{numbers} {CAUSES[parts[0][0]]}"


def searching(retrieval: ProbeResult) -> str:
    """The three searches in a sentence."""
    hybrid, words, dense = (retrieval.settings[how] for how in ("hybrid", "words", "dense"))
    return (
        f"The passage that answers is among the first five for {percent(hybrid['recall@5'])} of "
        f"{counted(retrieval.measured.n, 'question')} ({percent(words['recall@5'])} by words alone, "
        f"{percent(dense['recall@5'])} by meaning alone) and ranks first for {percent(hybrid['recall@1'])}."
    )


def readers(by_name: dict[str, ProbeResult]) -> str:
    """The reader beside the language model on the same questions and passages."""
    reader, retrieved = by_name["reader"], by_name["retrieved"]
    return (
        f"With the passages retrieved, a reader head trained on {counted(reader.settings['n_fit'], 'question')} "
        f"reaches {percent(reader.measured.value)}, the language model {percent(retrieved.measured.value)}."
    )
