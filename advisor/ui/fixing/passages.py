"""Beside a question: the passage of its document where the answer stands or should stand, and of the one proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from advisor.core import wording
from advisor.core.records import Dataset
from advisor.core.shown import visible
from advisor.data.versions.label_words import label_words

#: Characters of a passage, and by how many the next one begins later.
LENGTH, STEP = 420, 140
#: Of a very long document only so many characters are looked through.
MOST = 200_000
LETTERS = 4


def beside(dataset: Dataset, row: int, other: int, proposed: str) -> list[dict[str, Any]]:
    """What is shown beside a question. other: the question that it is like, or -1; proposed: a document, or ""."""
    item = dataset.items.iloc[row]
    texts = dict(zip(dataset.documents["document"], dataset.documents["text"], strict=True))
    names = list(dict.fromkeys(name for name in (item["document"], proposed) if name in texts))
    answer = label_words(dataset, row)
    shown = [
        {"label": visible(wording.short(name, 80)), "other": name == proposed,
         "text": visible(passage(texts[name], str(item["text"]), answer))}
        for name in names
    ]  # fmt: skip
    if other >= 0:
        said = wording.short(label_words(dataset, other), 120)
        question = wording.short(str(dataset.items["text"].iloc[other]), 240)
        shown.append({"label": visible(f"answered: {said}"), "other": True, "text": visible(question)})
    return shown


def passage(text: str, question: str, answer: str) -> str:
    """The stretch of a text around the answer's words, else the one with most of the question's longer words.

    >>> passage("It lies in Kent. " * 40 + "The mayor is Ada Brook.", "Who is mayor?", "Ada Brook")[-23:]
    'The mayor is Ada Brook.'
    """
    text = " ".join(text[:MOST].split())
    found = text.lower().find(answer.lower())
    if found >= 0:
        return _cut(text, max(0, found + len(answer) // 2 - LENGTH // 2))
    words = {word for word in re.findall(r"\w+", question.lower()) if len(word) >= LETTERS}
    return max(_stretches(text), key=lambda own: _n_words(own, sorted(words)))


def _stretches(text: str) -> Iterator[str]:
    for start in range(0, max(1, len(text) - LENGTH + STEP), STEP):
        yield _cut(text, start)


def _cut(text: str, start: int) -> str:
    start = max(0, min(start, len(text) - LENGTH))
    end = start + LENGTH
    return f"{'… ' if start else ''}{text[start:end].strip()}{' …' if end < len(text) else ''}"


def _n_words(text: str, words: Sequence[str]) -> int:
    lower = text.lower()
    return sum(word in lower for word in words)
