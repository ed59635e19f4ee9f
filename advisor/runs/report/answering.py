"""The report on questions: the locked test questions are answered here, once, and set against what was promised."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from advisor.advice.promise import against
from advisor.core.records import Answer, Dataset, Mistake, Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.data.question_set import Questions, gold_chunks, questions_of, spread_rows
from advisor.data.search_index import index_of
from advisor.evidence.answering.answers import found_in
from advisor.rungs.context import Outcome
from advisor.rungs.saved.answering import Answerer
from probes import failures
from probes.bootstrap import measured_mean
from probes.measured import Measured
from probes.progress import Progress, silent
from probes.reading import exact_match, token_f1
from probes.retrieval.chunks import Chunk

if TYPE_CHECKING:
    from probes.retrieval.index import HybridIndex

MOST_MISTAKES = 40
#: So many test questions are answered even where the time is up.
LEAST_QUESTIONS = 64
PASSAGE_CHARACTERS = 600


def report_answers(
    plan: Plan, dataset: Dataset, answerer: Answerer, directory: Path, outcome: Outcome, seconds: float,
    progress: Progress = silent, deadline: float | None = None,
) -> RunReport:  # fmt: skip
    """Answer the test questions (those that fit before `deadline`, at least 64), and write ``report.json``.

    Raises RunError when there is no test question.
    """
    from advisor.core.errors import RunError

    started = time.monotonic()
    rows = spread_rows(dataset, dataset.where("test"), plan.seed)
    if not len(rows):
        raise RunError("The test part has no question, so there is nothing to report. Check the data page.")
    asked = questions_of(dataset, rows)
    given = answerer.answer(asked.texts, progress, deadline, LEAST_QUESTIONS)
    asked = asked.only(np.arange(len(given)))
    values = [token_f1(answer.text, truths) for answer, truths in zip(given, asked.answers, strict=True)]
    exact = [exact_match(answer.text, truths) for answer, truths in zip(given, asked.answers, strict=True)]
    index = index_of(dataset)
    became = outcomes(index, asked, given)
    counts = failures.counted(became)
    test = measured_mean(values, time.monotonic() - started, asked.groups)
    made = RunReport(
        run=plan.run,
        rung=plan.rung,
        metric=plan.metric,
        test=test,
        promised=plan.promised,
        classes=(),
        confusion=[],
        per_class=[],
        mistakes=worst(dataset, asked, given, became),
        validation=outcome.validation,
        exact_match=measured_mean(exact, test.seconds, asked.groups),
        recall_at_5=recall(index, asked, test.seconds),
        outcomes=counts,
        seconds=seconds + time.monotonic() - started,
        device=outcome.device,
        precision=outcome.precision,
        dropped=outcome.dropped,
        sentences=(*sentences(plan, test, len(rows), counts), *outcome.sentences),
    )
    made.save(RunFiles(directory).report)
    return made


def outcomes(index: HybridIndex, asked: Questions, given: Sequence[Answer]) -> list[failures.Outcome]:
    """What became of each question. An answer by heart had no passage: what is wrong counts as not found."""
    gold = gold_chunks(index, asked)
    became = []
    for truths, answer, own in zip(asked.answers, given, gold, strict=True):
        read = [Chunk(p.document, p.title, p.text, p.start, p.end) for p in answer.passages]
        answered = answer.supported or not read
        became.append(failures.outcome(answer.text, truths, found_in(read, own, truths), answered))
    return became


def recall(index: HybridIndex, asked: Questions, seconds: float) -> Measured | None:
    """Share of the questions with the answer among the first five passages; None where no question could be found."""
    from probes.retrieval import measures

    truths = [measures.Truth(answers, name) for answers, name in zip(asked.answers, asked.documents, strict=True)]
    found = [[hit.chunk for hit in hits] for hits in index.search(asked.texts, 5)]
    ranks = measures.ranks(found, truths, index.chunks)
    known = ~np.isnan(ranks)
    groups = [group for group, there in zip(asked.groups, known, strict=True) if there]
    return measured_mean((ranks[known] <= 5).astype(float), seconds, groups) if known.any() else None


def worst(
    dataset: Dataset, asked: Questions, given: Sequence[Answer], became: Sequence[failures.Outcome]
) -> tuple[Mistake, ...]:
    """The wrong answers given with the highest probability, at most `MOST_MISTAKES`."""
    wrong = [i for i, outcome in enumerate(became) if outcome != "right"]
    wrong.sort(key=lambda i: -(given[i].probability or 0.0))
    keys = dataset.items["key"]
    return tuple(
        Mistake(
            key=str(keys.iloc[asked.rows[i]]),
            row=int(asked.rows[i]),
            label=(*asked.answers[i], "")[0],
            predicted=given[i].text,
            probability=given[i].probability or 0.0,
            question=asked.texts[i],
            passage=given[i].passages[0].text[:PASSAGE_CHARACTERS] if given[i].passages else "",
            outcome=became[i],
        )
        for i in wrong[:MOST_MISTAKES]
    )


def sentences(plan: Plan, test: Measured, n_test: int, counts: dict[str, int]) -> tuple[str, ...]:
    """What came out against what was promised, which failed, and how many questions there was time for."""
    got = f"{100 * test.value:.1f} % {plan.metric} on {test.n:,} test questions"
    told = against(plan.promised, test, got)
    left = f"The time sufficed for {test.n:,} of {n_test:,} test questions, one of each document first."
    return (told, failures.sentence(counts), *((left,) if test.n < n_test else ()))
