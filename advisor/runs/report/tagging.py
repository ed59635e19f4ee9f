"""A tagger tested: every test sentence marked, each type with its interval, and the sentences that went wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from advisor.advice.promise import against
from advisor.core.errors import RunError
from advisor.core.records import Dataset, Mistake, Plan
from advisor.core.wording import counted, percent
from advisor.data.tag_set import in_text, in_words, sentences_of
from advisor.evidence.sample import related
from advisor.rungs.saved.loading import Model
from advisor.rungs.saved.tagging import Found, Tagger
from advisor.runs.report.results import MOST_MISTAKES, Results
from probes.progress import Progress
from probes.tagging.head import Sample
from probes.tagging.scoring import SpanCounts, count_spans, measured_f1, per_type
from probes.tagging.words import words_apart


def test(plan: Plan, dataset: Dataset, model: Model, progress: Progress, deadline: float) -> Results:
    """Mark every test sentence. Raises RunError without one."""
    assert isinstance(model, Tagger)
    started = time.monotonic()
    rows = dataset.where("test")
    if not len(rows):
        raise RunError("The test part has no sentence, so there is nothing to report. Check the data page.")
    sample = sentences_of(dataset, rows, related(dataset)[rows])
    found = model.found(sample.sentences, progress)
    counts = count_spans(sample.spans(), [one.spans for one in found], sample.types)
    value = measured_f1(counts, time.monotonic() - started, sample.groups)
    wrong = places_wrong(counts)
    said = [in_words(words, one.spans) for words, one in zip(sample.sentences, found, strict=True)]
    return Results(
        fields={
            "test": value,
            "classes": sample.types,
            "confusion": [],
            "per_class": per_type(counts, sample.types, sample.groups),
            "mistakes": worst(dataset, rows, sample, found, wrong),
        },
        sentences=sentences(plan, counts, value.n, len(wrong), against(plan.promised, value, _got(plan, counts))),
        predictions=each_sentence(rows, counts, said),
    )


def _got(plan: Plan, counts: SpanCounts) -> str:
    return f"{percent(counts.f1)} {plan.metric} on {counted(len(counts.there), 'test sentence')}"


def places_wrong(counts: SpanCounts) -> np.ndarray:
    """The sentences in which a span is missed or made up, those with the most of both first. Shape: (m,) int64."""
    off = (counts.predicted + counts.there - 2 * counts.right).sum(axis=1)
    order = np.argsort(-off, kind="stable")
    wrong: np.ndarray = order[off[order] > 0]
    return wrong


def worst(
    dataset: Dataset, rows: np.ndarray, sample: Sample, found: Sequence[Found], wrong: np.ndarray
) -> tuple[Mistake, ...]:
    """The sentences with the most wrong spans, both taggings beside each other; at most `MOST_MISTAKES`."""
    mistakes, truth = [], sample.spans()
    for place in wrong[:MOST_MISTAKES].tolist():
        text = " ".join(sample.sentences[place])
        words = words_apart(text)
        if len(words) != len(sample.sentences[place]):  # a word with a space in it
            continue
        spans = in_text(text, words, found[place].spans, found[place].sure)
        there = in_text(text, words, truth[place])
        mistakes.append(
            Mistake(
                key=str(dataset.items["key"].iloc[rows[place]]),
                row=int(rows[place]),
                label=", ".join(f"{one.text} ({one.type})" for one in there),
                predicted=", ".join(f"{one.text} ({one.type})" for one in spans),
                probability=min((one.probability or 0.0 for one in spans), default=0.0),
                question=text,
                spans=spans,
                truth=there,
            )
        )
    return tuple(mistakes)


def each_sentence(rows: np.ndarray, counts: SpanCounts, said: Sequence[str]) -> pd.DataFrame:
    """What was marked in words, spans found, predicted and there, and F1 of each sentence (1 without any span)."""
    sizes = counts.sizes
    f1 = np.where(sizes > 0, counts.hits / np.maximum(sizes, 1), 1.0)
    return pd.DataFrame(
        {
            "row": rows.astype(np.int64),
            "answer": said,
            "right": counts.right.sum(axis=1),
            "predicted": counts.predicted.sum(axis=1),
            "there": counts.there.sum(axis=1),
            "f1": f1.astype(np.float32),
        }
    )


def sentences(plan: Plan, counts: SpanCounts, n: int, n_wrong: int, first: str) -> tuple[str, ...]:
    """What came out against what was predicted, and how many spans were found and made up."""
    there, predicted, right = (int(table.sum()) for table in (counts.there, counts.predicted, counts.right))
    found = (
        f"It found {right:,} of {counted(there, 'span')} exactly and marked {counted(predicted - right, 'other')}; "
        f"{n - n_wrong:,} of {counted(n, 'sentence')} are right in every word."
    )
    return first, found
