"""The passages for a question: by their vectors, one matrix product, and by the words that they share with it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from encoder import vectors

HERE = Path(__file__).resolve().parent
HOW: dict[str, Any] = json.loads((HERE / "search.json").read_text("utf-8"))
PASSAGES: list[dict[str, Any]] = json.loads((HERE / "passages.json").read_text("utf-8"))
VECTORS = np.load(HERE / "vectors.npy", allow_pickle=False)


def found(question: str) -> tuple[list[dict[str, Any]], bool]:
    """The k best passages, the best first, and whether one of all is near enough in meaning to hold an answer."""
    nearness = VECTORS @ vectors([question])[0]
    scores = nearness + HOW["weight"] * covered(question)
    best = np.argsort(-scores, kind="stable")[: HOW["k"]]
    return [{**PASSAGES[i], "score": float(scores[i])} for i in best], bool(nearness.max() >= HOW["threshold"])


def covered(question: str) -> np.ndarray:
    """The weighted share of the question's words that each passage covers, (n,): BM25 over the most it could reach."""
    words = bm25s.tokenize([question], token_pattern=r"(?u)\w+", stopwords="en", return_ids=False, show_progress=False,
                           stemmer=Stemmer.Stemmer("english"))[0]  # fmt: skip
    model, n = word_counts(), len(PASSAGES)
    known = model.get_tokens_ids(words) if model is not None else []
    if not known:
        return np.zeros(n, np.float32)
    starts = model.scores["indptr"]
    n_with = [int(starts[i + 1]) - int(starts[i]) for i in known] + [0] * (len(words) - len(known))
    most = sum(np.log(1 + (n - count + 0.5) / (count + 0.5)) for count in n_with)
    return np.asarray(model.get_scores_from_ids(known) / most)


@cache
def word_counts() -> Any:
    """The words of the passages, counted; None where they have none."""
    return bm25s.BM25.load(HERE / "words", show_progress=False) if (HERE / "words").is_dir() else None
