"""A "tags" dataset's sentences as the measures see them."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from advisor.core.records import Dataset, TaggedSpan
from probes.tagging.head import Sample
from probes.tagging.schemes import Span, spans_of, tag_names
from probes.tagging.words import Word, words_apart


def types_in(items: pd.DataFrame) -> dict[str, int]:
    """The spans of each type in a table of items, the commonest first."""
    names = [span.type for tags in items["tags"] for span in spans_of(json.loads(tags))]
    return {str(name): int(n) for name, n in pd.Series(names, dtype=object).value_counts().items()}


def sentences_of(dataset: Dataset, rows: np.ndarray, groups: np.ndarray | None = None) -> Sample:
    """The sentences of some rows, in their order. groups: (n,) what belongs together, each row by itself without it.

    A span of a type that no training sentence has keeps its type: a model cannot find it, and that counts.
    """
    items = dataset.items.iloc[rows]
    known = tag_names(dataset.span_types)
    tags = [json.loads(cell) for cell in items["tags"]]
    others = sorted({span.type for own in tags for span in spans_of(own)} - set(dataset.span_types))
    names = (*known, *(tag for tag in tag_names(others) if tag not in known))
    place = {name: at for at, name in enumerate(names)}
    return Sample(
        [json.loads(cell) for cell in items["words"]],
        [np.array([place[tag] for tag in own], dtype=np.int64) for own in tags],
        names,
        np.arange(len(rows)) if groups is None else groups,
    )


def marked_words(items: pd.DataFrame) -> list[str]:
    """The spans of each sentence in words, "nothing" without any."""
    rows = zip(items["words"].map(json.loads), items["tags"].map(json.loads), strict=True)
    return [in_words(words, spans_of(tags)) for words, tags in rows]


def in_words(words: Sequence[str], spans: Sequence[Span]) -> str:
    """Spans of a sentence as a person writes them down.

    >>> in_words(["in", "New", "York"], [Span(1, 3, "place")]), in_words(["a"], [])
    ('New York (place)', 'nothing')
    """
    return "; ".join(f"{' '.join(words[start:end])} ({name})" for start, end, name in spans) or "nothing"


def marked_sentences(items: pd.DataFrame, most: int) -> tuple[tuple[str, tuple[TaggedSpan, ...]], ...]:
    """(text, spans in it) of sentences with spans, evenly taken from the table."""
    some = items[items["tags"].str.contains('"B-')]
    some = some.iloc[:: max(1, len(some) // most)].head(most)
    shown = []
    for words, tags in zip(some["words"].map(json.loads), some["tags"].map(json.loads), strict=True):
        text = " ".join(words)
        shown.append(
            (text, in_text(text, words_apart(text), spans_of(tags)) if len(words_apart(text)) == len(words) else ())
        )
    return tuple(shown)


def in_text(
    text: str, words: Sequence[Word], spans: Sequence[Span], sure: Sequence[float] | None = None
) -> tuple[TaggedSpan, ...]:
    """Spans of words as characters of their text. sure: the probability of each, where it has one."""
    return tuple(
        TaggedSpan(
            start=words[span.start].start, end=words[span.end - 1].end, type=span.type,
            text=text[words[span.start].start : words[span.end - 1].end],
            probability=None if sure is None else min(1.0, sure[place]),
        )
        for place, span in enumerate(spans)
    )  # fmt: skip
