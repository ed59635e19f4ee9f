"""An extractive reader: a frozen encoder reads a question with a passage, and a linear head marks the answer in it.

Like BERT's answer head (Devlin et al., "BERT", NAACL 2019), it gives every token of the passage a start and an end
score; the best span has the highest sum, its start before its end, and at most `MOST_TOKENS` tokens. The encoder stays
frozen, so a head is trained in seconds on states that were read once. Frozen states were never trained to compare
question and passage, so the head also sees a few word counts, as DrQA did (Chen et al., "Reading Wikipedia to Answer
Open-Domain Questions", ACL 2017): is the token in the question, and how many question words are near it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from probes.errors import ProbeError

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

#: Tokens of an answer at most.
MOST_TOKENS = 30
#: Tokens of question and passage together.
PAIR_TOKENS = 384
BATCH_PAIRS = 16
#: Training of the head.
EPOCHS, BATCH = 12, 32
RATE, DECAY, DROPOUT = 3e-3, 1e-2, 0.3
#: Words near a token, at these distances in tokens.
WINDOWS = (5, 15, 40)
#: Question words, crossed with the look of a token: "when" goes with digits, "who" with capitals.
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
    """Each question with its passage as token states of the given layers (0: the input), word counts beside them.

    Shape: questions, passages (n,). The longer of the two is truncated to fit `PAIR_TOKENS`.
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
        [question[:1000] for question in questions], passages, truncation="longest_first",
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
    """How each token relates to the question by words alone. Shape: spans (t, 2) to (t, 24) float32.

    Columns: in the question; question words within each of `WINDOWS`, rare ones counting more; capital; digit; and the
    last two again for each of `ASKS` that occurs in the question.
    """
    question_stems = {_stem(word) for word in _WORD.findall(question.lower()) if len(word) > 3 or word.isdigit()}
    stems = [(match.start(), match.end(), _stem(match.group().lower())) for match in _WORD.finditer(passage)]
    counts = Counter(stem for _, _, stem in stems)
    weight = np.zeros(len(passage) + 1)
    for start, end, stem in stems:
        if stem in question_stems:
            weight[start:end] = 1.0 / counts[stem]
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
    """A word roughly without its ending: "measured" and "measures" share one stem."""
    return word[: max(4, len(word) - 3)] if len(word) > 5 else word


@dataclass(frozen=True)
class SpanHead:
    """A linear head for starts and ends, and the score of "no answer in this passage".

    Shape: mean, scale (d,), weight (d, 2), nothing (2,). ``layers``: the layers that the states must come from.
    """

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    nothing: np.ndarray
    layers: tuple[int, ...]

    def mark(self, piece: Piece) -> Marked:
        """The best span of a passage; an empty one for a passage without tokens."""
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
    """(first, last) token of the first answer that occurs in the passage, in any case; None where none does."""
    folded = piece.text.lower()
    for answer in answers:
        match = re.search(rf"(?<!\w){re.escape(answer.strip().lower())}(?!\w)", folded) if answer.strip() else None
        if match and len(folded) == len(piece.text):
            inside = np.flatnonzero((piece.spans[:, 1] > match.start()) & (piece.spans[:, 0] < match.end()))
            if len(inside) and piece.spans[inside[-1]][1] >= match.end():
                return int(inside[0]), int(inside[-1])
    return None


def fit(
    pieces: Sequence[Piece], spans: Sequence[tuple[int, int] | None], layers: Sequence[int], seed: int = 0
) -> SpanHead:
    """Train by cross-entropy of starts and ends over the passage's tokens and "nothing here"; AdamW, linear decay to 0.

    pieces, spans: (n,) each, None where the passage has no answer. Raises ProbeError when no passage has one.
    """
    examples = [(piece, span) for piece, span in zip(pieces, spans, strict=True) if len(piece.spans)]
    if not any(span for _, span in examples):
        raise ProbeError(
            "No answer occurs word for word in its passage, so there is nothing to train a reader on. "
            "Give questions whose answers are quoted from the documents."
        )
    mean, scale = _moments([piece.states for piece, _ in examples])
    states = [torch.from_numpy((piece.states - mean) / scale).float() for piece, _ in examples]
    # the position after the last token means "nothing here"
    targets = torch.tensor([span if span else (len(piece.spans),) * 2 for piece, span in examples])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weight, nothing = _trained(states, targets, seed)
    return SpanHead(mean, scale, weight.numpy(), nothing.numpy(), tuple(layers))


def _moments(states: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every feature over all tokens. Shape: (d,) float32 each."""
    n = sum(len(one) for one in states)
    mean = sum(one.sum(axis=0, dtype=np.float64) for one in states) / n
    variance = sum(((one - mean) ** 2).sum(axis=0) for one in states) / n
    return np.asarray(mean, np.float32), np.asarray(np.sqrt(variance) + 1e-3, np.float32)


def _trained(states: list[Tensor], targets: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """(weight (d, 2), nothing (2,))."""
    weight = torch.zeros(states[0].shape[1], 2, requires_grad=True)
    nothing = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.AdamW([weight, nothing], lr=RATE, weight_decay=DECAY)
    rng = np.random.default_rng(seed)
    batches = [
        batch
        for _ in range(EPOCHS)
        for batch in np.array_split(rng.permutation(len(states)), max(1, -(-len(states) // BATCH)))
    ]
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 - step / len(batches))
        loss = torch.stack([_loss(states[i], targets[i], weight, nothing) for i in batch.tolist()]).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return weight.detach(), nothing.detach()


def _loss(states: Tensor, target: Tensor, weight: Tensor, nothing: Tensor) -> Tensor:
    scores = torch.cat([functional.dropout(states, DROPOUT) @ weight, nothing[None]])
    return functional.cross_entropy(scores.T, target)
