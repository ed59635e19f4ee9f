"""A text as words with their places, for models that learned from words."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Addresses, names of accounts and file names stay whole; then words with inner points, hyphens and apostrophes' ends.
_WORD = re.compile(
    r"https?://\S+|[@#]\w[\w.-]*\w|\w+(?:[.\-_/:]\w+)*(?=n't\b)|n't\b|'(?:s|m|d|re|ve|ll|S)\b|(?:[A-Za-z]\.){2,}"
    r"|\w+(?:[.,\-_/:]\w+)*|\.{2,}|\S"
)


class Word(NamedTuple):
    """A word and its characters from `start` up to `end` in the text."""

    text: str
    start: int
    end: int


def words_in(text: str) -> list[Word]:
    """The words of a text and its punctuation marks, one by one.

    >>> [word.text for word in words_in("I'm in Paris, don't go.")]
    ['I', "'m", 'in', 'Paris', ',', 'do', "n't", 'go', '.']
    """
    return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]


def words_apart(text: str) -> list[Word]:
    """The words of a text that was joined by single spaces.

    >>> words_apart("U.S. troops")
    [Word(text='U.S.', start=0, end=4), Word(text='troops', start=5, end=11)]
    """
    return [Word(match[0], match.start(), match.end()) for match in re.finditer(r"\S+", text)]
