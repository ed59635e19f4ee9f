"""The text of a PDF, judged page by page: words, a picture of words (a scan), or letters that nobody can name.

Decisions. A page is a scan when it has a picture and hardly a word of its own: lines that stand on most pages (running
heads, page numbers, "Scanned by ...") are nobody's own. A font without a map to Unicode gives letters of another text
("7KLV" for "This"), so its pages count as unread too. Both are rendered and recognised where OCR is installed.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from advisor.core.wording import counted
from advisor.data.read.document import DocumentText, Unreadable, letters, line
from advisor.data.read.ocr import OFFER, Recogniser
from probes.progress import Progress, silent

MAX_PAGES = 5_000
#: Fewer letters of its own than this, beside a picture, are page numbers and stamps on a scan.
LETTERS_PER_PAGE = 20
#: So few beside a picture that fills the page may be a stamp too; they are kept where other pages have text.
LETTERS_OVER_PICTURE = 100
FILLED = 0.5
#: A line that stands on so many pages, and on this share of them, is a running head or foot.
REPEATED, REPEATED_SHARE = 3, 0.5
#: Outlines of letters are drawn with hundreds of curves; a table's frame is not.
MANY_CURVES = 400
#: Share of letters without a known meaning beyond which a page is not text.
UNKNOWN_LETTERS = 0.3
#: A whole page of glyph names, or of numbers where letters should be.
_GLYPH_NAMES = re.compile(r"(?:/[A-Za-z]{0,8}\d{1,5}){3,}|\(cid:\d+\)")
#: Control characters, the replacement character, and those that have a meaning in one font only.
_NAMELESS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
_LIGATURES = str.maketrans({chr(0xFB00 + i): s for i, s in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))})
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010][ \t]*\n(?=([^\W\d_]))")
_WAITING = re.compile(r"please wait\.\.\.\s+if this message is not eventually replaced", re.IGNORECASE)

PageKind = Literal["text", "image", "garbled", "damaged"]
WHY: dict[PageKind, tuple[str, str]] = {
    "image": ("is an image", "are images"),
    "garbled": ("has a font without known letters", "have a font without known letters"),
    "damaged": ("is damaged", "are damaged"),
}


@dataclass
class Page:
    """One page. ``own``: letters outside the lines that most pages repeat; ``sure``: an image that has no text.

    ``shown``: whether it can be rendered as its readers see it; ``tried``: recognition found no text in it.
    """

    text: str
    kind: PageKind = "text"
    own: int = 0
    sure: bool = True
    shown: bool = True
    recognised: bool = False
    tried: bool = False


@dataclass
class _Look:
    """What stands on a page besides text; ``cover`` is the largest picture's share of it."""

    pictures: list[Any] = field(default_factory=list)
    cover: float = 0.0
    curves: int = 0


def read_pdf(content: bytes, recogniser: Recogniser | None = None, progress: Progress = silent) -> DocumentText:
    """A PDF's text, its pages one after the other; notes say which pages were not read, and which by recognition.

    Raises Unreadable for one that is locked, damaged, too long, or without any page of text.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            _unlock(reader)
        n_pages = len(reader.pages)
        if n_pages > MAX_PAGES:
            raise Unreadable(f"The PDF has {n_pages:,} pages, more than {MAX_PAGES:,}. Give it in parts.")
        pages = _judged(reader, n_pages, progress)
        title = ""
        with contextlib.suppress(Exception):
            title = line(str((reader.metadata.title if reader.metadata else "") or ""))
        filled = _filled_in(reader)
    except Unreadable:
        raise
    except Exception as error:  # pypdf raises some thirty kinds on damaged files, recursion among them
        cause = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise Unreadable(f"The PDF is damaged ({cause}). Save it again.") from error
    if recogniser is not None:
        _recognise(content, pages, recogniser, progress)
    return _joined(title, pages, filled, recogniser)


def _joined(title: str, pages: Sequence[Page], filled: str, recogniser: Recogniser | None) -> DocumentText:
    words = [page for page in pages if page.kind == "text" and letters(page.text)]
    if not words and not letters(filled):
        raise Unreadable(_nothing(pages, recogniser))
    kept = [page.text for page in pages if page.kind == "text" or (page.kind == "image" and not page.sure)]
    text = "\n\n".join(part for part in (*kept, filled) if part)
    if len(pages) < 5 and _WAITING.search(text):
        raise Unreadable("The PDF is an XFA form, which only Adobe's own reader fills in. Print it to a PDF.")
    return DocumentText(title, text, tuple(_notes(pages, recogniser)))


def _notes(pages: Sequence[Page], recogniser: Recogniser | None) -> Iterable[str]:
    """What to say of pages, as clauses that follow the file's name."""
    for kind, (one, many) in WHY.items():
        numbers = [n for n, page in enumerate(pages, start=1) if page.kind == kind and not page.tried]
        if numbers:
            offer = f" {OFFER}" if recogniser is None and kind != "damaged" else ""
            is_or_are, was = (one, "was") if len(numbers) == 1 else (many, "were")
            yield f"{len(numbers):,} of {counted(len(pages), 'page')} of {{}} {is_or_are} and {was} not read " \
                f"({_spans(numbers)}).{offer}"  # fmt: skip
    if tried := [number for number, page in enumerate(pages, start=1) if page.tried]:
        yield f"OCR found no text in {len(tried):,} of {counted(len(pages), 'page')} of {{}} ({_spans(tried)})."
    n = sum(page.recognised for page in pages)
    if n and recogniser is not None:
        which = "{}" if n == len(pages) else f"{n:,} of {counted(len(pages), 'page')} of {{}}"
        yield f"Read by OCR ({recogniser.name}), which makes mistakes: {which}."


