"""A passage on a page: headings, points, code and tables as they were meant, the likely sentence marked.

Every word is escaped, and the mark-up is ours: none of a document reaches Streamlit's Markdown or HTML as more than
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

import streamlit as st

from advisor.core import wording
from advisor.core.records import Passage
from advisor.core.shown import visible
from advisor.data.blocks import Block, blocks, is_markdown, row_words, statements
from advisor.ui import parts

#: From where to where a style holds, and the element that carries it.
Span = tuple[int, int, str]

FRAME = (
    "margin:0.2rem 0 0.4rem 0;padding:0.1rem 0 0.1rem 0.9rem;border-left:3px solid #2a9086;overflow-wrap:anywhere;"
    "max-width:52rem"
)
SENTENCE = f'mark style="{parts.MARKED.replace("0.15rem", "0")}"'
WORDS = "strong"
TABLE = "border-collapse:collapse;overflow-wrap:normal;margin:0.4rem 0;font-size:0.9rem;display:block;overflow-x:auto"
CELL = "border-bottom:1px solid rgba(135,150,160,0.35);padding:0.15rem 0.9rem 0.15rem 0;text-align:left"
CODE = "margin:0.4rem 0;white-space:pre-wrap;font-size:0.85rem"


def draw(passage: Passage, words: str = "", trusted: bool = True) -> None:
    """A cited passage under its place, with the sentence that has the answer's words, else the one that likely answers.

    words: of an answer, which are set in bold where they stand; "" for none. trusted: whether their sentence is the one
    that is marked.
    """
    if title := place(passage):
        parts.note(title)
    likely = (holding(passage.text, words, passage.document) if trusted else "") or passage.likely
    quote(passage.text, passage.document, likely, words, passage.title)


def quote(text: str, document: str = "", likely: str = "", words: str = "", title: str = "") -> None:
    """A passage as a quotation. title: what stands above it; a first heading that only repeats its end is left out."""
    st.html(html_of(text, document, likely, words, title))


def html_of(text: str, document: str = "", likely: str = "", words: str = "", title: str = "") -> str:
    """The passage as HTML without any mark-up of its own.

    >>> html_of("# <b>\\n\\nIt is `x`.", "a.md", "It is x.").count("<b>")
    0
    """
    found = list(blocks(visible(text), is_markdown(document, text)))
    if found and found[0].kind == "heading" and title.endswith(found[0].text):
        found = found[1:] or found
    drawn = "".join(_block(block, visible(likely), visible(words).strip()) for block in found)
    return f'<blockquote style="{FRAME}">{drawn}</blockquote>'


def _block(block: Block, likely: str, words: str) -> str:
    if block.kind == "table":
        return _table(block, likely, words)
    if block.kind == "code":
        return f'<pre style="{CODE}">{_marked(block, likely, words)}</pre>'
    inside = _marked(block, likely, words)
    if block.kind == "heading":
        return f'<p style="margin:0.5rem 0 0.2rem 0;font-weight:600">{inside}</p>'
    if block.kind == "point":
        return f'<p style="margin:0.15rem 0 0.15rem {1.2 * block.level:.1f}rem;text-indent:-0.8rem">• {inside}</p>'
    return f'<p style="margin:0.4rem 0;white-space:pre-wrap">{inside}</p>'


def _marked(block: Block, likely: str, words: str) -> str:
    """The words of a block, escaped, with names of code, the likely sentence and the answer's words in it."""
    spans = [(start, end, "code") for start, end in block.code]
    start = block.text.find(likely) if likely else -1
    if start >= 0:
        spans.append((start, start + len(likely), SENTENCE))
    return styled(block.text, [*spans, *_found(block.text, words)])


def _found(text: str, words: str) -> list[Span]:
    """Where the answer's words first stand, case aside."""
    lowered = text.lower()
    start = lowered.find(words.lower()) if words and len(lowered) == len(text) else -1
    return [(start, start + len(words), WORDS)] if start >= 0 else []


def styled(text: str, spans: Sequence[Span]) -> str:
    """Escaped text with elements around parts of it, which may overlap.

    >>> styled("a < b", [(0, 3, "mark"), (2, 5, "code")])
    '<mark>a </mark><code><mark>&lt;</mark></code><code> b</code>'
    """
    cuts = sorted({0, len(text), *(place for start, end, _ in spans for place in (start, end))})
    pieces = []
    for start, end in pairwise(cuts):
        piece = escape(text[start:end])
        for first, last, element in spans:
            if first <= start and end <= last:
                piece = f"<{element}>{piece}</{element.split()[0]}>"
        pieces.append(piece)
    return "".join(pieces)


def _table(table: Block, likely: str, words: str) -> str:
    """The rows, without a head that says nothing; the likely row is marked."""
    head, *rows = table.rows
    drawn = "".join(f'<th style="{CELL}">{escape(cell)}</th>' for cell in head)
    lines = [f"<tr>{drawn}</tr>"] if any(head) else []
    for row in rows:
        marked = f' style="{parts.MARKED}"' if likely and row_words(row) == likely else ""
        cells = "".join(f'<td style="{CELL}">{styled(cell, _found(cell, words))}</td>' for cell in row)
        lines.append(f"<tr{marked}>{cells}</tr>")
    return f'<table style="{TABLE}">{"".join(lines)}</table>'


def holding(text: str, words: str, document: str = "") -> str:
    """The first sentence or row of a passage with these words; "" where none has them."""
    wanted = words.strip().lower()
    every = statements(blocks(text, is_markdown(document, text)))
    return next((one.shown for one in every if wanted and wanted in one.shown.lower()), "")


def opening(text: str, document: str = "") -> str:
    """A passage in one line of plain words, for a cell of a table.

    >>> opening("## Why\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |")
    'Why: a, b; 1, 2'
    """
    said = ""
    for block in blocks(text, is_markdown(document, text)):
        words = "; ".join(", ".join(filter(None, row)) for row in block.rows if any(row)) or block.text
        said += f"{words}: " if block.kind == "heading" else f"{words} "
    return said.strip().removesuffix(":")


def place(passage: Passage) -> str:
    """Where a passage stands: the document's title with the headings above it, its name, and the page of a PDF."""
    title = wording.short(passage.title, 120)
    named = passage.document and passage.document not in passage.title
    name = wording.short(passage.document, 80) if named else ""
    page = f"page {wording.count(passage.page)}" if passage.page else ""
    return " · ".join(filter(None, (title, ", ".join(filter(None, (name, page))))))
