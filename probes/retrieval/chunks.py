"""Documents cut into chunks along their structure: headings first, then paragraphs, sentences and words.

The cutting is semantic-text-splitter's Markdown splitter, which takes plain text as paragraphs. A chunk knows where it
stands (`text == document.text[start:end]`), so that an answer can cite it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Tokens of a chunk and of what it shares with the one before it; `docs/documents.md` has the measurement.
SIZE, OVERLAP = 200, 30
#: Where no tokenizer counts: characters of English prose per word piece.
CHARACTERS_PER_TOKEN = 4
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


@dataclass(frozen=True)
class Document:
    """A document to be searched; ``name`` is its id, ``title`` may be empty."""

    name: str
    title: str
    text: str

    @property
    def digest(self) -> str:
        """BLAKE2b over title and text, 32 hex digits: equal digests, equal chunks."""
        content = f"{self.title}\x1f{self.text}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Chunk:
    """A piece of a document: characters ``start`` to ``end`` of its text.

    ``title``: the document's title and the headings above the piece, joined by ": ".
    """

    document: str
    title: str
    text: str
    start: int
    end: int

    @property
    def searched(self) -> str:
        """What words and meaning are taken from: a chunk rarely repeats what its headings say."""
        return f"{self.title.replace('_', ' ')}\n{self.text}" if self.title else self.text


def split(
    documents: Sequence[Document], tokenizer: Any = None, size: int = SIZE, overlap: int = OVERLAP
) -> list[Chunk]:
    """The chunks of all documents, in their order; a document without a letter has none.

    size, overlap: at most so many tokens, counted by ``tokenizer`` (a `tokenizers.Tokenizer`), else as four characters
    each.
    """
    cut = _splitter(tokenizer, size, overlap)
    return [chunk for document in documents for chunk in _pieces(document, cut)]


def headings(text: str) -> list[tuple[int, int, str]]:
    """(place, level, words) of every Markdown heading outside code.

    >>> headings("# One\\n```\\n# no\\n```\\n## Two ##")
    [(0, 1, 'One'), (19, 2, 'Two')]
    """
    found = []
    place, inside = 0, ""
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if fence and inside in ("", fence[1]):
            inside = "" if inside else fence[1]
        elif not inside and (heading := _HEADING.match(line)):
            found.append((place, len(heading[1]), heading[2]))
        place += len(line) + 1
    return found


def _splitter(tokenizer: Any, size: int, overlap: int) -> Any:
    from semantic_text_splitter import MarkdownSplitter

    if tokenizer is None:
        return MarkdownSplitter(CHARACTERS_PER_TOKEN * size, CHARACTERS_PER_TOKEN * overlap)
    return MarkdownSplitter.from_huggingface_tokenizer(counting(tokenizer), size, overlap)


def counting(tokenizer: Any) -> Any:
    """The tokenizer without the cut and the padding of its file (all-MiniLM-L6-v2 counts every text as 128 tokens)."""
    from tokenizers import Tokenizer

    counting = Tokenizer.from_str(tokenizer.to_str())
    counting.no_truncation()
    counting.no_padding()
    return counting


def _pieces(document: Document, cut: Any) -> list[Chunk]:
    above = headings(document.text)
    chunks = []
    for start, text in cut.chunk_indices(document.text):
        if any(character.isalnum() for character in text):
            title = _path(document.title, above, start)
            chunks.append(Chunk(document.name, title, text, start, start + len(text)))
    return chunks


def _path(title: str, above: list[tuple[int, int, str]], start: int) -> str:
    """The title and the headings in force at `start`; a heading that repeats the title is said once."""
    path: list[tuple[int, str]] = []
    for place, level, words in above:
        if place > start:
            break
        path = [(other, said) for other, said in path if other < level] + [(level, words)]
    return ": ".join([part for part in (title,) if part] + [said for _, said in path if said != title])
