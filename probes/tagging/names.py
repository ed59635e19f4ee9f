"""Prompting an encoder for tags: the names of the types against runs of words, without any labelled sentence.

A run of words that may be a name (capitals or digits, else neighbouring content words) takes the type whose name is
most similar in meaning, unless a word for what is no name ("thing", "action") is more similar still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from probes.tagging.schemes import Span, tags_of

#: What runs of words that are no names are like.
CONTRASTS = ("thing", "action", "quality", "number", "time", "statement", "question", "amount", "manner", "idea")
#: Words of a run at most.
LONGEST = 6
#: Logs of probability of the tag that was given, and of every other.
SURE, UNSURE = 0.0, -5.0

Embed = Callable[[list[str]], np.ndarray]


def spelled(name: str) -> str:
    """A type's name in words.

    >>> spelled("Multi-tissue_structure"), spelled("creative-work")
    ('multi tissue structure', 'creative work')
    """
    return " ".join(name.replace("_", " ").replace("-", " ").split()).lower()


def candidates(sentence: Sequence[str]) -> list[tuple[int, int]]:
    """(first word, word after the last) of the runs that may be names.

    >>> candidates(["we", "met", "Ada", "Lovelace", "in", "the", "rain"])
    [(1, 2), (2, 4), (6, 7)]
    """
    kinds = [_kind(word, place) for place, word in enumerate(sentence)]
    runs, start = [], 0
    for place in range(1, len(kinds) + 1):
        if place == len(kinds) or kinds[place] != kinds[start] or place - start == LONGEST:
            if kinds[start]:
                runs.append((start, place))
            start = place
    return runs


def _kind(word: str, place: int) -> str:
    """What a word can be part of: "name" by its letters, "content" by its meaning, "" for neither."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    if not any(letter.isalnum() for letter in word) or word.lower() in ENGLISH_STOP_WORDS:
        return ""
    capital = word[0].isupper() and (place > 0 or not word[1:].islower())
    return "name" if capital or word[0] in "@#" or any(letter.isdigit() for letter in word) else "content"


def found(sentences: Sequence[Sequence[str]], types: Sequence[str], embed: Embed) -> list[list[Span]]:
    """The spans of each sentence, by the similarity of their words to the types' names. embed: texts to unit rows."""
    runs = [candidates(sentence) for sentence in sentences]
    texts = sorted({" ".join(words[a:b]) for words, own in zip(sentences, runs, strict=True) for a, b in own})
    if not texts:
        return [[] for _ in sentences]
    near = embed(texts) @ embed([*map(spelled, types), *CONTRASTS]).T
    best = {text: int(row) for text, row in zip(texts, near.argmax(axis=1), strict=True)}
    return [
        [
            Span(a, b, types[place])
            for a, b in own
            if (place := best[" ".join(words[a:b])]) < len(types)
        ]
        for words, own in zip(sentences, runs, strict=True)
    ]  # fmt: skip


def scores_of(spans: Sequence[Span], n_words: int, names: Sequence[str]) -> np.ndarray:
    """Spans that are given, as scores of tags. Shape: (words, T)."""
    scores = np.full((n_words, len(names)), UNSURE)
    place = {name: at for at, name in enumerate(names)}
    for at, tag in enumerate(tags_of(spans, n_words)):
        scores[at, place[tag]] = SURE
    return scores
