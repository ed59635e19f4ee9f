"""Documents split into chunks along their structure: headings first, then paragraphs, sentences and words.

semantic-text-splitter's Markdown splitter does the work and takes plain text as paragraphs. A chunk knows its place
(`text == document.text[start:end]`), so that an answer can cite it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probes.backbones.catalog import Entry
from probes.backbones.weights import weights_path
from probes.errors import BackboneError

#: Tokens of a chunk, and of its overlap with the chunk before it.
SIZE, OVERLAP = 200, 30
#: Characters of English prose per word piece, for counting without a tokenizer.
CHARACTERS_PER_TOKEN = 4
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


@dataclass(frozen=True)
class Document:
    """A document to search; ``name`` is its id, ``title`` may be empty."""

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
        """The text that is searched, with the headings, since a chunk rarely repeats what they say."""
        return f"{self.title.replace('_', ' ')}\n{self.text}" if self.title else self.text


def split(
    documents: Sequence[Document], tokenizer: Any = None, size: int = SIZE, overlap: int = OVERLAP
) -> list[Chunk]:
    """The chunks of all documents, in order; a document without a letter or digit has none.

    size, overlap: the most tokens, counted by ``tokenizer`` (a `tokenizers.Tokenizer`), or as four characters each.
    """
    splitter = _splitter(tokenizer, size, overlap)
    return [chunk for document in documents for chunk in _pieces(document, splitter)]


def headings(text: str) -> list[tuple[int, int, str]]:
    """(place, level, words) of every Markdown heading outside code.

    >>> headings("# One\\n```\\n# no\\n```\\n## Two ##")
    [(0, 1, 'One'), (19, 2, 'Two')]
    """
    rows = []
    place, inside = 0, ""
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if fence and inside in ("", fence[1]):
            inside = "" if inside else fence[1]
        elif not inside and (heading := _HEADING.match(line)):
            rows.append((place, len(heading[1]), heading[2]))
        place += len(line) + 1
    return rows


def _splitter(tokenizer: Any, size: int, overlap: int) -> Any:
    from semantic_text_splitter import MarkdownSplitter

    if tokenizer is None:
        return MarkdownSplitter(CHARACTERS_PER_TOKEN * size, CHARACTERS_PER_TOKEN * overlap)
    return MarkdownSplitter.from_huggingface_tokenizer(counting(tokenizer), size, overlap)


def counting(tokenizer: Any) -> Any:
    """The tokenizer without the truncation and padding of its file, which make every text 128 tokens of MiniLM."""
    from tokenizers import Tokenizer

    plain = Tokenizer.from_str(tokenizer.to_str())
    plain.no_truncation()
    plain.no_padding()
    return plain


def tokenizer_of(entry: Entry) -> Any:
    """The tokenizer beside an encoder's weights, without loading the encoder; None where there is none."""
    from tokenizers import Tokenizer

    try:
        path = weights_path(entry).parent / "tokenizer.json"
        return Tokenizer.from_file(str(path)) if path.is_file() else None
    except (BackboneError, ValueError):
        return None


def n_tokens(texts: Sequence[str], tokenizer: Any) -> list[int]:
    """The tokens of each whole text; without a tokenizer, four characters make one."""
    if tokenizer is None:
        return [-(-len(text) // CHARACTERS_PER_TOKEN) for text in texts]
    encodings = counting(tokenizer).encode_batch_fast(list(texts), add_special_tokens=False)
    return [len(encoding.ids) for encoding in encodings]


def _pieces(document: Document, splitter: Any) -> list[Chunk]:
    above = headings(document.text)
    chunks = []
    for start, text in splitter.chunk_indices(document.text):
        if any(character.isalnum() for character in text):
            title = _path(document.title, above, start)
            chunks.append(Chunk(document.name, title, text, start, start + len(text)))
    return chunks


def _path(title: str, above: list[tuple[int, int, str]], start: int) -> str:
    """The title and the headings in force at `start`; a heading that repeats the title is left out."""
    path: list[tuple[int, str]] = []
    for place, level, words in above:
        if place > start:
            break
        path = [(other, heading) for other, heading in path if other < level] + [(level, words)]
    return ": ".join([part for part in (title,) if part] + [heading for _, heading in path if heading != title])
