"""Retrieval for tags: the spans of the training sentences as a list of names, and the nearest labelled words.

A run of words that is on the list is tagged as it was there, as often as it was a span there; every word is voted on by
the words with the most similar states, as in nearest-neighbour taggers (Wang et al., "k-Nearest-Neighbor Inference for
Named Entity Recognition", 2022, https://arxiv.org/abs/2203.17103).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from probes.tagging.schemes import OUTSIDE, Span

#: Neighbours that vote, the temperature of their similarities, and words that are remembered at most.
K, TEMPERATURE, MOST_WORDS = 8, 0.05, 20_000
#: The share that the list of names has in a word that it knows, and the probability that nothing falls below.
LISTED_SHARE, FLOOR = 0.5, 1e-3
#: Words whose similarities are computed at once.
CHUNK = 2048

Key = tuple[str, ...]


@dataclass
class Gazetteer:
    """Spans by their words in lower case: how often each type marked them, and how often they stood unmarked."""

    marked: dict[Key, dict[str, int]] = field(default_factory=dict)
    seen: dict[Key, int] = field(default_factory=dict)

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]], spans: Sequence[Sequence[Span]]) -> Gazetteer:
        """The spans of these sentences."""
        marked: dict[Key, Counter[str]] = defaultdict(Counter)
        lowered = [tuple(word.casefold() for word in sentence) for sentence in sentences]
        for words, own in zip(lowered, spans, strict=True):
            for start, end, name in own:
                marked[words[start:end]][name] += 1
        seen: Counter[Key] = Counter()
        lengths = sorted({len(key) for key in marked})
        for words in lowered:
            for n in lengths:
                seen.update(key for at in range(len(words) - n + 1) if (key := words[at : at + n]) in marked)
        return cls({key: dict(types) for key, types in marked.items()}, dict(seen))

    def found(self, sentence: Sequence[str]) -> list[tuple[Span, float]]:
        """The longest listed spans from left to right, and how often each was one of its type where it stood."""
        words = tuple(word.casefold() for word in sentence)
        lengths = sorted({len(key) for key in self.marked}, reverse=True)
        hits, at = [], 0
        while at < len(words):
            key = next((words[at : at + n] for n in lengths if words[at : at + n] in self.marked), ())
            if not key:
                at += 1
                continue
            types = self.marked[key]
            name = max(types, key=lambda one: types[one])
            share = types[name] / max(self.seen.get(key, 0), sum(types.values()))
            hits.append((Span(at, at + len(key), name), share))
            at += len(key)
        return hits

    def shares(self, sentence: Sequence[str], names: Sequence[str]) -> np.ndarray:
        """P(tag) of each word by the list; rows of zeros where it knows nothing. Shape: (words, T)."""
        place = {name: at for at, name in enumerate(names)}
        rows = np.zeros((len(sentence), len(names)))
        for (start, end, name), share in self.found(sentence):
            if f"B-{name}" not in place:
                continue
            for at in range(start, end):
                rows[at, place[f"{'B' if at == start else 'I'}-{name}"]] = share
                rows[at, place[OUTSIDE]] = 1.0 - share
        return rows


@dataclass(frozen=True)
class WordMemory:
    """Labelled words: unit-length states (m, d) and their tags (m,)."""

    states: np.ndarray
    tags: np.ndarray

    @classmethod
    def of(cls, states: Sequence[np.ndarray], tags: Sequence[np.ndarray], seed: int = 0) -> WordMemory:
        """The words of these sentences: every one in a span, and as many outside as there is room for."""
        every, labels = np.concatenate(states), np.concatenate(tags)
        rng = np.random.default_rng(seed)
        inside, outside = np.flatnonzero(labels), np.flatnonzero(labels == 0)
        inside = rng.permutation(inside)[:MOST_WORDS]
        outside = rng.permutation(outside)[: max(0, MOST_WORDS - len(inside))]
        kept = np.sort(np.concatenate([inside, outside]))
        return cls(unit(every[kept]), labels[kept].astype(np.int64))

    def shares(self, states: np.ndarray, n_tags: int) -> np.ndarray:
        """P(tag) of each word by its neighbours, weighted by similarity. Shape: (words, d) to (words, T)."""
        k = min(K, len(self.tags))
        rows = np.zeros((len(states), n_tags))
        for start in range(0, len(states), CHUNK):
            near = unit(states[start : start + CHUNK]) @ self.states.T
            best = np.argpartition(-near, k - 1, axis=1)[:, :k]
            close = np.take_along_axis(near, best, axis=1)
            weights = np.exp((close - close.max(axis=1, keepdims=True)) / TEMPERATURE)
            for column in range(k):
                np.add.at(rows, (start + np.arange(len(near)), self.tags[best[:, column]]), weights[:, column])
        total: np.ndarray = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12)
        return total


def unit(states: np.ndarray) -> np.ndarray:
    """Rows of length one. Shape: (n, d)."""
    result: np.ndarray = (states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return result


def mixed(neighbours: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Logs of P(tag) by both; by the neighbours alone where the list knows nothing. Shape: (words, T)."""
    share = LISTED_SHARE * (listed.sum(axis=1, keepdims=True) > 0)
    result: np.ndarray = np.log(np.maximum((1 - share) * neighbours + share * listed, FLOOR))
    return result
