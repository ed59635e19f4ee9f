"""What a profile says of tagged sentences: types and spans, unseen words, spans that are tagged in two ways."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted, listed, percent
from advisor.data.profile.findings import finding, is_are
from probes.tagging.schemes import Span, spans_of

#: A type with fewer training spans is learned from luck.
FEW_SPANS = 20
#: Test words that training never showed, from which share on it is said.
MANY_UNSEEN = 0.15
SHOWN = 4


@dataclass(frozen=True)
class TagCounts:
    """Sentences as words and spans, with the part and the key of each."""

    words: list[list[str]]
    spans: list[list[Span]]
    parts: np.ndarray
    keys: list[str]

    @classmethod
    def of(cls, dataset: Dataset) -> TagCounts:
        """Everything that a dataset holds."""
        items = dataset.items
        return cls(
            [json.loads(cell) for cell in items["words"]],
            [spans_of(json.loads(cell)) for cell in items["tags"]],
            items["part"].to_numpy(),
            items["key"].astype(str).tolist(),
        )

    @cached_property
    def learned(self) -> np.ndarray:
        """Whether a sentence may be learned from, (n,) bool."""
        return np.isin(self.parts, ["train", "val"])

    @cached_property
    def by_type(self) -> dict[str, int]:
        """All spans of each type, the commonest first."""
        return dict(Counter(span.type for own in self.spans for span in own).most_common())

    @cached_property
    def by_type_learned(self) -> dict[str, int]:
        """Training spans of each type."""
        return dict(Counter(s.type for own, there in zip(self.spans, self.learned, strict=True) if there for s in own))

    @cached_property
    def unseen(self) -> tuple[float, float]:
        """Shares of the test part's words, and of its spans, that occur in no training sentence; 0 without one."""
        known_words: set[str] = set()
        known_spans: set[str] = set()
        for words, own, there in zip(self.words, self.spans, self.learned, strict=True):
            if there:
                known_words.update(word.casefold() for word in words)
                known_spans.update(self.key(words, span) for span in own)
        rows = [row for row, part in enumerate(self.parts) if part == "test"]
        words = [word.casefold() for row in rows for word in self.words[row]]
        spans = [self.key(self.words[row], span) for row in rows for span in self.spans[row]]
        share_words = sum(word not in known_words for word in words) / max(len(words), 1)
        return share_words, sum(span not in known_spans for span in spans) / max(len(spans), 1)

    @cached_property
    def ambiguous(self) -> dict[str, Counter[str]]:
        """Spans that are marked with two types, by their words: how often each; the commonest first."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for words, own in zip(self.words, self.spans, strict=True):
            for span in own:
                found[self.key(words, span)][span.type] += 1
        several = {text: types for text, types in found.items() if len(types) > 1}
        return dict(sorted(several.items(), key=lambda one: -sum(one[1].values())))

    @staticmethod
    def key(words: list[str], span: Span) -> str:
        """A span's words in lower case."""
        return " ".join(words[span.start : span.end]).casefold()

    def sizes(self) -> dict[str, list[int]]:
        """Spans of each sentence, and words of each span, to be plotted."""
        return {
            "n_spans": [len(own) for own in self.spans],
            "span_words": [span.end - span.start for own in self.spans for span in own],
        }


def tag_facts(counts: TagCounts) -> dict[str, str]:
    """Title and value, for the page's table."""
    n_spans, sizes = sum(counts.by_type.values()), counts.sizes()
    unseen_words, unseen_spans = counts.unseen
    without = sum(n == 0 for n in sizes["n_spans"])
    longest = max(sizes["span_words"], default=0)
    return {
        "Spans": f"{n_spans:,} of {counted(len(counts.by_type), 'type')}",
        "Spans of a sentence": f"{n_spans / max(len(counts.spans), 1):.1f} on average; {without:,} have none",
        "Words of a span": f"{np.mean(sizes['span_words'] or [0]):.1f} on average, {longest} at most",
        "Test words that training never shows": percent(unseen_words),
        "Test spans that training never shows": percent(unseen_spans),
    }


def tag_findings(counts: TagCounts) -> list[Finding]:
    """Types with few spans, unseen words, and spans that are tagged in two ways."""
    findings = [few_spans(counts), unseen_words(counts), two_ways(counts)]
    return [one for one in findings if one is not None]


def few_spans(counts: TagCounts) -> Finding | None:
    """Types that are hardly shown."""
    few = [name for name in counts.by_type if counts.by_type_learned.get(name, 0) < FEW_SPANS]
    if not few:
        return None
    verb = "has" if len(few) == 1 else "have"
    sentence = (
        f"{len(few)} of {counted(len(counts.by_type), 'type')} {verb} fewer than {FEW_SPANS} spans to learn from "
        f"({listed(few)}). More labels help most there."
    )
    return finding("few labels", "warning", sentence)


def unseen_words(counts: TagCounts) -> Finding | None:
    """That much of the test part is new."""
    words, spans = counts.unseen
    if words < MANY_UNSEEN:
        return None
    sentence = (
        f"{percent(words, 0)} of the words in the test part and {percent(spans, 0)} of its spans occur in no training "
        f"sentence, so a list of known names finds few of them."
    )
    return finding("unseen words", "note", sentence)


def two_ways(counts: TagCounts) -> Finding | None:
    """Spans of the same words under two types."""
    if not counts.ambiguous:
        return None
    shown = [
        f"“{text}” ({', '.join(f'{name} {n}' for name, n in types.most_common())})"
        for text, types in list(counts.ambiguous.items())[:SHOWN]
    ]
    keys = [
        key
        for key, words, own in zip(counts.keys, counts.words, counts.spans, strict=True)
        if any(counts.key(words, span) in counts.ambiguous for span in own)
    ]
    n = len(counts.ambiguous)
    sentence = (
        f"{counted(n, 'run of words', 'runs of words')} {is_are(n)} marked with different types: "
        f"{listed(shown, SHOWN)}. Where the text does not decide, choose one type."
    )
    return finding("two types", "note", sentence, keys)
