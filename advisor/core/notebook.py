"""How a record shows itself in a notebook: a headline, a table and sentences as HTML, every word of it escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from advisor.core.shown import visible

CELL = "text-align:left;vertical-align:top;padding:0.2rem 0.9rem 0.2rem 0;background:none"
#: A cell with more characters is a sentence, which is wrapped.
SENTENCE = 40
#: Legible on the light and on the dark page of a notebook.
CHOSEN = "font-weight:600"


def paragraph(text: str, style: str = "") -> str:
    """A sentence.

    >>> paragraph("a < b")
    '<p style="margin:0.3rem 0;max-width:52rem;">a &lt; b</p>'
    """
    return f'<p style="margin:0.3rem 0;max-width:52rem;{style}">{_plain(text)}</p>'


def headline(text: str) -> str:
    """The answer, a little larger than the rest."""
    return paragraph(text, "font-size:1.15rem")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], chosen: int | None = None) -> str:
    """Rows under their headings; chosen: the place of the row that stands out."""
    head = "".join(f'<th scope="col" style="{CELL};white-space:nowrap">{_plain(title)}</th>' for title in heads)
    body = "".join(_row(row, place == chosen) for place, row in enumerate(rows))
    return f'<div style="overflow-x:auto"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def listing(sentences: Sequence[str]) -> str:
    """Sentences as a list; nothing for none."""
    return f"<ul>{''.join(f'<li>{_plain(text)}</li>' for text in sentences)}</ul>" if sentences else ""


def _row(cells: Sequence[str], stands_out: bool) -> str:
    style = f"{CELL};{CHOSEN}" if stands_out else CELL
    inside = "".join(f'<td style="{style};{_width(text)}">{_plain(text)}</td>' for text in cells)
    return f"<tr>{inside}</tr>"


def _width(text: str) -> str:
    return "white-space:normal;min-width:18rem" if len(text) > SENTENCE else "white-space:nowrap"


def _plain(text: str) -> str:
    return escape(visible(text))
