"""The text of one document: Markdown and plain text as they are, everything else turned into light Markdown.

Nothing in a document is carried out or fetched: scripts are dropped, links and images are not followed, and a PDF's
actions are never looked at. Headings survive as Markdown headings, because chunks are cut along them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from advisor.data.read.document import DocumentText, Unreadable
from advisor.data.read.html import html
from advisor.data.read.names import DOCUMENT_FORMATS, DocumentFormat, suffix
from advisor.data.read.ocr import Recogniser
from advisor.data.read.office import docx, epub, mail
from advisor.data.read.pdf import read_pdf
from advisor.data.read.text_encoding import UNKNOWN_BYTES, decode
from probes.progress import Progress, silent

#: Documents beyond this are books of thousands of pages or bombs; both are better given in parts.
MAX_BYTES = 200_000_000
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


def read_document(path: Path, recogniser: Recogniser | None = None, progress: Progress = silent) -> DocumentText:
    """A file's title and text by its suffix; ``recogniser`` reads pages of a PDF that are images.

    Raises Unreadable for a file that is empty, damaged, locked or without text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"It is larger than {MAX_BYTES / 1e6:.0f} MB. Give it in parts.")
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"The file cannot be opened ({(error.strerror or 'unknown cause').lower()}).") from error
    if not content.strip():
        raise Unreadable("The file is empty.")
    form = DOCUMENT_FORMATS[suffix(path.name)]
    read = read_pdf(content, recogniser, progress) if form == "pdf" else _READERS[form](content)
    title, text = read.title.replace("\0", ""), read.text.replace("\0", "")
    if not any(letter.isalnum() for letter in text):
        raise Unreadable("It has no text.")
    return DocumentText(title, text, read.notes)


def markdown(content: bytes) -> DocumentText:
    """Markdown: the title is its front matter's, else its first heading."""
    read = plain(content)
    text = read.text
    title = ""
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :].strip()
        named = re.search(r"^title:\s*(.+)$", front[1], re.MULTILINE)
        title = named[1].strip().strip("\"'") if named else ""
    heading = _FIRST_HEADING.search(text)
    return DocumentText(title or (heading[1] if heading else ""), text, read.notes)


def plain(content: bytes) -> DocumentText:
    """Plain text in any known encoding."""
    decoded = decode(content)
    if decoded.has_holes or "\0" in decoded.text:
        raise Unreadable(f"It is not text. {UNKNOWN_BYTES}")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return DocumentText("", text, tuple(note for note in [decoded.note("{}")] if note))


_READERS: dict[DocumentFormat, Callable[[bytes], DocumentText]] = {
    "markdown": markdown,
    "plain": plain,
    "html": html,
    "pdf": read_pdf,
    "docx": docx,
    "epub": epub,
    "mail": mail,
}
