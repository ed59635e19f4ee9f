"""A linear head on the states of words: which layers, which weight of the transitions, and how good it is.

The head is a logistic regression of the words' tags, so the mean over a word's pieces may be taken before or after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from probes.heads import USUAL, Head, fit_head
from probes.tagging.decoding import Transitions, decode, learned
from probes.tagging.schemes import Span, spans_of
from probes.tagging.scoring import SpanCounts, count_spans

#: Layers that are joined, as shares of the depth: the last alone, then with earlier ones.
JOINS: tuple[tuple[float, ...], ...] = ((1.0,), (0.5, 1.0), (0.0, 0.5, 1.0), (0.0, 0.34, 0.67, 1.0))
#: Weights of the transitions that are tried; what BIO forbids stays out with any.
WEIGHTS = (0.0, 0.5, 1.0)
FOLDS = 3


@dataclass(frozen=True)
class Sample:
    """Sentences with their tags. Shape: ``tags`` (words,) indices into ``names`` each, ``groups`` (n,)."""

    sentences: Sequence[Sequence[str]]
    tags: Sequence[np.ndarray]
    names: tuple[str, ...]
    groups: np.ndarray

    def __len__(self) -> int:
        return len(self.sentences)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of spans, in the order of their tags."""
        return tuple(name[2:] for name in self.names if name.startswith("B-"))

    def only(self, places: np.ndarray) -> Sample:
        """The sentences at these places. Shape: (m,) int64."""
        return Sample(
            [self.sentences[i] for i in places], [self.tags[i] for i in places], self.names, self.groups[places]
        )

    def spans(self) -> list[list[Span]]:
        """The spans of each sentence."""
        return [spans_in(tags, self.names) for tags in self.tags]


def spans_in(tags: np.ndarray, names: Sequence[str]) -> list[Span]:
    """The spans of tag indices. Shape: (words,)."""
    return spans_of([names[tag] for tag in tags])


def folds_of(groups: np.ndarray, n_folds: int = FOLDS, seed: int = 0) -> list[np.ndarray]:
    """Places of each fold, groups whole, about equal in size. Shape: groups (n,) to (m,) int64 each."""
    units, number = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(units))
    sizes, fold_of, filled = np.bincount(number), np.zeros(len(units), np.int64), np.zeros(n_folds)
    for unit in sorted(order, key=lambda unit: -sizes[unit]):
        fold_of[unit] = int(filled.argmin())
        filled[fold_of[unit]] += sizes[unit]
    return [places for fold in range(n_folds) if len(places := np.flatnonzero(fold_of[number] == fold))]


def fit(states: Sequence[np.ndarray], tags: Sequence[np.ndarray], n_tags: int) -> Head:
    """The head of the words of these sentences. Shape: (words, d), (words,) each."""
    return fit_head(np.concatenate(states), np.concatenate(tags), USUAL, False, n_tags)


def scores_of(head: Head, states: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Logs of P(tag | word). Shape: (words, d) to (words, T) each."""
    return [log_softmax(head.logits(one)) for one in states]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Row by row. Shape: (n, T)."""
    shifted = logits - logits.max(axis=1, keepdims=True) if len(logits) else logits
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


@dataclass(frozen=True)
class Crossed:
    """What a way of tagging says of sentences that it did not learn from, with the best weight of the transitions.

    Shape: ``scores`` (words, T) each; ``learned_from``: sentences of a fold's fit.
    """

    scores: list[np.ndarray]
    weight: float
    counts: SpanCounts
    seconds: float
    learned_from: int


def crossed(
    sample: Sample, score: Callable[[np.ndarray, np.ndarray], list[np.ndarray]], n_folds: int = FOLDS
) -> Crossed:
    """Cross-validate. score: (places to learn from, places to score) to the latter's scores."""
    began = time.monotonic()
    scores: list[np.ndarray] = [np.zeros((0, len(sample.names)))] * len(sample)
    held = folds_of(sample.groups, n_folds)
    every = np.arange(len(sample))
    for fold in held:
        for place, one in zip(fold, score(np.setdiff1d(every, fold), fold), strict=True):
            scores[place] = one
    truth = sample.spans()
    tried = []
    for weight in WEIGHTS:
        found = tagged(scores, learned(sample.tags, sample.names, weight), sample.names)
        tried.append((count_spans(truth, found, sample.types), weight))
    counts, weight = max(tried, key=lambda one: one[0].f1)
    return Crossed(scores, weight, counts, time.monotonic() - began, len(sample) - len(held[0]))


def tagged(scores: Sequence[np.ndarray], transitions: Transitions, names: Sequence[str]) -> list[list[Span]]:
    """The spans of the best tag sequences. Shape: scores (words, T) each."""
    return [spans_in(tags, names) for tags in decode(scores, transitions)]


def joins_of(last: int) -> list[tuple[int, ...]]:
    """The joins to compare for an encoder whose last layer is `last`, the smallest first.

    >>> joins_of(6)
    [(6,), (3, 6), (0, 3, 6), (0, 2, 4, 6)]
    """
    return list(dict.fromkeys(tuple(sorted({round(share * last) for share in join})) for join in JOINS))


def columns(states: Sequence[np.ndarray], of: Sequence[int], layers: Sequence[int]) -> list[np.ndarray]:
    """The states at some of the layers that stand side by side. Shape: (words, d x of) to (words, d x layers) each."""
    dim = states[0].shape[1] // len(of)
    places = [list(of).index(layer) for layer in layers]
    return [np.concatenate([one[:, place * dim : (place + 1) * dim] for place in places], axis=1) for one in states]


def choose_layers(
    sample: Sample, states: Sequence[np.ndarray], of: Sequence[int], last: int
) -> tuple[tuple[int, ...], list[tuple[tuple[int, ...], float]]]:
    """(the best join of layers, what each reached) by two folds; of equals the smallest. Shape: states as `columns`."""
    tried = []
    for layers in joins_of(last):
        own = columns(states, of, layers)
        tried.append((layers, crossed(sample, cross_head(own, sample), 2).counts.f1))
    best = max(tried, key=lambda one: one[1])[0]
    return best, tried


def cross_head(states: Sequence[np.ndarray], sample: Sample) -> Callable[[np.ndarray, np.ndarray], list[np.ndarray]]:
    """For `crossed`: the head on these states."""

    def score(learn: np.ndarray, say: np.ndarray) -> list[np.ndarray]:
        head = fit([states[i] for i in learn], [sample.tags[i] for i in learn], len(sample.names))
        return scores_of(head, [states[i] for i in say])

    return score
