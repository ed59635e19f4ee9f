"""Word documents, electronic books and e-mails as light Markdown."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from advisor.core.wording import listed
from advisor.data.read.cells import whole
from advisor.data.read.document import DocumentText, Unreadable, line
from advisor.data.read.html import decoded, of_markup

#: What a document may unpack to; a book with pictures stays far below.
MAX_UNPACKED = 500_000_000
#: A row of a table in a Word document has fewer columns; Word itself allows 63.
MOST_COLUMNS = 1_000
_DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError)


def docx(content: bytes) -> DocumentText:
    """A Word document: headings, paragraphs, lists and tables in their order; no headers, footers and comments."""
    import docx as reader
    from docx.opc.exceptions import OpcError

    _checked(content, "Word document")
    try:
        document = reader.Document(io.BytesIO(content))
        text = "\n\n".join(block for block in _blocks(document) if block)
        return DocumentText(line(document.core_properties.title or ""), text)
    except (*_DAMAGED, OpcError, SyntaxError, AttributeError, TypeError) as error:  # XML errors are SyntaxErrors
        raise Unreadable(f"The Word document is damaged ({_cause(error)}). Save it again.") from error


def _blocks(document: Any) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield "\n".join("| " + " | ".join(_cells(row)) for row in block.rows)
            continue
        style = str(getattr(block.style, "name", "") or "")
        text = block.text.strip()
        level = re.fullmatch(r"Heading ([1-6])", style)
        if text and (level or style == "Title"):
            yield f"{'#' * int(level[1] if level else 1)} {text}"
        else:
            yield f"- {text}" if text and style.startswith("List") else text


def _cells(row: Any) -> list[str]:
    """The cells of a row; one that spans several columns counts once. Raises ValueError for a row of too many."""
    if (n := sum(cell.grid_span for cell in row._tr.tc_lst)) > MOST_COLUMNS:  # each is an object
        raise ValueError(f"a row of a table spans {n:,} columns")
    cells: list[Any] = []
    for cell in row.cells:
        if not cells or cell._tc is not cells[-1]._tc:
            cells.append(cell)
    return [line(cell.text) for cell in cells]


def epub(content: bytes) -> DocumentText:
    """An electronic book: its chapters in the order of its spine."""
    from bs4 import BeautifulSoup

    _checked(content, "book")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            if any("encryption.xml" in name and b"enc#aes" in book.read(name) for name in book.namelist()):
                raise Unreadable("The book is locked (DRM). Give one without a lock.")
            container = BeautifulSoup(book.read("META-INF/container.xml"), "html.parser")
            package = str(container.find_all("rootfile")[0]["full-path"])
            spine = BeautifulSoup(book.read(package), "html.parser")
            place = {str(item["id"]): unquote(str(item["href"])) for item in spine.find_all("item")}
            root = package.rpartition("/")[0]
            chapters = []
            for reference in spine.find_all("itemref"):
                name = place.get(str(reference.get("idref")), "")
                file = f"{root}/{name}" if root else name
                if file in book.namelist():
                    chapters.append(of_markup(decoded(book.read(file))[0])[1])
            title = spine.find("dc:title")
    except (*_DAMAGED, TypeError, IndexError) as error:
        raise Unreadable(f"The book is damaged ({_cause(error)}). Save it again.") from error
    return DocumentText(line(title.get_text()) if title else "", "\n\n".join(filter(None, chapters)))


def mail(content: bytes) -> DocumentText:
    """An e-mail: its subject as the title, its text, else its HTML; attachments are not read, and that is said."""
    import email
    import email.policy

    try:
        message = email.message_from_bytes(content, policy=email.policy.default)
        body = message.get_body(("plain", "html"))
        attached = [part.get_filename() or "one without a name" for part in message.iter_attachments()]
        text = str(body.get_content()) if body is not None else ""
        if body is not None and body.get_content_type() == "text/html":
            text = of_markup(text)[1]
        subject = whole(line(str(message.get("subject") or "")))
    except RecursionError as error:
        raise Unreadable("The e-mail's parts are nested too deeply. Save it as text.") from error
    except (LookupError, ValueError, AttributeError, TypeError) as error:  # the parser of the standard library
        raise Unreadable(f"The e-mail cannot be read ({_cause(error)}). Save it as text.") from error
    n = len(attached)
    note = f"{{}} has an attachment ({attached[0]}), which was not read." if n == 1 else ""
    note = f"{{}} has {n} attachments ({listed(attached, 2)}), which were not read." if n > 1 else note
    return DocumentText(subject, whole(text).replace("\r\n", "\n").strip(), (note,) if note else ())


def _checked(content: bytes, what: str) -> None:
    """Raises Unreadable for what is no ZIP, is locked, or unpacks to more than is bearable."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"The {what} is locked with a password or of an old format. Save it without one as PDF.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except _DAMAGED as error:
        raise Unreadable(f"The {what} is damaged ({_cause(error)}). Save it again.") from error
    if size > MAX_UNPACKED:
        raise Unreadable(f"The {what} unpacks to {size / 1e9:.1f} GB. Save its text as PDF or HTML.")


def _cause(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
