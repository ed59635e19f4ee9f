"""Search by words: BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) by bm25s.

Words are lower-cased, English stop words dropped and the rest stemmed (Porter 2), so that "measured" finds "measure".
In other languages most words keep their forms, which still finds names and numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

#: One letter or digit is a word too: "type C", "article 6".
PATTERN = r"(?u)\w+"


class WordIndex:
    """BM25 scores of n texts for questions. Keeps word counts, not the texts."""

    def __init__(self, model: Any, n_texts: int) -> None:
        self.model = model
        self.n_texts = n_texts

    @classmethod
    def build(cls, texts: Sequence[str]) -> WordIndex:
        """Count the words of the texts."""
        import bm25s

        tokens = stems(texts)
        if not any(tokens):
            return cls(None, len(texts))
        model = bm25s.BM25(k1=1.5, b=0.75)
        model.index(tokens, show_progress=False)
        return cls(model, len(texts))

    def scores(self, questions: Sequence[str]) -> np.ndarray:
        """The weighted share of each question's words that a text covers. Shape: (questions, n) float32, 0 to 1.

        BM25 divided by the score of a text that repeats every word of the question without end. The order is BM25's,
        and a question in other words than the texts' scores low everywhere, which the hybrid search needs to know.
        """
        scores = np.zeros((len(questions), self.n_texts), dtype=np.float32)
        for row, tokens in enumerate(stems(questions) if self.model is not None else []):
            known = self.model.get_tokens_ids(tokens)
            if known:
                most = self._weights(known).sum() + (len(tokens) - len(known)) * _weight(0, self.n_texts)
                scores[row] = self.model.get_scores_from_ids(known) / most
        return scores

    def _weights(self, ids: list[int]) -> np.ndarray:
        """The inverse document frequency of known words. Shape: (ids,)."""
        starts = self.model.scores["indptr"]
        return np.array([_weight(int(starts[i + 1]) - int(starts[i]), self.n_texts) for i in ids])

    def save(self, folder: Path) -> None:
        """Write the counts as arrays and JSON into `folder`; nothing when the texts have no words."""
        if self.model is not None:
            self.model.save(folder, show_progress=False)

    @classmethod
    def open(cls, folder: Path, n_texts: int) -> WordIndex:
        """What `save` wrote, memory-mapped."""
        import bm25s

        if not (folder / "params.index.json").exists():
            return cls(None, n_texts)
        return cls(bm25s.BM25.load(folder, mmap=True, show_progress=False), n_texts)


def _weight(n_with: int, n: int) -> float:
    """Inverse document frequency as bm25s has it (Lucene's): ln(1 + (n - n_with + 0.5) / (n_with + 0.5))."""
    return math.log(1 + (n - n_with + 0.5) / (n_with + 0.5))


def stems(texts: Sequence[str]) -> list[list[str]]:
    """The stemmed words of each text, in order, without English stop words.

    >>> stems(["The probes measured it in 6 seconds"])
    [['probe', 'measur', '6', 'second']]
    """
    import bm25s
    import Stemmer

    if not texts:
        return []
    words: list[list[str]] = bm25s.tokenize(
        list(texts),
        token_pattern=PATTERN,
        stopwords="en",
        stemmer=Stemmer.Stemmer("english"),  # a new one, as threads must not share it
        return_ids=False,
        show_progress=False,
    )
    return words
