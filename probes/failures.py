"""What became of each question: did retrieval or reading fail?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from probes.reading import token_f1

Outcome = Literal["right", "misread", "not found", "wrongly refused", "made up"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: An answer with this token F1 counts as right.
RIGHT_F1 = 0.5


def outcome(answer: str, truths: Sequence[str], retrieved: bool, supported: bool) -> Outcome:
    """What became of a question.

    retrieved: whether the passages read contain the answer; supported: whether the model answered at all. "made up": an
    answer where the documents have none.

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
    if not retrieved:
        return "not found"
    return "misread" if supported else "wrongly refused"


def counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many of each, in the order of `OUTCOMES`."""
    counts = Counter(outcomes)
    return {name: counts[name] for name in OUTCOMES}


def sentence(counts: dict[str, int]) -> str:
    """The counts in words; "" without a question.

    >>> sentence({"right": 6, "misread": 3, "not found": 1})
    'Of 10 questions, 6 were right; in 3 the right passage was found but misread, and in 1 it was not among those read.'
    >>> sentence({"right": 0, "not found": 2})
    'Of 2 questions, none was right; in 2 the right passage was not among those read.'
    """
    n = sum(counts.values())
    if not n:
        return ""
    right = counts.get("right", 0)
    start = f"Of {n:,} question{'s' * (n != 1)}, " + (f"{right:,} {_be(right)}" if right else "none was") + " right"
    misread = counts.get("misread", 0)
    words = {
        "misread": "the right passage was found but misread",
        "not found": f"{'it' if misread else 'the right passage'} was not among those read",
        "wrongly refused": "the model refused, though the passage was there",
        "made up": "it answered what the documents do not say",
    }
    parts = [f"in {counts[name]:,} {text}" for name, text in words.items() if counts.get(name)]
    if not parts:
        return f"{start}."
    return f"{start}; {', '.join(parts[:-1])}{', and ' if len(parts) > 1 else ''}{parts[-1]}."


def _be(n: int) -> str:
    return "was" if n == 1 else "were"
