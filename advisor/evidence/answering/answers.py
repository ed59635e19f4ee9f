"""The same questions closed-book, with the passages retrieved, and with the passage that answers: knowledge, search or
skill?

All three are asked of the same training questions in rounds, until the time is up; a prompt that was asked before (the
passage ranked first is often the one that answers) costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import ProbeResult
from advisor.data.question_set import QuestionSet, gold_chunks, holds
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
#: Passages in the prompt; `benchmarks/results/2026-11-questions.md` has the measurement.
K = 1
#: The conditions, in the order of the ladder.
TITLES = {
    "closed book": "The language model, closed-book",
    "retrieved": "The language model with the passages retrieved",
    "gold passage": "The language model with the passage that answers",
}


@dataclass
class Replies:
    """The answers under one condition so far, question by question, and the seconds they took."""

    answers: list[ModelAnswer] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def texts(self) -> list[str]:
        """What the model wrote."""
        return [answer.text for answer in self.answers]


@dataclass(frozen=True)
class AnsweredQuestions:
    """The questions asked, the replies by condition, and each question's passages: retrieved, and the answering one."""

    questions: QuestionSet
    replies: dict[str, Replies]
    retrieved: list[list[Chunk]]
    gold: list[Chunk | None]


def ask_in_rounds(
    model: ChatModel, index: HybridIndex, questions: QuestionSet, k: int, choices: Sequence[str], seconds: float,
    progress: Progress,
) -> AnsweredQuestions:  # fmt: skip
    """Ask round after round until `seconds` are over; at least one round."""
    started = time.monotonic()
    replies = {name: Replies() for name in TITLES}
    questions = questions.only(questions.answered)
    gold = gold_chunks(index, questions)
    retrieved: list[list[Chunk]] = []
    done = 0
    while done < len(questions) and (done == 0 or _worth_a_round(started, done, seconds)):
        texts = questions.texts[done : done + ROUND]
        hits = [[hit.chunk for hit in row] for row in index.search(texts, k)]
        own = gold[done : done + len(texts)]
        retrieved += hits
        for name, passages in _conditions(hits, own).items():
            began = time.monotonic()
            prompt = qa_prompts.usual_prompt(passages is not None, choices)
            replies[name].answers += qa_prompts.ask(model, texts, passages, prompt, choices)
            replies[name].seconds += time.monotonic() - began
        done += len(texts)
        progress(
            f"Asking the language model, {done} questions so far", min(1.0, (time.monotonic() - started) / seconds)
        )
    return AnsweredQuestions(questions.only(np.arange(done)), replies, retrieved, gold[:done])


def _worth_a_round(started: float, done: int, seconds: float) -> bool:
    """Whether the next round, as long as those before it, ends within the time."""
    spent = time.monotonic() - started
    return done < MOST and spent + 0.5 * spent / (done / ROUND) < seconds


def _conditions(hits: list[list[Chunk]], own: list[Chunk | None]) -> dict[str, list[list[str]] | None]:
    """Passages per question under each condition; a question without a known passage keeps those retrieved."""
    gold = [[chunk] if chunk is not None else retrieved for chunk, retrieved in zip(own, hits, strict=True)]
    return {"closed book": None, "retrieved": texts_of(hits), "gold passage": texts_of(gold)}


def texts_of(chunks: Sequence[Sequence[Chunk]]) -> list[list[str]]:
    """What the model reads of each passage: its text alone.

    With the title before it SmolLM2 copied the title: 11 of 40 wrong answers on realtimeqa_2026 were the title, a date.
    """
    return [[chunk.text for chunk in of_question] for of_question in chunks]


def results(model: ChatModel, asked: AnsweredQuestions, k: int, choices: Sequence[str]) -> list[ProbeResult]:
    """One result per condition, in the order of the ladder."""
    probes = []
    for name, replies in asked.replies.items():
        more: dict[str, Any] = {"k": k} if name == "retrieved" else {}
        if name == "retrieved":
            each = outcomes(asked, replies.texts)
            more["outcomes"] = failures.counted(each)
            more["examples"] = examples(asked, replies.texts, each)
        more["prompt"] = asdict(qa_prompts.usual_prompt(name != "closed book", choices))
        probes.append(
            scored(name, TITLES[name], asked.questions, replies.texts, replies.seconds, model.name,
                   choices=list(choices), **more)
        )  # fmt: skip
    return probes


def outcomes(asked: AnsweredQuestions, texts: Sequence[str]) -> list[failures.Outcome]:
    """Which failed, retrieval or reading, for answers from the passages retrieved."""
    questions = asked.questions
    return [
        failures.outcome(text, truths, found_in(chunks, gold, truths), True)
        for text, truths, chunks, gold in zip(texts, questions.answers, asked.retrieved, asked.gold, strict=True)
    ]


def examples(asked: AnsweredQuestions, texts: Sequence[str], each: Sequence[failures.Outcome]) -> list[dict[str, Any]]:
    """The first questions with the passage ranked first, the answer and its outcome, for people to read."""
    rows = []
    for place, (question, truths) in enumerate(zip(asked.questions.texts, asked.questions.answers, strict=True)):
        first = asked.retrieved[place][0] if asked.retrieved[place] else None
        rows.append(
            {
                "question": question,
                "answers": list(truths),
                "said": texts[place],
                "outcome": each[place],
                "title": first.title if first else "",
                "passage": first.text if first else "",
            }
        )
    return rows[:SHOWN]


def found_in(chunks: Sequence[Chunk], gold: Chunk | None, truths: tuple[str, ...]) -> bool:
    """Whether the passages hold the answer: the very passage, or the answer's words in another of its document."""
    if gold is None:
        return any(holds(chunk, truths) for chunk in chunks)
    own = [chunk for chunk in chunks if chunk.document == gold.document]
    return gold in own or any(holds(chunk, truths) for chunk in own)


def scored(
    name: str, title: str, questions: QuestionSet, texts: Sequence[str], seconds: float, backbone: str | None,
    **settings: Any,
) -> ProbeResult:  # fmt: skip
    """Token F1 with its interval over documents, exact match beside it."""
    pairs = list(zip(texts, questions.answers, strict=True))
    values = [token_f1(text, truths) for text, truths in pairs]
    exact = [exact_match(text, truths) for text, truths in pairs]
    return ProbeResult(
        name=name,
        title=title,
        backbone=backbone,
        measured=measured_mean(values, seconds, questions.groups),
        settings={
            "exact_match": sum(exact) / max(len(exact), 1),
            "values": [round(value, 4) for value in values],
            "groups": list(questions.groups),
            "seconds_per_question": seconds / max(len(values), 1),
            **settings,
        },
    )
