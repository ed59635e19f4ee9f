"""From scores of each word to the best tag sequence: a transition matrix, Viterbi, and probabilities of tags.

Forney, "The Viterbi algorithm", Proc. IEEE 1973; Lafferty, McCallum and Pereira, "Conditional Random Fields", ICML
2001. Sentences are decoded side by side, padded: a step is one matrix operation for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probes.tagging.schemes import split_tag

#: The score of what cannot be: a span that goes on before it has begun.
NEVER = -1e4
#: Sentences decoded side by side.
BATCH = 256


@dataclass(frozen=True)
class Transitions:
    """Scores of a sentence's first tag, and of one tag after another. Shape: start (T,), matrix (T, T): from, to."""

    start: np.ndarray
    matrix: np.ndarray


def allowed(tags: Sequence[str]) -> Transitions:
    """0 where BIO allows a tag after another, `NEVER` where it does not."""
    parts = [split_tag(tag) for tag in tags]
    start = np.array([NEVER if place == "I" else 0.0 for place, _ in parts], dtype=np.float32)
    matrix = np.zeros((len(tags), len(tags)), dtype=np.float32)
    for to, (place, name) in enumerate(parts):
        if place == "I":
            matrix[[before != name for _, before in parts], to] = NEVER
    return Transitions(start, matrix)


def learned(sequences: Sequence[np.ndarray], tags: Sequence[str], weight: float) -> Transitions:
    """How much more often than by chance one tag follows another, in logs, times `weight`; what BIO forbids stays out.

    Added to the logs of P(tag | word) this is the hybrid of a classifier and a Markov chain (Bourlard and Morgan,
    "Connectionist Speech Recognition", 1994). Shape: sequences of (words,) tag indices.
    """
    n, rules = len(tags), allowed(tags)
    pairs, first, each = np.ones((n, n)), np.ones(n), np.ones(n)
    for one in sequences:
        if len(one):
            first[one[0]] += 1
            np.add.at(pairs, (one[:-1], one[1:]), 1)
            each += np.bincount(one, minlength=n)
    usual = np.log(each / each.sum())
    matrix = np.log(pairs / pairs.sum(axis=1, keepdims=True)) - usual
    start = np.log(first / first.sum()) - usual
    return Transitions(
        np.minimum(weight * start + rules.start, weight * start).astype(np.float32),
        (weight * matrix + rules.matrix).astype(np.float32),
    )


def decode(scores: Sequence[np.ndarray], transitions: Transitions) -> list[np.ndarray]:
    """The tag sequence with the highest sum of scores, of each sentence. Shape: scores of (words, T) to (words,)."""
    found: list[np.ndarray] = []
    for batch, lengths in _batches(scores):
        best = transitions.start + batch[:, 0]
        back = np.zeros(batch.shape, dtype=np.int64)
        for place in range(1, batch.shape[1]):
            paths = best[:, :, None] + transitions.matrix
            back[:, place] = paths.argmax(axis=1)
            following = paths.max(axis=1) + batch[:, place]
            best = np.where((place < lengths)[:, None], following, best)
        for row, length in enumerate(lengths):
            tags = np.zeros(length, dtype=np.int64)
            if length:
                tags[-1] = best[row].argmax()
                for place in range(length - 1, 0, -1):
                    tags[place - 1] = back[row, place, tags[place]]
            found.append(tags)
    return found


def probabilities(scores: Sequence[np.ndarray], transitions: Transitions) -> list[np.ndarray]:
    """P(tag of a word | sentence) by the forward-backward algorithm. Shape: scores of (words, T) to (words, T)."""
    found: list[np.ndarray] = []
    for batch, lengths in _batches(scores):
        n, longest, _ = batch.shape
        ahead, behind = np.zeros_like(batch), np.zeros_like(batch)
        ahead[:, 0] = transitions.start + batch[:, 0]
        for place in range(1, longest):
            ahead[:, place] = _summed(ahead[:, place - 1, :, None] + transitions.matrix, 1) + batch[:, place]
        for place in range(longest - 2, -1, -1):
            after = (behind[:, place + 1] + batch[:, place + 1])[:, None, :] + transitions.matrix
            behind[:, place] = np.where((place + 1 < lengths)[:, None], _summed(after, 2), 0.0)
        both = ahead + behind
        shares = np.exp(both - both.max(axis=2, keepdims=True))
        shares /= shares.sum(axis=2, keepdims=True)
        found += [shares[row, : lengths[row]] for row in range(n)]
    return found


def _summed(scores: np.ndarray, axis: int) -> np.ndarray:
    """Log of the sum of exponentials along an axis."""
    most = scores.max(axis=axis, keepdims=True)
    total: np.ndarray = np.log(np.exp(scores - most).sum(axis=axis)) + most.squeeze(axis)
    return total


def _batches(scores: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """(scores padded with zeros, lengths) of sentences side by side. Shape: (n, longest, T) float64, (n,)."""
    batches = []
    for start in range(0, len(scores), BATCH):
        part = scores[start : start + BATCH]
        lengths = np.array([len(one) for one in part])
        padded = np.zeros((len(part), max(1, lengths.max()), part[0].shape[1]))
        for row, one in enumerate(part):
            padded[row, : len(one)] = one
        batches.append((padded, lengths))
    return batches
