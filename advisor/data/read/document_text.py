"""The text of one document: Markdown and plain text as they are, HTML and PDF turned into light Markdown.

Nothing in a document is carried out or fetched: scripts are dropped, links and images are not followed, and a PDF's
actions are never looked at. Headings survive as Markdown headings, because chunks are cut along them.
"""

from __future__ import annotations

import contextlib
import logging
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from advisor.core.wording import counted
from advisor.data.read.names import DOCUMENT_FORMATS, DocumentFormat, suffix
from advisor.data.read.text_encoding import UNKNOWN_BYTES, decode

#: Documents beyond this are books of thousands of pages or bombs; both are better given in parts.
MAX_BYTES = 200_000_000
MAX_PAGES = 5_000
#: Fewer letters a page than this are page numbers and stamps on a scan.
LETTERS_PER_PAGE = 20
_DROPPED = ("title", "script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe")
_BLOCKS = frozenset(
    "address article blockquote body dd div dl dt fieldset figcaption figure header hr main ol p pre section table "
    "tr ul".split()
)
_HEADING = re.compile(r"h[1-6]")
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


class Unreadable(Exception):
    """A document that gives no text; its message is the reason, one sentence or two."""


def read_document(path: Path) -> tuple[str, str]:
    """(title, text) of a file by its suffix; the title is "" where it names none.

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
    title, text = (piece.replace("\0", "") for piece in _READERS[DOCUMENT_FORMATS[suffix(path.name)]](content))
    if not any(letter.isalnum() for letter in text):
        raise Unreadable("It has no text.")
    return title, text


def markdown(content: bytes) -> tuple[str, str]:
    """(title, text) of Markdown: the title of its front matter, else its first heading."""
    text = plain(content)[1]
    title = ""
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :].strip()
        named = re.search(r"^title:\s*(.+)$", front[1], re.MULTILINE)
        title = named[1].strip().strip("\"'") if named else ""
    heading = _FIRST_HEADING.search(text)
    return title or (heading[1] if heading else ""), text


def plain(content: bytes) -> tuple[str, str]:
    """("", text) of plain text in any known encoding."""
    decoded = decode(content)
    if decoded.has_holes or "\0" in decoded.text:
        raise Unreadable(f"It is not text. {UNKNOWN_BYTES}")
    return "", decoded.text.replace("\r\n", "\n").replace("\r", "\n").strip()


def html(content: bytes) -> tuple[str, str]:
    """(title, text) of a web page: headings as Markdown, list items and table rows on lines of their own."""
    from bs4 import BeautifulSoup

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what looks like XML is read all the same
            soup = BeautifulSoup(content, "html.parser")
        title = _line(soup.title.get_text()) if soup.title else ""
        text = "".join(_pieces(soup))
    except RecursionError as error:
        raise Unreadable("Its elements are nested too deeply.") from error
    lines = (line.strip() for line in text.replace("\N{NO-BREAK SPACE}", " ").split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    heading = _FIRST_HEADING.search(text)
    return title or (heading[1] if heading else ""), text


def _pieces(soup: Any) -> Iterator[str]:
    """The text of a tree with the line breaks and signs that Markdown needs.

    One pass without changing the tree: a page of 20,000 nested elements took 75 seconds when signs were put into it.
    """
    from bs4.element import NavigableString, Tag

    inside: list[Any] = []
    names: Counter[str] = Counter()
    for node in soup.descendants:
        while inside and node.parent is not inside[-1]:
            yield from _left(inside.pop().name, names)
        dropped = any(names[name] for name in _DROPPED)
        if isinstance(node, Tag):
            inside.append(node)
            names[node.name] += 1
            if not dropped:
                yield _sign(node.name)
        elif type(node) is NavigableString and not dropped:  # a comment or a script's text is of a kind of its own
            yield str(node) if names["pre"] else re.sub(r"\s+", " ", node)
    while inside:
        yield from _left(inside.pop().name, names)


def _left(name: str, names: Counter[str]) -> Iterator[str]:
    """What follows an element's text."""
    names[name] -= 1
    if name in _BLOCKS or _HEADING.fullmatch(name):
        yield "\n" if name == "tr" else "\n\n"


def _sign(name: str) -> str:
    """What goes in front of an element's text."""
    if _HEADING.fullmatch(name):
        return f"\n\n{'#' * int(name[1])} "
    return {"li": "\n- ", "br": "\n", "tr": "\n", "td": " | ", "th": " | "}.get(name, "\n\n" if name in _BLOCKS else "")


def pdf(content: bytes) -> tuple[str, str]:
    """(title, text) of a PDF, its pages one after the other.

    Raises Unreadable for one that is locked, damaged, too long, or made of images only.
    """
    import io

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not _unlocked(reader):
            raise Unreadable("The PDF is locked with a password. Save it without one.")
        n_pages = len(reader.pages)
        if n_pages > MAX_PAGES:
            raise Unreadable(f"The PDF has {n_pages:,} pages, more than {MAX_PAGES:,}. Give it in parts.")
        pages = [_page(page) for page in reader.pages]
        title = ""
        with contextlib.suppress(Exception):
            title = _line(str((reader.metadata.title if reader.metadata else "") or ""))
    except Unreadable:
        raise
    except Exception as error:  # pypdf raises some thirty kinds on damaged files, recursion among them
        cause = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise Unreadable(f"The PDF is damaged ({cause}). Save it again.") from error
    text = "\n\n".join(page for page in pages if page)
    if sum(letter.isalnum() for letter in text) < LETTERS_PER_PAGE * n_pages:
        raise Unreadable(
            f"The PDF has {counted(n_pages, 'page')} and next to no text: they are images. Run text recognition (OCR)."
        )
    return title, text


def _unlocked(reader: Any) -> bool:
    """Whether an empty password opens it, as it does when only printing is forbidden."""
    try:
        return bool(reader.decrypt(""))
    except Exception:  # the cipher needs a package that is not here: locked, all the same
        return False


def _page(page: Any) -> str:
    """The text of a page, hyphenated line ends joined."""
    text = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", page.extract_text() or "")
    return "\n".join(line.rstrip() for line in text.replace("\0", "").split("\n")).strip()


def _line(text: str) -> str:
    return " ".join(text.split())


_READERS: dict[DocumentFormat, Callable[[bytes], tuple[str, str]]] = {
    "markdown": markdown,
    "plain": plain,
    "html": html,
    "pdf": pdf,
}
