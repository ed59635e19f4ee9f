"""A hybrid index: chunks found by words (BM25), by meaning (sentence embeddings), or by both.

Search by meaning is brute force over unit vectors: 15 ms for 100,000 chunks of 384 numbers, so no approximate index is
needed. Only the chunks of new and changed documents are embedded again (`updated`); counting the words is quick and is
always done from scratch.

Both scores are added as they are. Chosen on half of the questions of two sets and checked on the other halves and on a
third set, the sum beat reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009, k = 60) by 2 to 5 points of
recall@5 where search by words is weak. Ranks, and scores divided by each question's best, hide how good the best match
is: a question in other words than the text's has a best match by words too, and it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from probes.retrieval.bm25 import WordIndex
from probes.retrieval.chunks import OVERLAP, SIZE, Chunk, Document, split

How = Literal["hybrid", "words", "dense"]
#: Texts to unit vectors. Shape: (n,) to (n, dim) float32.
Embed = Callable[[Sequence[str]], np.ndarray]
#: Scores held at once; more questions are searched in blocks.
BLOCK_SCORES = 8_000_000
#: Weight of the covered words beside the cosine.
WORDS_WEIGHT = 0.8


@dataclass(frozen=True)
class Hit:
    """A chunk found by a search; ``score``: share of words covered (0 to 1), cosine, or their weighted sum."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, eq=False)
class HybridIndex:
    """Chunks of documents with their word counts and unit vectors.

    Shape: vectors (n_chunks, dim) float32. ``digests``: document to the digest of its content, documents without a
    chunk included. ``encoder`` names the model behind the vectors; an index of another encoder cannot be updated.
    ``weight``: that of the words beside the meaning (`probes.retrieval.tuning`).
    """

    chunks: list[Chunk]
    vectors: np.ndarray
    words: WordIndex
    digests: dict[str, str]
    embed: Embed
    encoder: str
    size: int = SIZE
    overlap: int = OVERLAP
    weight: float = WORDS_WEIGHT

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        embed: Embed,
        encoder: str = "",
        tokenizer: Any = None,
        size: int = SIZE,
        overlap: int = OVERLAP,
    ) -> HybridIndex:
        """Split, count and embed the documents. Their names must differ."""
        empty = np.zeros((0, 0), dtype=np.float32)
        index = cls([], empty, WordIndex.build([]), {}, embed, encoder, size, overlap)
        return index.updated(documents, tokenizer)

    def updated(self, documents: Sequence[Document], tokenizer: Any = None) -> HybridIndex:
        """The index of these documents; unchanged ones keep their chunks and vectors."""
        digests = {document.name: document.digest for document in documents}
        changed = [d for d in documents if self.digests.get(d.name) != digests[d.name]]
        fresh = split(changed, tokenizer, self.size, self.overlap)
        vectors = self.embed([chunk.searched for chunk in fresh]) if fresh else self.vectors[:0]
        rows_of: dict[str, list[tuple[Chunk, np.ndarray]]] = {}
        changed_names = {document.name for document in changed}
        for chunk, row in zip(self.chunks, self.vectors, strict=True):
            if chunk.document not in changed_names:
                rows_of.setdefault(chunk.document, []).append((chunk, row))
        for chunk, row in zip(fresh, vectors, strict=True):
            rows_of.setdefault(chunk.document, []).append((chunk, row))
        pairs = [pair for document in documents for pair in rows_of.get(document.name, [])]
        chunks = [chunk for chunk, _ in pairs]
        array = np.stack([row for _, row in pairs]).astype(np.float32) if pairs else self.vectors[:0]
        words = WordIndex.build([chunk.searched for chunk in chunks])
        return replace(self, chunks=chunks, vectors=array, words=words, digests=digests)

    @cached_property
    def by_document(self) -> dict[str, list[Chunk]]:
        """The chunks of each document, in order."""
        by_document: dict[str, list[Chunk]] = {}
        for chunk in self.chunks:
            by_document.setdefault(chunk.document, []).append(chunk)
        return by_document

    def search(self, questions: Sequence[str], k: int, how: How = "hybrid") -> list[list[Hit]]:
        """The k best chunks of each question, best first; fewer where there are fewer chunks."""
        hits: list[list[Hit]] = []
        step = max(1, BLOCK_SCORES // max(1, len(self.chunks)))
        for start in range(0, len(questions) if self.chunks else 0, step):
            hits += [self._hits(row, k) for row in self.scores(questions[start : start + step], how)]
        return hits or [[] for _ in questions]

    def scores(self, questions: Sequence[str], how: How = "hybrid") -> np.ndarray:
        """The score of every chunk for every question, comparable between questions. Shape: (questions, n_chunks)."""
        if how == "words":
            return self.words.scores(questions)
        dense: np.ndarray = self.embed(questions) @ np.asarray(self.vectors).T
        return dense if how == "dense" else fused(self.words.scores(questions), dense, self.weight)

    def _hits(self, scores: np.ndarray, k: int) -> list[Hit]:
        k = min(k, len(scores))
        best = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
        ordered = best[np.lexsort((best, -scores[best]))]
        return [Hit(self.chunks[number], float(scores[number])) for number in ordered.tolist()]


def fused(words: np.ndarray, dense: np.ndarray, weight: float = WORDS_WEIGHT) -> np.ndarray:
    """Cosine + weight x share of the question's words covered. Shape: (q, n) twice to (q, n)."""
    total: np.ndarray = dense + weight * words
    return total
