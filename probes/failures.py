"""Which failed, retrieval or reading: what became of each question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from probes.reading import token_f1

Outcome = Literal["right", "misread", "not found", "wrongly refused", "made up"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: An answer that shares so much with a truth counts as right.
RIGHT_F1 = 0.5


def outcome(answer: str, truths: Sequence[str], found: bool, supported: bool) -> Outcome:
    """What became of a question.

    found: whether the passages that were read hold the answer; supported: whether an answer was given at all.
    "made up": an answer where the documents have none.

    >>> outcome("Warsaw", ["Warsaw"], True, True), outcome("Paris", ["Warsaw"], True, True)
    ('right', 'misread')
    >>> outcome("Paris", ["Warsaw"], False, True), outcome("", ["Warsaw"], True, False)
    ('not found', 'wrongly refused')
    >>> outcome("Paris", [], False, True)
    'made up'
    """
    if token_f1(answer, truths) >= RIGHT_F1:
        return "right"
    if not truths:
        return "made up"
    if not found:
        return "not found"
    return "misread" if supported else "wrongly refused"


def counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many of each, in the order of `OUTCOMES`."""
    seen = Counter(outcomes)
    return {name: seen[name] for name in OUTCOMES}


def sentence(counts: dict[str, int]) -> str:
    """Which failed, in words; "" when there was no question.

    >>> sentence({"right": 6, "misread": 3, "not found": 1})
    'Of 10 questions 6 were answered rightly, 3 had the answer before them and were misread, and 1 was not found.'
    >>> sentence({"right": 0, "not found": 2})
    'Of 2 questions none was answered rightly and 2 were not found.'
    """
    n = sum(counts.values())
    if not n:
        return ""
    words = {
        "misread": "had the answer before them and {be} misread",
        "not found": "{be} not found",
        "wrongly refused": "{be} wrongly refused",
        "made up": "got an answer that the documents do not hold",
    }
    right = counts.get("right", 0)
    said = [f"{right:,} {_be(right)} answered rightly" if right else "none was answered rightly"]
    said += [
        f"{counts[name]:,} {text.format(be=_be(counts[name]))}" for name, text in words.items() if counts.get(name)
    ]
    listed = " and ".join(said) if len(said) < 3 else f"{', '.join(said[:-1])}, and {said[-1]}"
    return f"Of {n:,} questions {listed}."


def _be(n: int) -> str:
    return "was" if n == 1 else "were"
