"""The threshold of "not in the documents", and its two error rates."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.support import MOST_REFUSED, choose

SHARES = st.lists(st.floats(-1, 1), min_size=1, max_size=80)


@settings(deadline=None)
@given(SHARES, SHARES)
def test_hardly_any_answerable_question_is_refused_and_both_rates_are_counted(
    answerable: list[float], other: list[float]
) -> None:
    one, two = np.array(answerable), np.array(other)
    found = choose(one, two)
    assert found.wrongly_refused == np.mean(one < found.similarity) <= MOST_REFUSED
    assert found.let_through == np.mean(two >= found.similarity)


def test_it_is_the_highest_such_threshold() -> None:
    answerable = np.linspace(0.2, 0.9, 100)
    found = choose(answerable, np.array([0.1, 0.95]))
    assert np.mean(answerable < found.similarity + 0.01) > MOST_REFUSED
    assert found.let_through == 0.5 and "5 % of 100" in found.sentence


def test_without_answerable_questions_nothing_is_refused() -> None:
    assert choose(np.zeros(0), np.array([0.3])).similarity == -1.0
