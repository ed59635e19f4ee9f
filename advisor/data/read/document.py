"""The text that a document gives, and why one gives none."""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """A document that gives no text; its message is the reason, one sentence or two."""


@dataclass(frozen=True)
class DocumentText:
    """What a document says. ``title`` is "" where it names none.

    ``notes``: sentences about how it was read, with {} in the place of the file's name.
    """

    title: str
    text: str
    notes: tuple[str, ...] = ()


def letters(text: str) -> int:
    """The number of letters and digits."""
    return sum(character.isalnum() for character in text)


def line(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())
