"""The same questions by heart, with the passages found, and with the passage that answers: knowledge, search or skill?

All three are asked of the same training questions in rounds, until the time is up; a prompt that was asked before (the
passage found first is often the one that answers) costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import ProbeResult
from advisor.data.question_set import Questions, gold_chunks, holds
from probes import failures, qa_prompts
from probes.bootstrap import measured_mean
from probes.progress import Progress
from probes.qa_prompts import ModelAnswer
from probes.reading import exact_match, token_f1

if TYPE_CHECKING:
    from probes.chat import ChatModel
    from probes.retrieval.chunks import Chunk
    from probes.retrieval.index import HybridIndex

ROUND = 8
#: Questions kept with their passages, to be looked at.
SHOWN = 16
MOST = 160
#: Passages put before the language model; `benchmarks/results/2026-11-questions.md` has the measurement.
K = 1
TITLES = {
    "closed book": "The language model by heart",
    "retrieved": "The language model with the passages found",
    "gold passage": "The language model with the passage that answers",
}


@dataclass
class Asked:
    """The answers of one condition so far, question by question, and the seconds they took."""

    said: list[ModelAnswer] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Answers:
    """What the rounds gave: the questions that were asked, answers per condition, and the passages found for each."""

    questions: Questions
    asked: dict[str, Asked]
    found: list[list[Chunk]]
    gold: list[Chunk | None]


def answers(
    model: ChatModel, index: HybridIndex, questions: Questions, k: int, choices: Sequence[str], seconds: float,
    progress: Progress,
) -> Answers:  # fmt: skip
    """Ask round after round until `seconds` are over; at least one round."""
    started = time.monotonic()
    asked = {name: Asked() for name in TITLES}
    questions = questions.only(questions.answered)
    gold = gold_chunks(index, questions)
    found: list[list[Chunk]] = []
    done = 0
    while done < len(questions) and (done == 0 or _worth_a_round(started, done, seconds)):
        texts = questions.texts[done : done + ROUND]
        hits = [[hit.chunk for hit in row] for row in index.search(texts, k)]
        own = gold[done : done + len(texts)]
        found += hits
        for name, passages in _conditions(hits, own).items():
            began = time.monotonic()
            put = qa_prompts.usual_prompt(passages is not None, choices)
            asked[name].said += qa_prompts.ask(model, texts, passages, put, choices)
            asked[name].seconds += time.monotonic() - began
        done += len(texts)
        progress(
            f"Asking the language model, {done} questions so far", min(1.0, (time.monotonic() - started) / seconds)
        )
    return Answers(questions.only(np.arange(done)), asked, found, gold[:done])


def _worth_a_round(started: float, done: int, seconds: float) -> bool:
    """Whether the next round, as long as those before it, ends within the time."""
    spent = time.monotonic() - started
    return done < MOST and spent + 0.5 * spent / (done / ROUND) < seconds


def _conditions(hits: list[list[Chunk]], own: list[Chunk | None]) -> dict[str, list[list[str]] | None]:
    """Passages per question of each condition; a question without a known passage keeps those found."""
    gold = [[chunk] if chunk is not None else some for chunk, some in zip(own, hits, strict=True)]
    return {"closed book": None, "retrieved": texts_of(hits), "gold passage": texts_of(gold)}


def texts_of(chunks: Sequence[Sequence[Chunk]]) -> list[list[str]]:
    """What the model reads of each passage: its text alone.

    With the title before it SmolLM2 copied the title: 11 of 40 wrong answers on realtimeqa_2026 were the title, a date.
    """
    return [[chunk.text for chunk in some] for some in chunks]


def results(model: ChatModel, given: Answers, k: int, choices: Sequence[str]) -> list[ProbeResult]:
    """One result per condition, in the order of the ladder."""
    made = []
    for name, one in given.asked.items():
        more: dict[str, Any] = {"k": k} if name == "retrieved" else {}
        if name == "retrieved":
            became = outcomes(given, [said.text for said in one.said])
            more["outcomes"] = failures.counted(became)
            more["examples"] = examples(given, one.said, became)
        put = qa_prompts.usual_prompt(name != "closed book", choices)
        more["prompt"] = asdict(put)
        answers_given = [said.text for said in one.said]
        made.append(
            scored(name, TITLES[name], given.questions, answers_given, one.seconds, model.name, choices=list(choices),
                   **more)
        )  # fmt: skip
    return made


def outcomes(given: Answers, texts: Sequence[str]) -> list[failures.Outcome]:
    """Which failed, retrieval or reading, for answers from the passages found."""
    questions = given.questions
    return [
        failures.outcome(text, truths, found_in(chunks, gold, truths), True)
        for text, truths, chunks, gold in zip(texts, questions.answers, given.found, given.gold, strict=True)
    ]


def examples(given: Answers, said: Sequence[ModelAnswer], became: Sequence[failures.Outcome]) -> list[dict[str, Any]]:
    """The first questions with the passage found first, the answer given, and what became of it; for people."""
    rows = []
    for place, (question, truths) in enumerate(zip(given.questions.texts, given.questions.answers, strict=True)):
        first = given.found[place][0] if given.found[place] else None
        rows.append(
            {
                "question": question,
                "answers": list(truths),
                "said": said[place].text,
                "outcome": became[place],
                "title": first.title if first else "",
                "passage": first.text if first else "",
            }
        )
    return rows[:SHOWN]


def found_in(chunks: Sequence[Chunk], gold: Chunk | None, truths: tuple[str, ...]) -> bool:
    """Whether the passages hold the answer: the very passage, or the answer's words in one of its document."""
    if gold is None:
        return any(holds(chunk, truths) for chunk in chunks)
    own = [chunk for chunk in chunks if chunk.document == gold.document]
    return gold in own or any(holds(chunk, truths) for chunk in own)


def scored(
    name: str, title: str, asked: Questions, texts: Sequence[str], seconds: float, backbone: str | None,
    **settings: Any,
) -> ProbeResult:  # fmt: skip
    """Token F1 with its interval over documents, exact match beside it."""
    pairs = list(zip(texts, asked.answers, strict=True))
    values = [token_f1(text, truths) for text, truths in pairs]
    exact = [exact_match(text, truths) for text, truths in pairs]
    return ProbeResult(
        name=name,
        title=title,
        backbone=backbone,
        measured=measured_mean(values, seconds, asked.groups),
        settings={
            "exact_match": sum(exact) / max(len(exact), 1),
            "values": [round(value, 4) for value in values],
            "groups": list(asked.groups),
            "seconds_per_question": seconds / max(len(values), 1),
            **settings,
        },
    )
