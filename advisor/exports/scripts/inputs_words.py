"""Texts as the model takes them: how often each term of vocabulary.json occurs, as scikit-learn counts them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "preprocessing.json").read_text("utf-8"))
#: The terms of each part, words first, then pieces of words where the model uses them.
VOCABULARY: list[list[str]] = json.loads((HERE / "vocabulary.json").read_text("utf-8"))
STARTS: list[int] = np.cumsum([0, *map(len, VOCABULARY)]).tolist()
#: The column of each term, by part.
COLUMNS = [{term: start + i for i, term in enumerate(terms)}
           for start, terms in zip(STARTS, VOCABULARY, strict=False)]  # fmt: skip
BATCH = 32


def batches(texts: Sequence[str]) -> Iterator[tuple[list[int], dict[str, np.ndarray]]]:
    """Texts that go through the model together: their places, and the counts of their terms."""
    for start in range(0, len(texts), BATCH):
        some = list(range(start, min(start + BATCH, len(texts))))
        counts = np.zeros((len(some), STARTS[-1]), np.float32)
        for row, place in enumerate(some):
            text = texts[place][: HOW["max_characters"]].lower()
            for columns, terms in zip(COLUMNS, (words, pieces), strict=False):
                for term in terms(text):
                    if (column := columns.get(term)) is not None:
                        counts[row, column] += 1
        yield some, {"counts": counts}


def words(text: str) -> Iterator[str]:
    """Words, and pairs of neighbouring words."""
    single = re.findall(r"\b\w+\b", text)
    yield from single
    yield from map(" ".join, pairwise(single))


def pieces(text: str) -> Iterator[str]:
    """Three to five characters in a row, inside a word with a space at either end."""
    for word in (f" {word} " for word in text.split()):
        for size in (3, 4, 5):
            yield word[:size]
            yield from (word[i : i + size] for i in range(1, len(word) - size + 1))
            if len(word) <= size:
                break
