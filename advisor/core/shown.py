"""A user's words made harmless for where they are shown: what steers, reorders or hides text, and formulas in tables.

Escaping for HTML, Markdown and plotly stands where each is written; this is what those leave in.
"""

from __future__ import annotations

import re

#: Control characters but the line's end and the tab; marks that reorder what follows; halves of characters.
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: What a spreadsheet reads as the beginning of a formula, the wide forms of East Asian input too.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
#: What a spreadsheet skips before one.
_SKIPPED = re.compile(r"[\s\0-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*")
#: A number alone is no formula, whatever its sign.
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?%?")


def visible(text: str) -> str:
    r"""A text in which every such character is a visible replacement character.

    >>> visible("cat\x1b[31m \u202egpj.exe") == "cat\ufffd[31m \ufffdgpj.exe"
    True
    """
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def without_formula(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like it gets a ' in front (OWASP, "CSV
    injection"), and so does one that begins with a control character.

    >>> without_formula("=1+1"), without_formula("cat"), without_formula(" @SUM(A1)")
    ("'=1+1", 'cat', "' @SUM(A1)")
    """
    start = _SKIPPED.match(cell)
    rest = cell[start.end() :] if start else cell
    return f"'{cell}" if rest.startswith(_FORMULA) or cell.startswith(("\t", "\r", "\n")) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take a text for a formula; a number alone is none.

    >>> is_formula("=1+1"), is_formula("+9.5"), is_formula("-5+A1"), is_formula("cat")
    (True, False, True, False)
    """
    return not _NUMBER.fullmatch(cell) and without_formula(cell) != cell
