"""The extractive reader on a "qa" dataset: its training pairs, its answers from passages, and what it reaches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from advisor.core.records import ProbeResult
from advisor.data.question_set import QuestionSet, gold_chunks
from advisor.data.search_index import Encoder
from advisor.evidence.answering.answers import AnsweredQuestions, outcomes, scored
from probes.failures import counted

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone
    from probes.reader import Marked, Piece, SpanHead
    from probes.retrieval.chunks import Chunk
    from probes.retrieval.index import HybridIndex

#: Layers of the encoder whose token states the head sees; measured in benchmarks/results/2026-11-questions.md.
LAYERS = (3,)
#: Passages that the reader reads; the surest mark of all of them is the answer.
READ = 3
ROUND = 32
#: Fewer marked answers than this teach nothing.
LEAST_MARKED = 12


@dataclass(frozen=True)
class Pairs:
    """Questions read with passages; ``owner``: place of the question of each piece. Shape: all (n,)."""

    pieces: list[Piece]
    spans: list[tuple[int, int] | None]
    owner: np.ndarray

    @property
    def n_marked(self) -> int:
        """Pieces that hold the answer word for word."""
        return sum(span is not None for span in self.spans)


def reader(index: HybridIndex, questions: QuestionSet, asked: AnsweredQuestions, seconds: float) -> ProbeResult | None:
    """What the reader reaches on the questions asked, trained on questions about other documents (two folds).

    None where too few answers stand word for word in their passages.
    """
    from probes.reader import fit

    started = time.monotonic()
    encoder = Encoder().backbone
    pairs = training_pairs(index, questions, encoder, 0.6 * seconds)
    judged = asked.questions
    side = {group: number % 2 for number, group in enumerate(dict.fromkeys(questions.groups))}
    fold_of_pair = np.array([side[questions.groups[place]] for place in pairs.owner])
    fold_of_question = np.array([side[group] for group in judged.groups])
    chunks = [[hit.chunk for hit in hits] for hits in index.search(judged.texts, READ)]
    texts = [""] * len(judged)
    for fold in (0, 1):
        chosen = np.flatnonzero(fold_of_pair != fold)
        if sum(pairs.spans[i] is not None for i in chosen) < LEAST_MARKED:
            return None
        head = fit([pairs.pieces[i] for i in chosen], [pairs.spans[i] for i in chosen], LAYERS)
        places = np.flatnonzero(fold_of_question == fold)
        marks = marked(head, encoder, [judged.texts[i] for i in places], [chunks[i] for i in places])
        for place, (mark, _) in zip(places.tolist(), marks, strict=True):
            texts[place] = mark.text
    spent = time.monotonic() - started
    title = "A reader head with the passages retrieved"
    each = outcomes(AnsweredQuestions(judged, {}, chunks, asked.gold), texts)
    return scored(
        "reader", title, judged, texts, spent, encoder.entry.name, k=READ, layers=list(LAYERS),
        n_fit=pairs.n_marked // 2, outcomes=counted(each),
        share_marked=pairs.n_marked / max(1, len(set(pairs.owner.tolist()))),
    )  # fmt: skip


def training_pairs(
    index: HybridIndex, questions: QuestionSet, encoder: TextBackbone, seconds: float,
    tell: Callable[[float], None] = lambda share: None,
) -> Pairs:  # fmt: skip
    """Questions with the passage that answers and with the most similar other, as many as there is time for.

    The other passage teaches the head to say that there is nothing; where it holds the answer too, it is marked there.
    """
    from probes.reader import read, span_of

    until = time.monotonic() + seconds
    gold = gold_chunks(index, questions)
    pieces: list[Piece] = []
    spans: list[tuple[int, int] | None] = []
    owner: list[int] = []
    done = 0
    while done < len(questions) and (done == 0 or time.monotonic() < until):
        places = range(done, min(done + ROUND, len(questions)))
        hits = [[hit.chunk for hit in row] for row in index.search([questions.texts[i] for i in places], 2)]
        rows, chunks = _paired(places, gold, hits)
        batch = read(encoder, [questions.texts[i] for i in rows], [chunk.text for chunk in chunks], LAYERS)
        for row, chunk, piece in zip(rows, chunks, batch, strict=True):
            # an answer's words in the text of another document are chance, often "two" or "no"
            own = not questions.documents[row] or chunk.document == questions.documents[row]
            spans.append(span_of(piece, questions.answers[row]) if own else None)
        pieces += batch
        owner += rows
        done += len(places)
        tell(done / len(questions))
    return Pairs(pieces, spans, np.array(owner, dtype=np.int64))


def _paired(
    places: Sequence[int], gold: Sequence[Chunk | None], hits: Sequence[Sequence[Chunk]]
) -> tuple[list[int], list[Chunk]]:
    """(question, passage) pairs: the passage that answers, and the most similar of the others."""
    pairs = []
    for place, retrieved in zip(places, hits, strict=True):
        own = gold[place]
        others = [chunk for chunk in retrieved if chunk != own][:1]
        pairs += [(place, chunk) for chunk in ([own] if own is not None else []) + others]
    return [place for place, _ in pairs], [chunk for _, chunk in pairs]


def marked(
    head: SpanHead, encoder: TextBackbone, questions: Sequence[str], passages: Sequence[Sequence[Chunk]]
) -> list[tuple[Marked, int]]:
    """The surest mark among each question's passages, and the number of the passage it stands in."""
    from probes.reader import Marked, read

    flat = [(row, chunk) for row, chunks in enumerate(passages) for chunk in chunks]
    pieces = read(encoder, [questions[row] for row, _ in flat], [chunk.text for _, chunk in flat], head.layers)
    best: list[tuple[Marked, int]] = [(Marked("", 0, 0, -np.inf), 0)] * len(questions)
    seen = [0] * len(questions)
    for (row, _), piece in zip(flat, pieces, strict=True):
        mark = head.mark(piece)
        if mark.score > best[row][0].score:
            best[row] = (mark, seen[row])
        seen[row] += 1
    return best
