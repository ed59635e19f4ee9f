"""A model that answers questions over documents, whatever rung it is of: `answer` gives answers with their passages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from advisor.core.records import Answer, Passage
from advisor.data.likely import likely
from advisor.evidence.answering.answers import texts_of
from advisor.evidence.answering.reader import marked
from advisor.rungs.saved.inputs import as_list, check_any, name_of
from advisor.rungs.saved.predictor import usable_texts
from probes import qa_prompts
from probes.progress import Progress, silent
from probes.qa_prompts import QuestionPrompt
from probes.reading import NOT_FOUND

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone
    from probes.chat import ChatModel
    from probes.reader import SpanHead
    from probes.retrieval.index import Hit, HybridIndex

#: Questions answered between two looks at the clock.
ROUND = 8
#: Passages found for whoever asks, though the model reads fewer: the right one is far oftener among five than first.
LOOKED_AT = 5


class Method(Protocol):
    """How a rung answers."""

    def answers(self, questions: Sequence[str]) -> list[Answer]:
        """One answer per question, in order."""


class Answerer:
    """A question answering model. ``spec`` is its model.json, ``method`` how it answers."""

    kind = "qa"

    def __init__(self, spec: dict[str, Any], method: Method) -> None:
        self.spec, self.method = spec, method
        self.rung: str = spec["rung"]

    def answer(
        self, questions: Sequence[str], progress: Progress = silent, deadline: float | None = None, least: int = 0
    ) -> list[Answer]:
        """An answer to each question with the passages it rests on, or the reason why an input is no question.

        With a ``deadline`` (on the monotonic clock) those that fit before it, but at least ``least``. Raises
        DatasetError where none of the inputs can be used.
        """
        items = as_list(questions)
        answers = self.answer_each(items, progress, deadline, least)
        if len(answers) == len(items):
            check_any([answer.problem for answer in answers])
        return answers

    def answer_each(
        self, questions: Sequence[str], progress: Progress = silent, deadline: float | None = None, least: int = 0
    ) -> list[Answer]:
        """As `answer`, also where none of the inputs can be used: each has its reason then."""
        items = as_list(questions)
        asked, remarks = usable_texts(items)
        if not remarks.problems:
            return self._answered(list(asked.values()), progress, deadline, least)
        names = [name_of(item, i) for i, item in enumerate(items)]
        answers = dict(zip(asked, self._answered(list(asked.values()), progress, deadline, least), strict=False))
        answers |= {
            i: Answer(input=names[i], text="", supported=False, problem=reason)
            for i, reason in remarks.problems.items()
        }
        return [answers[i] for i in sorted(answers)]

    def _answered(self, texts: list[str], progress: Progress, deadline: float | None, least: int) -> list[Answer]:
        """The answers to questions, as many as `answer` says."""
        answers: list[Answer] = []
        began = time.monotonic()
        while len(answers) < len(texts):
            if deadline is not None and len(answers) >= least and time.monotonic() > deadline:
                break
            answers += self.method.answers(texts[len(answers) : len(answers) + ROUND])
            due = len(texts)
            if deadline is not None:  # those that there is time for, at the pace so far
                each = (time.monotonic() - began) / len(answers)
                due = min(due, max(least, len(answers) + int((deadline - time.monotonic()) / max(each, 1e-9))))
            share = min(1.0, len(answers) / max(due, 1))
            progress(f"Answering, {len(answers):,} of {len(texts):,} questions", share)
        return answers


@dataclass(frozen=True)
class ClosedBook:
    """The language model alone: no passage supports its answers."""

    model: ChatModel
    wording: QuestionPrompt
    choices: Sequence[str] = ()

    def answers(self, questions: Sequence[str]) -> list[Answer]:
        """One answer per question."""
        replies = qa_prompts.ask(self.model, questions, None, self.wording, self.choices)
        return [
            Answer(input=question, text=reply.text, supported=False, probability=reply.probability)
            for question, reply in zip(questions, replies, strict=True)
        ]


@dataclass(frozen=True)
class Search:
    """What comes before reading: k passages to be read, the best of `LOOKED_AT`, and the similarity of a support."""

    index: HybridIndex
    k: int
    threshold: float

    def passages(self, questions: Sequence[str]) -> tuple[list[list[Hit]], np.ndarray]:
        """The best passages for each question, and whether one of them is similar enough. Shape: (n,) bool."""
        from advisor.evidence.answering.retrieval import similarities

        return self.index.search(questions, max(self.k, LOOKED_AT)), similarities(
            self.index, tuple(questions)
        ) >= self.threshold


@dataclass(frozen=True)
class FromPassages:
    """The language model reads the passages found; below the threshold it is not asked at all."""

    model: ChatModel
    search: Search
    wording: QuestionPrompt
    choices: Sequence[str] = ()

    def answers(self, questions: Sequence[str]) -> list[Answer]:
        """One answer per question, with the passages that were in the prompt."""
        every, supported = self.search.passages(questions)
        hits, rest = [some[: self.search.k] for some in every], [some[self.search.k :] for some in every]
        places = np.flatnonzero(supported).tolist()
        read = texts_of([[hit.chunk for hit in hits[i]] for i in places])
        replies = qa_prompts.ask(self.model, [questions[i] for i in places], read, self.wording, self.choices)
        answers = [refusal(*each) for each in zip(questions, hits, rest, strict=True)]
        for place, reply in zip(places, replies, strict=True):
            question = questions[place]
            answers[place] = Answer(
                input=question, text=reply.text, supported=True, probability=reply.probability,
                passages=cited(hits[place], question), further=cited(rest[place], question),
            )  # fmt: skip
        return answers


@dataclass(frozen=True)
class Marking:
    """The reader marks the answer in the passages found; the passage that holds it is cited first."""

    head: SpanHead
    encoder: TextBackbone
    search: Search

    def answers(self, questions: Sequence[str]) -> list[Answer]:
        """One answer per question."""
        every, supported = self.search.passages(questions)
        hits = [some[: self.search.k] for some in every]
        marks = marked(self.head, self.encoder, questions, [[hit.chunk for hit in some] for some in hits])
        answers = []
        for question, some, fits, (mark, place) in zip(questions, hits, supported, marks, strict=True):
            if not fits or not mark.text:
                answers.append(refusal(question, some))
                continue
            ordered = [some[place], *some[:place], *some[place + 1 :]]
            sure = float(1.0 / (1.0 + np.exp(-np.clip(mark.score, -50, 50))))
            answers.append(
                Answer(
                    input=question, text=mark.text, supported=True, probability=sure, passages=cited(ordered, question)
                )
            )
        return answers


def refusal(question: str, hits: Sequence[Hit], rest: Sequence[Hit] = ()) -> Answer:
    """An answer that says nothing supports one, with the passages that were looked at."""
    passages, further = cited(hits, question), cited(rest, question)
    return Answer(input=question, text=NOT_FOUND, supported=False, passages=passages, further=further)


def cited(hits: Sequence[Hit], question: str) -> tuple[Passage, ...]:
    """Passages that were found, in their order, as they are cited."""
    return tuple(passage(hit, question) for hit in hits)


def passage(hit: Hit, question: str) -> Passage:
    """A chunk as it is cited, with the sentence that likely answers the question."""
    chunk = hit.chunk
    return Passage(
        document=chunk.document, title=chunk.title, text=chunk.text, start=chunk.start, end=chunk.end, score=hit.score,
        likely=likely(question, chunk.document, chunk.text),
    )  # fmt: skip
