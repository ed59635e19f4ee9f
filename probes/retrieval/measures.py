"""How well a search finds what answers a question: recall at k and mean reciprocal rank.

A hit is a chunk of the gold document that contains an answer; where none does (the answer is yes or no, or in the
annotator's own words), any chunk of the gold document. Without a gold document, any chunk that contains an answer is a
hit. Questions that the documents do not answer are not measured. Chunks with the same text count alike, since no search
can tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.reading import normalised
from probes.retrieval.chunks import Chunk

#: Answers that occur in nearly every text without answering anything.
VERDICTS = frozenset({"yes", "no", "maybe", "true", "false", "not"})


@dataclass(frozen=True)
class Truth:
    """What answers a question: accepted answers (none: the documents do not answer it) and the document's id or ""."""

    answers: tuple[str, ...]
    document: str = ""


def ranks(results: Sequence[Sequence[Chunk]], truths: Sequence[Truth], chunks: Sequence[Chunk]) -> np.ndarray:
    """Rank of the first hit of each question: 1 = best, inf without a hit, NaN where no chunk could be one.

    results: the chunks of a search, best first, one list per question; chunks: all that were searched.
    Shape: (questions,) float64.
    """
    targets = wanted(truths, chunks)
    first = np.full(len(truths), np.nan)
    for row, (hits, target) in enumerate(zip(results, targets, strict=True)):
        if target:
            places = (rank for rank, chunk in enumerate(hits, start=1) if chunk.text in target)
            first[row] = next(places, np.inf)
    return first


def wanted(truths: Sequence[Truth], chunks: Sequence[Chunk]) -> list[set[str]]:
    """The texts of the chunks that count as hits of each question; empty where no chunk can be one."""
    by_document: dict[str, list[tuple[str, str]]] = {}
    plain = [(chunk.text, f" {normalised(chunk.text)} ") for chunk in chunks]
    for chunk, pair in zip(chunks, plain, strict=True):
        by_document.setdefault(chunk.document, []).append(pair)
    targets: list[set[str]] = []
    for truth in truths:
        if not truth.answers:
            targets.append(set())
            continue
        near = by_document.get(truth.document, []) if truth.document else plain
        phrases = [f" {phrase} " for a in truth.answers if (phrase := normalised(a)) and phrase not in VERDICTS]
        literal = {text for text, words in near if any(phrase in words for phrase in phrases)}
        targets.append(literal or ({text for text, _ in near} if truth.document else set()))
    return targets


def recall_at_k(first_ranks: np.ndarray, k: int) -> float:
    """Share of the questions with a hit among the k best; NaN ranks are left out. Shape: (q,)."""
    known = first_ranks[~np.isnan(first_ranks)]
    return float((known <= k).mean()) if len(known) else float("nan")


def mean_reciprocal_rank(first_ranks: np.ndarray) -> float:
    """Mean of 1 / rank of the first hit, 0 without a hit; NaN ranks are left out. Shape: (q,)."""
    known = first_ranks[~np.isnan(first_ranks)]
    return float((1 / known).mean()) if len(known) else float("nan")