def _nothing(pages: Sequence[Page], recogniser: Recogniser | None) -> str:
    """Why no page gives text."""
    causes = Counter(page.kind for page in pages if page.kind != "text")
    n = counted(len(pages), "page")
    if not causes:
        return f"The PDF has {n} and no text."
    kind = causes.most_common(1)[0][0]
    if kind == "damaged":
        return f"The PDF is damaged (none of {n} can be read). Save it again."
    tried = OFFER if recogniser is None else f"Text recognition ({recogniser.name}) found none in them either."
    if kind == "garbled":
        tried = OFFER if recogniser is None else "Save it again with its fonts embedded."
        return f"The PDF has {n} in a font without known letters, so its text is not known. {tried}"
    return f"The PDF has {n} and next to no text: they are images. {tried}"


def _spans(numbers: Sequence[int]) -> str:
    """Page numbers in words, the first few spans of them.

    >>> _spans([3]), _spans([1, 2, 3, 7, 9])
    ('page 3', 'pages 1 to 3, 7, 9')
    """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    shown = [f"{span[0]}" if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans[:5]]
    more = ", and others" if len(spans) > 5 else ""
    return f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(shown)}{more}"


def _unlock(reader: Any) -> None:
    """Open it with an empty password, as it is when only printing is forbidden. Raises Unreadable."""
    from pypdf.errors import DependencyError

    try:
        if reader.decrypt(""):
            return
    except DependencyError as error:
        raise Unreadable("The PDF is encrypted. pip install cryptography opens it.") from error
    except Exception as error:
        raise Unreadable("The PDF is locked in an unknown way. Save it without a password.") from error
    raise Unreadable("The PDF is locked with a password. Save it without one.")


def _judged(reader: Any, n_pages: int, progress: Progress) -> list[Page]:
    pages: list[Page] = []
    for number in range(n_pages):
        try:
            pages.append(Page(_plain(reader.pages[number].extract_text() or "")))
        except Exception:  # one broken page leaves the others
            pages.append(Page("", "damaged"))
        if n_pages >= 20:
            progress(f"Reading page {number + 1:,} of {n_pages:,}", (number + 1) / n_pages)
    if pages and all(page.kind == "damaged" for page in pages):
        reader.pages[0].extract_text()  # says why
    repeated = _repeated(pages)
    looks: dict[int, _Look] = {}
    for number, page in enumerate(pages):
        page.own = letters("\n".join(row for row in page.text.split("\n") if _pattern(row) not in repeated))
        if page.kind == "text":
            with contextlib.suppress(Exception):  # what cannot be looked into is judged by its text alone
                if _is_garbled(reader.pages[number], page.text):
                    page.kind, page.shown = "garbled", _has_outlines(reader.pages[number])
                elif page.own < LETTERS_OVER_PICTURE:
                    looks[number] = _look(reader.pages[number])
    shared = Counter(picture for look in looks.values() for picture in look.pictures)
    for number, look in looks.items():
        _judge(pages[number], look, any(shared[one] == 1 for one in look.pictures) or len(pages) == 1)
    return pages


def _judge(page: Page, look: _Look, own_picture: bool) -> None:
    """Whether a page with hardly any words of its own is an image."""
    if page.own < LETTERS_PER_PAGE and (look.pictures or look.curves > MANY_CURVES):
        page.kind = "image"
    elif look.cover >= FILLED and own_picture:
        page.kind, page.sure = "image", False


def _plain(text: str) -> str:
    """A page's text with hyphenated line ends joined and ligatures spelled out."""
    text = text.replace("\0", "").translate(_LIGATURES)
    text = _HYPHEN.sub(lambda match: "" if match[1].islower() else match[0], text)
    return "\n".join(row.rstrip() for row in text.split("\n")).strip()


def _pattern(row: str) -> str:
    """A line without its numbers, so that page numbers are alike."""
    return re.sub(r"\d+", "0", " ".join(row.split()).lower())


