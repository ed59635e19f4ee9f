"""How a long step tells where it is."""

from __future__ import annotations

from collections.abc import Callable

#: Called with a short sentence and the share done, from 0 to 1.
Progress = Callable[[str, float], None]


def silent(sentence: str, share: float) -> None:
    """The progress of a caller who does not look."""
