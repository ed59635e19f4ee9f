"""The extractive reader on a real encoder: tokens, spans, and a head that learns where answers stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.backbones import catalog
from probes.backbones.text import TextBackbone
from probes.errors import ProbeError
from probes.reader import Piece, best_span, fit, read, span_of

NAMES = ["Ada", "Boris", "Chen", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivan", "Jo"]
TOWNS = ["Lima", "Oslo", "Perth", "Quito", "Rome", "Sofia", "Turin", "Ulm", "Vigo", "York"]
LAYERS = (3, 4)


@pytest.fixture(scope="module")
def encoder() -> TextBackbone:
    return TextBackbone.load(catalog.default("text"))


def asked(n: int) -> tuple[list[str], list[str], list[str]]:
    """Questions, passages and answers about who lives where since when."""
    rng = np.random.default_rng(0)
    questions, passages, answers = [], [], []
    for i in range(n):
        (a, b), (s, t) = rng.choice(NAMES, 2, replace=False), rng.choice(TOWNS, 2, replace=False)
        year = str(rng.integers(1950, 2020))
        passages.append(
            f"{a} has lived in {s} for years. In {year} {b} moved to {t}, which was a surprise to everybody."
        )
        question, answer = (f"When did {b} move?", year) if i % 2 else (f"Where did {b} move to?", t)
        questions.append(question)
        answers.append(answer)
    return questions, passages, answers


def test_tokens_know_where_they_stand_and_a_batch_changes_nothing(encoder: TextBackbone) -> None:
    questions, passages, answers = asked(5)
    pieces = read(encoder, questions, passages, LAYERS)
    for piece, passage, answer in zip(pieces, passages, answers, strict=True):
        span = span_of(piece, [answer])
        assert span is not None and passage[piece.spans[span[0]][0] : piece.spans[span[1]][1]] == answer
    alone = read(encoder, questions[:1], passages[:1], LAYERS)[0]
    assert np.abs(alone.states - pieces[0].states).max() < 1e-3


def test_a_head_learns_to_mark_answers_it_has_not_seen(encoder: TextBackbone) -> None:
    questions, passages, answers = asked(80)
    pieces = read(encoder, questions, passages, LAYERS)
    spans = [span_of(piece, [answer]) for piece, answer in zip(pieces, answers, strict=True)]
    head = fit(pieces[:60], spans[:60], LAYERS)
    right = [head.mark(piece).text == answer for piece, answer in zip(pieces[60:], answers[60:], strict=True)]
    assert np.mean(right) > 0.5  # any other name, town or year would do by chance once in four


def test_a_passage_that_does_not_answer_scores_lower(encoder: TextBackbone) -> None:
    questions, passages, answers = asked(60)
    pieces = read(encoder, questions, passages, LAYERS)
    spans = [span_of(piece, [answer]) for piece, answer in zip(pieces, answers, strict=True)]
    others = read(
        encoder, questions, ["Rain is forecast for the whole weekend, and the shops are closed."] * 60, LAYERS
    )
    head = fit(pieces[:40] + others[:40], spans[:40] + [None] * 40, LAYERS)
    answered = np.array([head.mark(piece).score for piece in pieces[40:]])
    empty = np.array([head.mark(piece).score for piece in others[40:]])
    assert np.median(answered) > np.median(empty) + 1.0


def test_nothing_to_learn_from_is_told(encoder: TextBackbone) -> None:
    pieces = read(encoder, ["Who?"], ["Nobody knows."], LAYERS)
    with pytest.raises(ProbeError, match="word for word"):
        fit(pieces, [None], LAYERS)


def test_an_answer_inside_a_word_is_none() -> None:
    piece = Piece("The party ended.", np.zeros((3, 1)), np.array([[0, 3], [4, 9], [10, 15]]))
    assert span_of(piece, ["art"]) is None
    assert span_of(piece, ["nothing", "Party"]) == (1, 1)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=12), st.integers(1, 5))
def test_the_best_span_is_the_best_of_all_short_spans(scores: list[tuple[float, float]], most: int) -> None:
    starts, ends = (np.array(column) for column in zip(*scores, strict=True))
    first, last, total = best_span(starts, ends, most)
    n = len(starts)
    every = [starts[i] + ends[j] for i in range(n) for j in range(i, min(n, i + most))]
    assert first <= last < first + most and total == max(every) == starts[first] + ends[last]
