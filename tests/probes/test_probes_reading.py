from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.reading import NOT_FOUND, exact_match, loops, normalised, token_f1

WORDS = st.lists(st.sampled_from(["the", "Panthers", "308", "points,", "in", "a", "U.S.", ""]), max_size=6).map(
    " ".join
)


@pytest.mark.parametrize(
    ("answer", "truths", "match", "f1"),
    [
        ("The Eiffel Tower!", ["eiffel tower"], 1, 1),
        ("Denver Broncos", ["Broncos", "the Denver Broncos"], 1, 1),
        ("in 1999", ["1999"], 0, 2 / 3),
        ("nothing shared", ["308"], 0, 0),
        ("308", [], 0, 0),
        ("", [], 1, 1),
        ("Not in the documents.", [], 1, 1),
        (NOT_FOUND, ["in the documents of 1789"], 0, 0),  # words shared by chance are worth nothing
        ("", ["308"], 0, 0),
    ],
)
def test_matches(answer: str, truths: list[str], match: float, f1: float) -> None:
    assert exact_match(answer, truths) == match
    assert token_f1(answer, truths) == pytest.approx(f1)


@given(WORDS, WORDS)
def test_f1_is_the_slow_plain_formula(answer: str, truth: str) -> None:
    """Rajpurkar et al. 2016 in its plainest words, on answers that say something."""

    def words(text: str) -> list[str]:
        kept = "".join(c for c in text.lower() if c not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", kept).split()

    said, wanted = words(answer), words(truth)
    if said:
        shared = sum((Counter(said) & Counter(wanted)).values())
        expected = 2 * shared / (len(said) + len(wanted)) if shared else 0.0
        assert token_f1(answer, [truth]) == pytest.approx(expected)
        assert exact_match(answer, [truth]) == float(said == wanted)


@given(st.text(max_size=40))
def test_normalising_twice_is_once(text: str) -> None:
    assert token_f1(text, [text]) == (1.0 if normalised(text) not in ("", normalised(NOT_FOUND)) else 0.0)
    assert normalised(text) == " ".join(normalised(text).split())


@pytest.mark.parametrize(
    ("answer", "looping"),
    [
        ("The answer is: " * 4, True),
        ("It is 42. The answer is: The answer is: The answer is: The", True),
        ("yes yes yes yes yes yes", True),
        ("New York, New York", False),
        ("Bora Bora", False),
        ("no", False),
        ("", False),
        ("The first is ridge, the second is logistic regression, the third is a network.", False),
        ("Day after day after day, they measured it on items that nobody had ever seen before that.", False),
    ],
)
def test_an_answer_that_loops_is_told_from_one_that_repeats_a_word(answer: str, looping: bool) -> None:
    assert loops(answer) == looping
