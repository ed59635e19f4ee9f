"""How well the documents are searched, and when nothing in them supports an answer; on training questions only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.records import ProbeResult
from advisor.data.question_set import QuestionSet
from probes.bootstrap import measured_mean

if TYPE_CHECKING:
    from probes.retrieval.index import How, HybridIndex
    from probes.support import Threshold

HOWS: tuple[How, ...] = ("words", "dense", "hybrid")
#: Deep enough for the reciprocal rank; beyond it counts as not found.
DEEPEST = 20


def retrieval(index: HybridIndex, questions: QuestionSet, threshold: dict[str, Any]) -> ProbeResult | None:
    """Recall at 1 and 5 and the mean reciprocal rank, by words, by meaning and by both; the value is recall at 5.

    threshold: the chosen `Threshold` as a dictionary, kept beside the numbers. None where no passage is known to
    answer any of the questions: their answers are in words of their own, or not in the documents.
    """
    from probes.retrieval import measures

    started = time.monotonic()
    truths = [
        measures.Truth(answers, name) for answers, name in zip(questions.answers, questions.documents, strict=True)
    ]
    settings: dict[str, Any] = {"k": 5, "threshold": threshold}
    for how in HOWS:
        hits = [[hit.chunk for hit in row] for row in index.search(questions.texts, DEEPEST, how)]
        ranks = measures.ranks(hits, truths, index.chunks)
        settings[how] = {
            "recall@1": measures.recall_at_k(ranks, 1),
            "recall@5": measures.recall_at_k(ranks, 5),
            "mrr": measures.mean_reciprocal_rank(ranks),
        }
    known = ~np.isnan(ranks)
    if not known.any():
        return None
    groups = [group for group, is_known in zip(questions.groups, known, strict=True) if is_known]
    measured = measured_mean((ranks[known] <= 5).astype(float), time.monotonic() - started, groups, note="recall@5")
    settings["n_chunks"] = len(index.chunks)
    settings["found"] = (ranks[known] <= 5).astype(int).tolist()
    return ProbeResult(name="retrieval", title="The answer among five passages", measured=measured, settings=settings)


def threshold(index: HybridIndex, questions: QuestionSet) -> Threshold:
    """The similarity below which nothing supports an answer.

    It is chosen on answerable questions, with and without their own documents, and on those that no document answers.
    """
    from probes.support import choose

    similar = index.scores(questions.texts, "dense")
    answered = questions.answered
    if not similar.size:
        return choose(np.zeros(0), np.zeros(0))
    places: dict[str, list[int]] = {}
    for number, chunk in enumerate(index.chunks):
        places.setdefault(chunk.document, []).append(number)
    best = similar.max(axis=1)
    elsewhere = similar.copy()
    for row, name in enumerate(questions.documents):
        elsewhere[row, places.get(name, [])] = -1.0
    twins = elsewhere.max(axis=1)[answered & np.array([name in places for name in questions.documents], dtype=bool)]
    return choose(best[answered], np.concatenate([twins, best[~answered]]))


def similarities(index: HybridIndex, questions: tuple[str, ...]) -> np.ndarray:
    """The best passage's cosine similarity to each question; -1 without passages. Shape: (n,) float."""
    scores = index.scores(questions, "dense") if index.chunks else np.zeros((len(questions), 0))
    best: np.ndarray = scores.max(axis=1) if scores.shape[1] else np.full(len(questions), -1.0)
    return best
