"""What the measurements on questions say, in sentences: which is missing, knowledge, search or skill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.core.records import ProbeResult
from probes import failures

if TYPE_CHECKING:
    from probes.support import Threshold

#: Differences of token F1 below this are not worth a sentence about their cause.
WORTH_SAYING = 0.03
#: With fewer questions the conditions differ by chance as much as by cause.
ENOUGH = 24


def notes(probes: Sequence[ProbeResult], limit: Threshold, choices: Sequence[str]) -> tuple[str, ...]:
    """The sentences, the most important first."""
    by_name = {probe.name: probe for probe in probes}
    said = [
        missing(by_name),
        failures.sentence(by_name["retrieved"].settings["outcomes"]),
        searching(by_name["retrieval"]),
    ]
    if "reader" in by_name:
        said.append(readers(by_name))
    if choices:
        said.append(
            f"The training answers are a choice of {len(choices)}: {', '.join(choices)}; the prompt names them."
        )
    return (*(sentence for sentence in said if sentence), limit.sentence)


def missing(by_name: dict[str, ProbeResult]) -> str:
    """Knowledge, search or skill: where the largest part of the way to a right answer is lost.

    Knowledge is what the passage that answers adds to answers by heart, search is what is lost by not finding it, and
    skill is what is wrong even with it.
    """
    closed, retrieved, gold = (by_name[name].measured for name in ("closed book", "retrieved", "gold passage"))
    model = by_name["gold passage"].backbone or "The language model"
    knowledge, search, skill = gold.value - closed.value, gold.value - retrieved.value, 1.0 - gold.value
    said = (
        f"By heart {model} reaches a token F1 of {points(closed.value)}, with the passages found "
        f"{points(retrieved.value)}, with the passage that answers {points(gold.value)} (n {gold.n:,})."
    )
    if gold.n < ENOUGH:
        return f"{said} These are too few questions to say what is lacking: give a longer budget."
    if max(knowledge, search) < WORTH_SAYING and skill > 0.5:
        return f"{said} The passage hardly helps: this model lacks the skill to read, and a reader or a larger one may."
    parts = sorted((("knowledge", knowledge), ("skill", skill), ("search", search)), key=lambda part: -part[1])
    causes = {
        "knowledge": "what it lacks most is knowledge, which documents give",
        "skill": "what it lacks most is the skill to read, which training or a larger model gives",
        "search": "what is lacking most is the search, since the passage is not found",
    }
    return f"{said} So {causes[parts[0][0]]}."


def searching(retrieval: ProbeResult) -> str:
    """The three searches in a sentence."""
    numbers = {how: retrieval.settings[how] for how in ("hybrid", "words", "dense")}
    at = {how: f"{100 * found['recall@5']:.1f} %" for how, found in numbers.items()}
    return (
        f"The passage that answers is among the first five for {at['hybrid']} of {retrieval.measured.n:,} questions "
        f"({at['words']} by words alone, {at['dense']} by meaning alone), and first for "
        f"{100 * numbers['hybrid']['recall@1']:.1f} %."
    )


def readers(by_name: dict[str, ProbeResult]) -> str:
    """The reader beside the language model on the same questions and passages."""
    reader, retrieved = by_name["reader"], by_name["retrieved"]
    return (
        f"A reader head trained on {reader.settings['n_fit']:,} questions with their passages reaches "
        f"{points(reader.measured.value)} on the passages found, the language model {points(retrieved.measured.value)}."
    )


def points(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.1f} %"
