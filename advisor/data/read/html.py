"""Web pages as light Markdown, in the encoding that their bytes have.

Decision: a page that is valid UTF-8 is UTF-8 whatever it declares, because text in another encoding practically never
is; servers and editors convert pages and leave their declarations. Other declarations are read as browsers read them
(https://encoding.spec.whatwg.org/#names-and-labels): iso-8859-1 means Windows-1252. One of a Western encoding that
stands over another alphabet's bytes is the default of some program, and the detector decides.
"""

from __future__ import annotations

import codecs
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from advisor.data.read.document import DocumentText, Unreadable, line
from advisor.data.read.text_encoding import UNKNOWN_BYTES, WESTERN, decode

_DROPPED = ("title", "script", "style", "noscript", "template", "svg", "nav", "footer", "aside", "form", "iframe")
_BLOCKS = frozenset(
    "address article blockquote body dd div dl dt fieldset figcaption figure header hr main ol p pre section table "
    "tr ul".split()
)
_HEADING = re.compile(r"h[1-6]")
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
#: Where a page may declare its encoding, as browsers look for it.
DECLARED_WITHIN = 4096
_DECLARED = re.compile(rb"""(?:<\?xml[^>]*?encoding|<meta[^>]*?charset)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
#: Labels that mean a larger encoding, as the standard of the web has them.
_MEANT = {
    "iso-8859-1": WESTERN, "latin1": WESTERN, "latin-1": WESTERN, "us-ascii": WESTERN, "ascii": WESTERN,
    "windows-1252": WESTERN, "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "x-cp1251": "cp1251", "unicode": "utf-8", "x-user-defined": WESTERN,
}  # fmt: skip

#: Python's own ways to write letters in ASCII, and encodings whose zeros would have told.
_NO_PAGES = ("unicode_escape", "unicode-escape", "raw", "idna", "punycode", "utf-16", "utf-32", "utf-7")


def decoded(content: bytes) -> tuple[str, str]:
    """(markup, what to say about its encoding with {} for the file's name, or "") of a page's bytes.

    Raises Unreadable where bytes are text in no known encoding.
    """
    found = decode(content)
    text, declared = found.text, declared_in(content)
    foreign = found.encoding not in (WESTERN, declared) and not found.encoding.startswith("utf")
    if not found.encoding.startswith("utf") and declared and not (declared == WESTERN and foreign):
        try:
            return content.decode(declared), ""
        except UnicodeDecodeError:
            if declared.startswith("utf") and found.has_holes:
                return content.decode(declared, "replace"), ""
    if found.has_holes:
        raise Unreadable(f"It is not text. {UNKNOWN_BYTES}")
    return text, found.note("{}")


def declared_in(content: bytes) -> str:
    """Python's name of the encoding that a page declares; "" for none or one that is not known.

    >>> declared_in(b'<meta charset="ISO-8859-1">'), declared_in(b"<?xml version='1.0' encoding='x-sjis'?>")
    ('cp1252', 'cp932')
    """
    match = _DECLARED.search(content[:DECLARED_WITHIN])
    label = match[1].decode("ascii", "replace").lower() if match else ""
    try:
        name = codecs.lookup(_MEANT.get(label, label)).name if label else ""
        "a".encode(name or WESTERN)  # some codecs are no encodings of text
    except (LookupError, ValueError):
        return ""
    return "" if name.startswith(_NO_PAGES) else name


def html(content: bytes) -> DocumentText:
    """A web page: headings as Markdown, list items and table rows on lines of their own."""
    markup, note = decoded(content)
    title, text = of_markup(markup)
    return DocumentText(title, text, (note,) if note else ())


def of_markup(markup: str) -> tuple[str, str]:
    """(title, text) of HTML or XHTML. Raises Unreadable where its elements are nested too deeply or are none."""
    from bs4 import BeautifulSoup, ParserRejectedMarkup

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what looks like XML is read all the same
            soup = BeautifulSoup(_ended(markup), "html.parser")
        title = line(soup.title.get_text()) if soup.title else ""
        text = "".join(_pieces(soup))
    except RecursionError as error:
        raise Unreadable("Its elements are nested too deeply.") from error
    except ParserRejectedMarkup as error:
        raise Unreadable("It is damaged: a sign <![ stands where no section begins. Save the page again.") from error
    lines = (line.strip() for line in text.replace("\N{NO-BREAK SPACE}", " ").split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    heading = _FIRST_HEADING.search(text)
    return title or (heading[1] if heading else ""), text


def _ended(markup: str) -> str:
    """Markup whose tags and comments that never end are text, as Python's parser has them.

    It looks for each one's end through the whole rest: 180 kB of ``<a `` took minutes.
    """
    rest = markup.rfind("-->") + 1
    markup = markup[:rest] + markup[rest:].replace("<!--", "&lt;!--")
    rest = markup.rfind(">") + 1
    return markup[:rest] + markup[rest:].replace("<", "&lt;")


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
