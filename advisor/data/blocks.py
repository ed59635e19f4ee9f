"""A passage as its writer meant it: headings, paragraphs, points, tables and code, without the marks of Markdown.

markdown-it-py parses it. A passage is cut out of its document, so a table may have lost its head, and indentation and
definitions of links mean nothing there. Text of other formats keeps its signs: an asterisk in a text file is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BlockKind = Literal["heading", "paragraph", "point", "table", "code"]
#: Endings of documents written in Markdown.
MARKDOWN = (".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd")
#: What only Markdown has: a heading, a fence, the line below a table's head.
_SIGNS = re.compile(r"^ {0,3}(#{1,6}[ \t]+\S|```|~~~)", re.MULTILINE)
_BELOW_HEAD = re.compile(r"^\s*(\|(\s*:?-+:?\s*\|)+|:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)+)\s*$")
_ROW = re.compile(r"^\s*\|.*\|\s*$")
#: A sentence's end, where no initial and no abbreviation stands before it.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!e\.g\.)(?<!i\.e\.)(?<! al\.)(?<!\b[MD]r\.)(?<!\bvs\.)[)\"”’]*\s+(?=[\"“(‘]?[A-Z0-9])"
)


@dataclass(frozen=True)
class Block:
    """A piece of a passage. ``text``: its words, "" for a table. ``level``: of a heading (1 to 6), or a point's depth.

    ``rows``: the cells of a table, the head first, whose cells are empty where it has none. ``code``: from where to
    where in ``text`` names stand that were written as code.
    """

    kind: BlockKind
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    code: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Statement:
    """A sentence, or a row of a table. ``shown``: its words as the block has them; ``searched``: with the head's."""

    shown: str
    searched: str


def is_markdown(document: str, text: str) -> bool:
    """Whether a passage is written in Markdown: by the name of its document, without an ending by what stands in it.

    >>> is_markdown("a.md", "plain"), is_markdown("a.txt", "# not"), is_markdown("row 3", "# One")
    (True, False, True)
    """
    ending = PurePath(document).suffix.lower()
    if ending in MARKDOWN:
        return True
    known = bool(ending) and ending[1:].isalnum() and len(ending) <= 6
    return not known and (bool(_SIGNS.search(text)) or any(map(_BELOW_HEAD.match, text.split("\n"))))


def blocks(text: str, markdown: bool = True) -> tuple[Block, ...]:
    """The pieces of a passage in their order.

    >>> [(block.kind, block.text) for block in blocks("## What `k` is\\n\\nIt is *one*.\\n\\n- a\\n- b")]
    [('heading', 'What k is'), ('paragraph', 'It is one.'), ('point', 'a'), ('point', 'b')]
    """
    if not markdown:
        paragraphs = (part.strip("\n") for part in re.split(r"\n[ \t]*\n", text))
        return tuple(Block("paragraph", part) for part in paragraphs if part.strip())
    found: list[Block] = []
    rows: list[tuple[str, ...]] = []
    row: list[str] = []
    depth = 0
    tokens = _parser().parse(_with_heads(text))
    for above, token in zip([None, *tokens], tokens, strict=False):
        if token.type in ("fence", "code_block"):
            found.append(Block("code", token.content.rstrip("\n")))
        elif token.type == "inline" and above is not None:
            words, code = _words(token)
            if above.tag in ("th", "td"):
                row.append(words)
            elif above.type == "heading_open":
                found.append(Block("heading", words, int(above.tag[1]), code=code))
            elif words.strip():
                found.append(Block("point" if depth else "paragraph", words, depth, code=code))
        elif token.tag in ("ul", "ol"):
            depth += token.nesting
        elif token.type == "tr_close":
            rows.append(tuple(row))
            row = []
        elif token.type == "table_close":
            found.append(Block("table", rows=tuple(rows)))
            rows = []
    return tuple(found)


@cache
def _parser() -> MarkdownIt:
    """HTML stays the text that it is; what a cut passage may show by chance alone is off."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["code", "reference", "lheading"])


def _words(token: Token) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The words of a line, and where names written as code stand in them."""
    words, code = "", []
    for part in token.children or ():
        if part.type == "code_inline":
            code.append((len(words), len(words) + len(part.content)))
        words += " " if part.type == "softbreak" else "\n" if part.type == "hardbreak" else part.content
    return words, tuple(code)


def _with_heads(text: str) -> str:
    """The text with an empty head above each table that was cut from its own."""
    lines, out = text.split("\n"), []
    for place, line in enumerate(lines):
        begins = _ROW.match(line) and not (place and _ROW.match(lines[place - 1]))
        second = lines[place + 1] if place + 1 < len(lines) else ""
        n_cells = line.strip().strip("|").count("|") + 1
        if begins and _BELOW_HEAD.match(line):
            out.append("|" + " |" * n_cells)
        elif begins and not _BELOW_HEAD.match(second):
            out += ["", "|" + " |" * n_cells, "|" + "---|" * n_cells]
        out.append(line)
    return "\n".join(out)


def statements(found: Sequence[Block]) -> list[Statement]:
    """The sentences and rows of a passage, in their order; headings say what follows and are none.

    >>> [one.shown for one in statements(blocks("It is 3. Mr. X et al. 2 say so.\\n\\n| a |\\n|---|\\n| 1 |"))]
    ['It is 3.', 'Mr. X et al. 2 say so.', '1']
    """
    every: list[Statement] = []
    for block in found:
        if block.kind == "table":
            every += _rows(block)
        elif block.kind == "code":
            every += [Statement(line, line) for line in block.text.split("\n") if line.strip()]
        elif block.kind != "heading":
            every += [Statement(one, one) for one in sentences(block.text)]
    return every


def sentences(text: str) -> list[str]:
    """A paragraph's sentences, without the space between them."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    pieces = (text[start:end].strip() for start, end in zip([0, *ends], [*ends, len(text)], strict=True))
    return [piece for piece in pieces if piece]


def _rows(table: Block) -> list[Statement]:
    """The rows below the head, searched with what the head calls each cell."""
    head, *rows = table.rows
    every = []
    for row in rows:
        cells = (f"{name}: {cell}" if name else cell for name, cell in zip(head, row, strict=False))
        every.append(Statement(row_words(row), ", ".join(cells)))
    return every


def row_words(cells: Sequence[str]) -> str:
    """A row of a table in one line."""
    return " | ".join(cells)
