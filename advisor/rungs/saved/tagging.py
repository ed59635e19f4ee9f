"""A model that marks runs of words in sentences, whatever rung it is of: scores of words in, spans out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from advisor.core.errors import DatasetError
from advisor.core.records import Tagged
from advisor.data.tag_set import in_text
from advisor.rungs.saved.inputs import Input, as_list, check_any, name_of, text_of
from probes.progress import Progress, silent, within
from probes.tagging.decoding import Transitions, decode, probabilities
from probes.tagging.head import spans_in
from probes.tagging.schemes import Span, tag_names
from probes.tagging.words import Word, words_apart, words_in

#: Sentences between two reports of progress.
ROUND = 256

Tick = Callable[[float], None]


class Method(Protocol):
    """How a rung scores words."""

    def scores(self, sentences: Sequence[Sequence[str]], tick: Tick) -> list[np.ndarray]:
        """Scores of the tags of each word. Shape: (words, T) each."""


@dataclass(frozen=True)
class Found:
    """The spans of a sentence, each with the least probability of its words' tags."""

    spans: list[Span]
    sure: list[float]


class Tagger:
    """A model that marks words. ``spec`` is its model.json, ``types`` what it can mark, ``method`` how."""

    kind = "tags"
    backbone: Any = None

    def __init__(self, spec: dict[str, Any], method: Method, transitions: Transitions) -> None:
        self.spec, self.method, self.transitions = spec, method, transitions
        self.rung: str = spec["rung"]
        self.types: tuple[str, ...] = tuple(spec["types"])
        self.names = tag_names(self.types)

    def predict(self, inputs: Sequence[Input] | Input, progress: Progress = silent) -> list[Tagged]:
        """The spans in each text, with their places and probabilities, or the reason why an input has none.

        A text is a string, or a list of its words. Raises DatasetError where none of the inputs can be used.
        """
        marked = self.predict_each(inputs, progress)
        check_any([one.problem for one in marked])
        return marked

    def predict_each(self, inputs: Sequence[Input] | Input, progress: Progress = silent) -> list[Tagged]:
        """As `predict`, also where none of the inputs can be used: each has its reason then."""
        items = as_list(inputs)
        texts: dict[int, tuple[str, list[Word]]] = {}
        problems: dict[int, str] = {}
        for place, item in enumerate(items):
            try:
                texts[place] = _words_of(item, place + 1)
            except DatasetError as error:
                problems[place] = str(error)
        found = dict(
            zip(texts, self.found([[w.text for w in own] for _, own in texts.values()], progress), strict=True)
        )
        return [
            Tagged(input=name_of(item, place), problem=problems[place])
            if place in problems
            else Tagged(input=texts[place][0], spans=in_text(*texts[place], found[place].spans, found[place].sure))
            for place, item in enumerate(items)
        ]

    def found(self, sentences: Sequence[Sequence[str]], progress: Progress = silent) -> list[Found]:
        """The spans of sentences that are words already."""
        every: list[Found] = []
        for start in range(0, len(sentences), ROUND):
            some = sentences[start : start + ROUND]
            done, size = start / len(sentences), len(some) / len(sentences)
            tell = within(progress, done, done + size)
            scores = self.method.scores(some, partial(tell, "Marking words"))
            tags, sure = decode(scores, self.transitions), probabilities(scores, self.transitions)
            every += [_found(own, shares, self.names) for own, shares in zip(tags, sure, strict=True)]
        return every


def _found(tags: np.ndarray, shares: np.ndarray, names: Sequence[str]) -> Found:
    spans = spans_in(tags, names)
    each = shares[np.arange(len(tags)), tags]
    return Found(spans, [float(each[span.start : span.end].min()) for span in spans])


def _words_of(item: Input, number: int) -> tuple[str, list[Word]]:
    """(text, its words) of an input. Raises DatasetError saying what it is instead."""
    if isinstance(item, (list, tuple)) and item and all(isinstance(word, str) for word in item):
        text = " ".join(item)
        return text, words_apart(text)
    text = text_of(item, number)
    return text, words_in(text)
