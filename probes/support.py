"""When to say that the documents do not answer a question, and how often that is wrong.

The best passage's similarity to the question decides. The threshold is chosen on training questions: each is asked
twice, with all documents and without its own document, so that nothing left can answer it. At most a given share of the
answerable questions may be refused; the refused share of the others follows, and both are reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: At most this share of the answerable training questions is refused.
MOST_REFUSED = 0.05


@dataclass(frozen=True)
class Threshold:
    """Below ``similarity``, no passage supports an answer.

    ``wrongly_refused``: share of the ``n`` answerable questions below it; ``let_through``: share of the ``n_without``
    unanswerable ones above it.
    """

    similarity: float
    wrongly_refused: float
    let_through: float
    n: int
    n_without: int

    @property
    def sentence(self) -> str:
        """Both error rates in words."""
        return (
            f"A question is refused when no passage has a similarity of {self.similarity:.2f}: that refuses "
            f"{100 * self.wrongly_refused:.0f} % of {self.n:,} questions that the documents answer, and lets "
            f"{100 * self.let_through:.0f} % of {self.n_without:,} pass that they do not."
        )


def choose(answerable: np.ndarray, unanswerable: np.ndarray, most_refused: float = MOST_REFUSED) -> Threshold:
    """The highest threshold that refuses at most `most_refused` of the answerable.

    Shape: answerable (n,), unanswerable (m,): the best passage's similarity to each question. Without answerable
    questions, nothing is refused.
    """
    if not len(answerable):
        return Threshold(-1.0, 0.0, 1.0, 0, len(unanswerable))
    ranked = np.sort(answerable)
    cut = float(ranked[int(most_refused * len(ranked))])
    let_through = float(np.mean(unanswerable >= cut)) if len(unanswerable) else 1.0
    return Threshold(cut, float(np.mean(answerable < cut)), let_through, len(answerable), len(unanswerable))
