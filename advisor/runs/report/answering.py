"""A question answering model tested: every test question answered, and what became of each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from advisor.advice.budgets import LEAST_QUESTIONS
from advisor.advice.promise import against, beside_refusing
from advisor.core.errors import RunError
from advisor.core.records import Answer, Dataset, Mistake, Plan
from advisor.core.wording import count, counted, percent
from advisor.data.question_set import QuestionSet, gold_chunks, questions_of, spread_rows
from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import found_in
from advisor.rungs.saved.answering import Answerer
from advisor.rungs.saved.loading import Model
from advisor.runs.report.results import MOST_MISTAKES, Results
from probes import failures
from probes.bootstrap import measured_mean
from probes.measured import Measured
from probes.progress import Progress
from probes.reading import exact_match, token_f1
from probes.retrieval.chunks import Chunk

if TYPE_CHECKING:
    from probes.retrieval.index import HybridIndex

PASSAGE_CHARACTERS = 600


def test(plan: Plan, dataset: Dataset, model: Model, progress: Progress, deadline: float) -> Results:
    """Answer the test questions that fit before the deadline, but at least `LEAST_QUESTIONS`."""
    assert isinstance(model, Answerer)
    started = time.monotonic()
    rows = spread_rows(dataset, dataset.where("test"), plan.seed)
    if not len(rows):
        raise RunError("The test part has no question, so there is nothing to report. Check the data page.")
    questions = questions_of(dataset, rows)
    answers = model.answer(questions.texts, progress, deadline, LEAST_QUESTIONS)
    questions = questions.only(np.arange(len(answers)))
    pairs = [(answer.text, truths) for answer, truths in zip(answers, questions.answers, strict=True)]
    value = measured_mean([token_f1(*pair) for pair in pairs], time.monotonic() - started, questions.groups)
    index = index_of(dataset)
    became = outcomes(index, questions, answers)
    counts = failures.counted(became)
    refusing = float(np.mean([not truths for truths in questions.answers]))
    return Results(
        fields={
            "test": value,
            "classes": (),
            "confusion": [],
            "per_class": [],
            "mistakes": worst(dataset, questions, answers, became),
            "exact_match": measured_mean([exact_match(*pair) for pair in pairs], value.seconds, questions.groups),
            "recall_at_5": recall(index, questions, value.seconds),
            "outcomes": counts,
            "refusing": refusing,
        },
        sentences=sentences(plan, value, len(rows), counts, refusing),
        predictions=each_answer(questions.rows, answers, [token_f1(*pair) for pair in pairs]),
    )


def each_answer(rows: np.ndarray, answers: Sequence[Answer], scores: Sequence[float]) -> pd.DataFrame:
    """What was said to each test question, with its token F1 and the model's probability (NaN: none). Shape: (n,)."""
    sure = [np.nan if answer.probability is None else answer.probability for answer in answers]
    return pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "answer": [answer.text for answer in answers],
            "f1": np.asarray(scores, dtype=np.float32),
            "probability": np.asarray(sure, dtype=np.float32),
        }
    )


def outcomes(index: HybridIndex, questions: QuestionSet, answers: Sequence[Answer]) -> list[failures.Outcome]:
    """What became of each question. A closed-book answer had no passage: if it is wrong, it counts as not found."""
    gold = gold_chunks(index, questions)
    became = []
    for truths, answer, own in zip(questions.answers, answers, gold, strict=True):
        read = [Chunk(p.document, p.title, p.text, p.start, p.end) for p in answer.passages]
        answered = answer.supported or not read
        became.append(failures.outcome(answer.text, truths, found_in(read, own, truths), answered))
    return became


def recall(index: HybridIndex, questions: QuestionSet, seconds: float) -> Measured | None:
    """Share of the questions with the answer among the first five passages; None where no question could be found."""
    from probes.retrieval import measures

    pairs = zip(questions.answers, questions.documents, strict=True)
    truths = [measures.Truth(answers, document) for answers, document in pairs]
    chunks = [[hit.chunk for hit in hits] for hits in index.search(questions.texts, 5)]
    ranks = measures.ranks(chunks, truths, index.chunks)
    known = ~np.isnan(ranks)
    groups = [group for group, there in zip(questions.groups, known, strict=True) if there]
    return measured_mean((ranks[known] <= 5).astype(float), seconds, groups) if known.any() else None


def worst(
    dataset: Dataset, questions: QuestionSet, answers: Sequence[Answer], became: Sequence[failures.Outcome]
) -> tuple[Mistake, ...]:
    """The wrong answers given with the highest probability, at most `MOST_MISTAKES`."""
    wrong = [i for i, outcome in enumerate(became) if outcome != "right"]
    wrong.sort(key=lambda i: -(answers[i].probability or 0.0))
    keys = dataset.items["key"]
    return tuple(
        Mistake(
            key=str(keys.iloc[questions.rows[i]]),
            row=int(questions.rows[i]),
            label=(*questions.answers[i], "")[0],
            predicted=answers[i].text,
            probability=answers[i].probability or 0.0,
            question=questions.texts[i],
            passage=answers[i].passages[0].text[:PASSAGE_CHARACTERS] if answers[i].passages else "",
            outcome=became[i],
        )
        for i in wrong[:MOST_MISTAKES]
    )


def sentences(
    plan: Plan, test: Measured, n_test: int, counts: dict[str, int], refusing: float | None
) -> tuple[str, ...]:
    """What came out against what was predicted and against refusing, which failed, and what there was no time for."""
    got = f"{percent(test.value)} {plan.metric} on {counted(test.n, 'test question')}"
    left = (
        f"The time budget allowed {count(test.n)} of {count(n_test)} test questions, one of each document first. A "
        f"longer budget allows more."
    )
    judged = f"{against(plan.promised, test, got)} {beside_refusing(test.value, refusing)}".strip()
    return (judged, failures.sentence(counts), *((left,) if test.n < n_test else ()))
