"""Simple properties of texts that a model could mistake for the thing: length, first words, a source in front."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

#: Characters read of each text.
MAX_CHARACTERS = 4000
#: What may stand before a text as its source: up to four words and a sign, "LONDON (Reuters) -", "Subject:", "[12]".
_WORD = r"[\w.@#/'-]+"
_SOURCE = re.compile(
    rf"\s*(?:[\[(<{{][^\])>}}\n]{{1,30}}[\])>}}]"
    rf"|{_WORD}(?:[ ,]+{_WORD}){{0,3}}\s*(?:\([^)\n]{{1,30}}\)\s*)?(?::|\||-\s|—|–|>|=))"
)

#: Group of properties → its columns.
GROUPS: dict[str, tuple[str, ...]] = {
    "text length": ("n_characters", "n_words"),
    "the first word": ("first",),
    "the last word": ("last",),
    "a source in front of the text": ("source",),
    "capital letters": ("capitals", "starts_capital"),
    "digits": ("digits",),
    "punctuation": ("punctuation", "ends_with"),
    "the writing system": ("latin", "ascii"),
    "line breaks and markup": ("lines", "markup"),
}


def text_properties(texts: Sequence[str]) -> dict[str, Mapping[str, np.ndarray]]:
    """The properties of texts by group, as `probes.shortcuts.shortcuts` takes them: each column (n,)."""
    rows = [_of(text) for text in texts]
    columns = {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else {})}
    return {group: {name: columns[name] for name in names} for group, names in GROUPS.items()} if rows else {}


def _of(text: str) -> dict[str, float | str]:
    text = text[:MAX_CHARACTERS]
    words = text.split()
    letters = sum(ch.isalpha() for ch in text) or 1
    n = len(text) or 1
    last = words[-1] if words else ""
    return {
        "n_characters": float(len(text)),
        "n_words": float(len(words)),
        "first": _bare(words[0]) if words else "",
        "last": _bare(last),
        "source": source_of(text),
        "capitals": sum(ch.isupper() for ch in text) / letters,
        "starts_capital": float(text.lstrip()[:1].isupper()),
        "digits": sum(ch.isdigit() for ch in text) / n,
        "punctuation": sum(not ch.isalnum() and not ch.isspace() for ch in text) / n,
        "ends_with": last[-1:] if not last[-1:].isalnum() else "",
        "latin": sum(ch.isalpha() and ch < "\u0250" for ch in text) / letters,
        "ascii": sum(ch.isascii() for ch in text) / n,
        "lines": float(text.count("\n")),
        "markup": float(len(re.findall(r"</?\w+[^>]{0,80}>|&\w{2,8};|https?://", text))),
    }


def source_of(text: str) -> str:
    """What precedes a text like a source, in lower case; "" where there is none.

    >>> source_of("LONDON (Reuters) - Shares fell"), source_of("Shares fell.")
    ('london (reuters) -', '')
    """
    match = _SOURCE.match(text[:80])
    return " ".join(match.group(0).casefold().split()) if match else ""


def _bare(word: str) -> str:
    return word.casefold().strip(".,;:!?\"'()[]") or word
