"""A "qa" dataset's questions as the measures see them, and the passage that holds each answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import Dataset
from probes.reading import normalised

if TYPE_CHECKING:
    from probes.retrieval.chunks import Chunk
    from probes.retrieval.index import HybridIndex


@dataclass(frozen=True)
class QuestionSet:
    """Some rows of a dataset. ``answers``: accepted answers, none where the documents do not answer.

    ``documents``: id of the document that answers, "" where unknown. ``groups``: what is right or wrong together.
    Shape: rows (n,) int64, all else n long.
    """

    rows: np.ndarray
    texts: tuple[str, ...]
    answers: tuple[tuple[str, ...], ...]
    documents: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, chosen: np.ndarray) -> QuestionSet:
        """The questions at the given places or under a mask. Shape: chosen (m,) int64 or (n,) bool."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        return QuestionSet(
            self.rows[places],
            tuple(self.texts[i] for i in places),
            tuple(self.answers[i] for i in places),
            tuple(self.documents[i] for i in places),
            tuple(self.groups[i] for i in places),
        )

    @property
    def answered(self) -> np.ndarray:
        """Whether the documents answer each question. Shape: (n,) bool."""
        return np.array([bool(truths) for truths in self.answers], dtype=bool)


def questions_of(dataset: Dataset, rows: np.ndarray) -> QuestionSet:
    """The questions of some rows, in their order."""
    table = dataset.items.iloc[rows]
    documents = tuple(str(name or "") for name in table["document"])
    groups = table["group"] if "group" in table else [None] * len(table)
    related = [str(group) if isinstance(group, str) and group else "" for group in groups]
    keys = table["key"].astype(str)
    return QuestionSet(
        rows=np.asarray(rows, dtype=np.int64),
        texts=tuple(str(text) for text in table["text"]),
        answers=tuple(tuple(json.loads(answers)) for answers in table["answers"]),
        documents=documents,
        groups=tuple(one or name or key for one, name, key in zip(related, documents, keys, strict=True)),
    )


def spread_rows(dataset: Dataset, rows: np.ndarray, seed: int = 0) -> np.ndarray:
    """The rows in an order whose beginnings take one question of each group before a second of any.

    Questions of one document are answered alike, so that twenty documents say more than twenty questions of one.
    """
    rng = np.random.default_rng([seed, 11])
    shuffled = rows[rng.permutation(len(rows))]
    seen: dict[str, int] = {}
    turn = np.zeros(len(shuffled))
    for place, group in enumerate(questions_of(dataset, shuffled).groups):
        turn[place] = seen.get(group, 0)
        seen[group] = seen.get(group, 0) + 1
    ordered: np.ndarray = shuffled[np.argsort(turn, kind="stable")]
    return ordered


def holds(chunk: Chunk, truths: tuple[str, ...]) -> bool:
    """Whether a chunk contains one of the answers, word by word."""
    words = f" {normalised(chunk.text)} "
    return any(f" {normalised(truth)} " in words for truth in truths if normalised(truth))


def gold_chunks(index: HybridIndex, questions: QuestionSet) -> list[Chunk | None]:
    """The passage of its own document that answers each question; None where no document is named.

    That is the chunk that contains an answer and, of several (or of all where none does), the likest to the question.
    """
    places = {id(chunk): number for number, chunk in enumerate(index.chunks)}
    chunks: list[Chunk | None] = []
    for text, truths, document in zip(questions.texts, questions.answers, questions.documents, strict=True):
        own = index.by_document.get(document, []) if document else []
        if len(own) > 1:
            scores = index.scores([text])[0]
            own = sorted(own, key=lambda chunk: (not holds(chunk, truths), -scores[places[id(chunk)]]))
        chunks.append(own[0] if own else None)
    return chunks
