"""An extractive reader: a frozen encoder reads a question with a passage, a linear head marks the answer in it.

As BERT's answer head (Devlin et al., "BERT", NAACL 2019): a start and an end score for every token of the passage; the
best span has the highest sum of both, with its start before its end and at most `MOST_TOKENS` tokens. The encoder stays
as it is, so that a head is trained in seconds on states read once. Since nobody has taught the frozen states to compare
question and passage, the head also sees a few word counts, as DrQA did (Chen et al., "Reading Wikipedia to Answer
Open-Domain Questions", ACL 2017): is the token in the question, and how many question words stand near it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

MOST_TOKENS = 30
#: Tokens of question and passage together.
PAIR_TOKENS = 384
BATCH_PAIRS = 16
#: Words near a token, at these distances in tokens.
WINDOWS = (5, 15, 40)
#: What the question asks for, crossed with what the token looks like: "when" wants digits, "who" wants capitals.
ASKS = ("who", "when", "how many", "how much", "where", "what", "which", "why", "year")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Piece:
    """A question read with one passage. Shape: states (t, d) float32, spans (t, 2) characters of `text`."""

    text: str
    states: np.ndarray
    spans: np.ndarray


@dataclass(frozen=True)
class Marked:
    """A marked answer: characters ``start`` to ``end`` of the passage and the sum of both scores over "no answer"."""

    text: str
    start: int
    end: int
    score: float


def read(
    encoder: TextBackbone, questions: Sequence[str], passages: Sequence[str], layers: Sequence[int]
) -> list[Piece]:
    """Each question with its passage as token states of the given layers (from the input, 0), word counts beside them.

    Shape: questions, passages (n,). A passage too long for `PAIR_TOKENS` loses its end.
    """
    order = sorted(range(len(questions)), key=lambda row: len(passages[row]))
    pieces: dict[int, Piece] = {}
    for start in range(0, len(order), BATCH_PAIRS):
        rows = order[start : start + BATCH_PAIRS]
        pieces |= zip(
            rows, _batch(encoder, [questions[r] for r in rows], [passages[r] for r in rows], layers), strict=True
        )
    return [pieces[row] for row in range(len(questions))]


@torch.inference_mode()
def _batch(encoder: TextBackbone, questions: list[str], passages: list[str], layers: Sequence[int]) -> list[Piece]:
    module: Any = encoder.module
    tokens = encoder.tokenizer(
        [question[:1000] for question in questions], passages, truncation="only_second",
        max_length=min(PAIR_TOKENS, int(module.encoder.config.max_position_embeddings)), padding=True,
        return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    offsets = tokens.pop("offset_mapping").numpy()
    inputs = {key: value.to(encoder.device) for key, value in tokens.items() if key in encoder.inputs}
    hidden = module.encoder(**inputs, output_hidden_states=True).hidden_states
    states = torch.cat([hidden[layer] for layer in layers], dim=-1).float().cpu().numpy()
    pieces = []
    for row, (question, passage) in enumerate(zip(questions, passages, strict=True)):
        own = np.array([part == 1 for part in tokens.sequence_ids(row)])
        spans = offsets[row][own]
        counts = word_counts(question, passage, spans)
        pieces.append(Piece(passage, np.concatenate([states[row][own], counts], axis=1), spans))
    return pieces


def word_counts(question: str, passage: str, spans: np.ndarray) -> np.ndarray:
    """How each token relates to the question by its words alone. Shape: spans (t, 2) to (t, 24) float32.

    Columns: in the question; question words within each of `WINDOWS`, rare ones counting more; capital; digit; the last
    two once for each of `ASKS` that the question holds.
    """
    asked = {_stem(word) for word in _WORD.findall(question.lower()) if len(word) > 3 or word.isdigit()}
    found = [(match.start(), match.end(), _stem(match.group().lower())) for match in _WORD.finditer(passage)]
    often = Counter(stem for _, _, stem in found)
    weight = np.zeros(len(passage) + 1)
    for start, end, stem in found:
        if stem in asked:
            weight[start:end] = 1.0 / often[stem]
    at = weight[np.minimum(spans[:, 0], len(passage))]
    sums = np.concatenate([[0.0], np.cumsum(at)])
    place = np.arange(len(at))
    near = [sums[np.minimum(place + w + 1, len(at))] - sums[np.maximum(place - w, 0)] for w in WINDOWS]
    words = [passage[start:end].strip() for start, end in spans]
    looks = np.array([[word[:1].isupper(), any(c.isdigit() for c in word)] for word in words], dtype=float)
    looks = looks.reshape(len(words), 2)
    crossed = [looks * (ask in question.lower()) for ask in ASKS]
    columns = np.column_stack([at > 0, *(np.log1p(one) for one in near), looks, *crossed])
    return columns.astype(np.float32)


def _stem(word: str) -> str:
    """A word without its ending, roughly: "measured" and "measures" meet."""
    return word[: max(4, len(word) - 3)] if len(word) > 5 else word


@dataclass(frozen=True)
class SpanHead:
    """A linear head for starts and ends, and the score of "no answer in this passage".

    Shape: mean, scale (d,), weight (d, 2), nothing (2,). ``layers``: what the states must be read from.
    """

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    nothing: np.ndarray
    layers: tuple[int, ...]

    def mark(self, piece: Piece) -> Marked:
        """The best span of a passage; a passage without tokens gives an empty one."""
        if not len(piece.spans):
            return Marked("", 0, 0, -np.inf)
        scores = ((piece.states - self.mean) / self.scale) @ self.weight
        first, last, total = best_span(scores[:, 0], scores[:, 1])
        start, end = int(piece.spans[first][0]), int(piece.spans[last][1])
        return Marked(piece.text[start:end], start, end, float(total - self.nothing.sum()))


def best_span(starts: np.ndarray, ends: np.ndarray, most: int = MOST_TOKENS) -> tuple[int, int, float]:
    """(first, last, score) of the highest start plus end with first <= last < first + most. Shape: (t,) each.

    >>> best_span(np.array([0.0, 3.0, 0.0]), np.array([5.0, 0.0, 1.0]))
    (0, 0, 5.0)
    """
    length = np.arange(len(starts))[None, :] - np.arange(len(starts))[:, None]
    sums = np.where((length >= 0) & (length < most), starts[:, None] + ends[None, :], -np.inf)
    first, last = divmod(int(sums.argmax()), len(starts))
    return first, last, float(sums[first, last])


def span_of(piece: Piece, answers: Sequence[str]) -> tuple[int, int] | None:
    """(first, last) token of the first answer that stands in the passage, whatever its case; None where none does."""
    folded = piece.text.lower()
    for answer in answers:
        match = re.search(rf"(?<!\w){re.escape(answer.strip().lower())}(?!\w)", folded) if answer.strip() else None
        if match and len(folded) == len(piece.text):
            inside = np.flatnonzero((piece.spans[:, 1] > match.start()) & (piece.spans[:, 0] < match.end()))
            if len(inside) and piece.spans[inside[-1]][1] >= match.end():
                return int(inside[0]), int(inside[-1])
    return None
