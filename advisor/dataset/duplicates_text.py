"""Texts: lengths, blank texts, and copies of each other."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from advisor.dataset.inspect import Inspection, merge
from probes.progress import Progress


def inspect_texts(items: pd.DataFrame, progress: Progress) -> Inspection:
    """Inspect texts; see `advisor.dataset.inspect.inspect_items`."""
    progress("Looking into the texts", 0.0)
    texts = items["text"].fillna("").astype(str).reset_index(drop=True)
    measures = pd.DataFrame({"n_characters": texts.map(len), "n_words": [len(text.split()) for text in texts]})
    readable = (texts.str.strip() != "").to_numpy()
    reasons = {int(row): "the text is empty" for row in np.flatnonzero(~readable)}
    exact = equal_texts([normalised(text) for text in texts])
    clusters, kinds = merge(len(texts), exact, [])
    progress("Looked into the texts", 1.0)
    return Inspection(readable, reasons, measures, clusters, kinds, len(texts))


def normalised(text: str) -> str:
    """The text without what copies differ in: case, spacing, punctuation at word ends, Unicode form."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words) or text.strip()


def equal_texts(texts: list[str]) -> list[tuple[int, int]]:
    """Pairs (first row, row) of equal, non-empty texts."""
    first: dict[str, int] = {}
    return [(first[text], row) for row, text in enumerate(texts) if text and first.setdefault(text, row) != row]
