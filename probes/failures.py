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
    'Of 10 questions, 6 were answered correctly, 3 were misread with the answer in the passages, and 1 was not found.'
    >>> sentence({"right": 0, "not found": 2})
    'Of 2 questions, none was answered correctly and 2 were not found.'
    """
    n = sum(counts.values())
    if not n:
        return ""
    words = {
        "misread": "{be} misread with the answer in the passages",
        "not found": "{be} not found",
        "wrongly refused": "{be} wrongly refused",
        "made up": "got an answer that is not in the documents",
    }
    right = counts.get("right", 0)
    parts = [f"{right:,} {_be(right)} answered correctly" if right else "none was answered correctly"]
    parts += [
        f"{counts[name]:,} {text.format(be=_be(counts[name]))}" for name, text in words.items() if counts.get(name)
    ]
    text = " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return f"Of {n:,} questions, {text}."


def _be(n: int) -> str:
    return "was" if n == 1 else "were"
