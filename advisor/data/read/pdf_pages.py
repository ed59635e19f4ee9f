"""On which page of a PDF a passage stands: found by its letters, since a document's text has no pages."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

#: Letters and digits of a passage that are looked for, the more the surer; a passage may begin on the page before.
LENGTHS = (80, 40)
MOST_BYTES = 100_000_000


def page_of(path: Path, passage: str) -> int | None:
    """The page, counted from 1, on which a passage begins; None where it cannot be found."""
    try:
        facts = path.stat()
        if path.suffix.lower() != ".pdf" or facts.st_size > MOST_BYTES:
            return None
        pages = _pages(path, facts.st_mtime_ns)
    except Exception:  # pypdf raises some thirty kinds on damaged files
        return None
    letters = _letters(passage)
    for length in LENGTHS:
        for start in (0, max(0, (len(letters) - length) // 2)):
            wanted = letters[start : start + length]
            if len(wanted) < min(length, 20):
                continue
            for number, page in enumerate(pages, start=1):
                if wanted in page:
                    return number
    return None


@lru_cache(maxsize=8)
def _pages(path: Path, changed: int) -> tuple[str, ...]:
    """The letters of each page, read again when the file has changed."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    return tuple(_letters(page.extract_text()) for page in PdfReader(path).pages)


def _letters(text: str) -> str:
    """Letters and digits alone: line breaks, hyphens and ligatures differ between two readings of a page.

    >>> _letters("A frozen- head, 2 layers")
    'afrozenhead2layers'
    """
    return "".join(character for character in text.casefold() if character.isalnum())
