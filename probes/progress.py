"""Progress of a long step."""

from __future__ import annotations

from collections.abc import Callable

#: Called with a short sentence and the share done, from 0 to 1.
Progress = Callable[[str, float], None]


def silent(sentence: str, share: float) -> None:
    """Report nothing."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """Progress whose 0 to 1 is the stretch from `start` to `end` of another's.

    >>> within(lambda sentence, share: print(sentence, share), 0.5, 1.0)("Reading", 0.5)
    Reading 0.75
    """
    return lambda sentence, share: progress(sentence, start + share * (end - start))