def _repeated(pages: Sequence[Page]) -> set[str]:
    """The lines that most pages have."""
    counts = Counter(row for page in pages for row in {_pattern(row) for row in page.text.split("\n")} if row)
    least = max(min(REPEATED, len(pages)), REPEATED_SHARE * len(pages), 2)
    return {row for row, n in counts.items() if n >= least}


def _is_garbled(page: Any, text: str) -> bool:
    """Whether much of the text is of letters that the PDF does not name."""
    n = sum(not character.isspace() for character in text)
    unknown = sum(len(match[0]) for match in _GLYPH_NAMES.finditer(text)) + len(_NAMELESS.findall(text))
    if n and unknown > UNKNOWN_LETTERS * n:
        return True
    if not any(_has_no_map(font) for font in _fonts(page.get("/Resources"))):
        return False
    shown: Counter[bool] = Counter()

    def visit(piece: str, _cm: Any, _tm: Any, font: Any, _size: Any) -> None:
        shown[bool(font) and _has_no_map(font)] += sum(not character.isspace() for character in piece)

    page.extract_text(visitor_text=visit)
    return shown[True] > UNKNOWN_LETTERS * sum(shown.values())


def _has_no_map(font: Any) -> bool:
    """Whether a font numbers its glyphs and does not say which letters they are."""
    font = font.get_object()
    identity = str(font.get("/Encoding", "")) in ("/Identity-H", "/Identity-V")
    return font.get("/Subtype") == "/Type0" and identity and "/ToUnicode" not in font


def _has_outlines(page: Any) -> bool:
    """Whether the PDF brings the shapes of its unnamed letters: without them, a renderer draws others."""
    for font in _fonts(page.get("/Resources")):
        if _has_no_map(font):
            below = font["/DescendantFonts"].get_object()[0].get_object()
            described = below.get("/FontDescriptor", {}).get_object() if "/FontDescriptor" in below else {}
            if not any(str(key).startswith("/FontFile") for key in described):
                return False
    return True


def _fonts(resources: Any, depth: int = 0) -> Iterable[Any]:
    """The fonts of a page and of the forms inside it."""
    resources = resources.get_object() if resources is not None else {}
    if "/Font" in resources:
        yield from (font.get_object() for font in resources["/Font"].get_object().values())
    for one in _objects(resources).values():
        if depth < 3 and one.get("/Subtype") == "/Form" and "/Resources" in one:
            yield from _fonts(one["/Resources"], depth + 1)


def _objects(resources: Any) -> dict[str, Any]:
    if "/XObject" not in resources:
        return {}
    return {str(name): one.get_object() for name, one in resources["/XObject"].get_object().items()}


def _look(page: Any) -> _Look:
    """The pictures and curves of a page."""
    look = _Look()
    width, height = float(page.mediabox.width) or 1.0, float(page.mediabox.height) or 1.0
    named: dict[str, Any] = {}

    def gather(resources: Any, depth: int = 0) -> None:
        resources = resources.get_object() if resources is not None else {}
        for name, one in _objects(resources).items():
            if one.get("/Subtype") == "/Image":
                named[name] = one
            elif depth < 3 and "/Resources" in one:
                gather(one["/Resources"], depth + 1)

    def visit(operator: bytes, operands: Any, cm: Any, _tm: Any) -> None:
        if operator == b"Do" and operands and str(operands[0]) in named:
            look.pictures.append(id(named[str(operands[0])]))
        elif operator == b"INLINE IMAGE":
            look.pictures.append((id(look), len(look.pictures)))
        else:
            look.curves += operator in (b"c", b"v", b"y", b"l")
            return
        look.cover = max(look.cover, abs(cm[0] * cm[3] - cm[1] * cm[2]) / (width * height))

    gather(page.get("/Resources"))
    page.extract_text(visitor_operand_before=visit)
    return look


def _filled_in(reader: Any) -> str:
    """The fields of a form that have a value, one a line."""
    with contextlib.suppress(Exception):
        fields = reader.get_fields() or {}
        rows = []
        for name, one in fields.items():
            value = one.get("/V")
            label = str(one.get("/TU") or name)
            if isinstance(value, str) and letters(value) and value not in ("/Off", "/Yes", "/On"):
                rows.append(f"{label}: {value.removeprefix('/')}")
        return "\n".join(rows)
    return ""


def _recognise(content: bytes, pages: Sequence[Page], recogniser: Recogniser, progress: Progress) -> None:
    """Read the pages that are images, or in unknown letters, by what they look like."""
    numbers = [number for number, page in enumerate(pages) if page.kind in ("image", "garbled") and page.shown]
    if not numbers:
        return
    with recogniser.pages(content, numbers) as read:
        for done, number in enumerate(numbers, start=1):
            text = read(number)
            if text is None:
                break
            progress(f"Recognising text: page {done:,} of {len(numbers):,}", done / len(numbers))
            if letters(text) >= max(1, pages[number].own if not pages[number].sure else 1):
                pages[number].text, pages[number].kind, pages[number].recognised = _plain(text), "text", True
            else:
                pages[number].tried = True
