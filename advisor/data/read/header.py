"""Where the header of a delimited text is, and what stands above and below it.

Above: an Excel line such as ``sep=;``, comment lines, titles of fewer cells, blank lines. Below: Qualtrics' two rows of
questions and ids, or the dashes of a Markdown table. All of them are skipped, and a note says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.core.wording import counted, listed, short

#: Records that are looked at to find the header.
N_HEAD = 5000
#: Names that columns have and cells of a first row of data do not.
_NAMES = frozenset("text label labels sentence id class category target path filename image message review".split())
_MOST_ABOVE = 50
_SEPARATOR = re.compile(r'"?sep=(.|\\t)"?[,;\t| ]*', re.IGNORECASE)
_COMMENTS = ("#", "//", "%%", "--")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*([eE][-+]?\d+)?%?")
_DASHES = re.compile(r":?-{2,}:?")
_QUALTRICS = re.compile(r"\{['\"]ImportId['\"]")


@dataclass
class Start:
    """The first lines: how many stand above the table, and the delimiter that one of them names."""

    n_lines: int = 0
    delimiter: str | None = None
    skipped: list[str] = field(default_factory=list)


@dataclass
class Layout:
    """The header, how many filled records stand before the first row of data, and what to say."""

    header: list[str]
    n_before: int
    notes: list[str] = field(default_factory=list)


def start_of(lines: Sequence[str]) -> Start:
    """What stands above the table, by its first lines: ``sep=``, blank lines and comments."""
    start = Start()
    while start.n_lines < min(len(lines) - 1, _MOST_ABOVE):
        line = lines[start.n_lines].strip()
        if match := _SEPARATOR.fullmatch(line):
            start.delimiter = match[1].replace("\\t", "\t")
        elif line and not line.startswith(_COMMENTS):
            break
        start.n_lines += 1
        start.skipped += [line] if line else []
    return start


def without_header(start: Start, lines: Sequence[str], delimiter: str, width: int) -> Start:
    """The start with comment lines given back that have as many cells as the table: a header, or rows of data."""
    n_lines, skipped = start.n_lines, list(start.skipped)
    while n_lines and skipped:
        line = lines[n_lines - 1].strip()
        if not line or _SEPARATOR.fullmatch(line) or width < 2 or line.count(delimiter) != width - 1:
            break
        n_lines -= 1
        skipped.pop()
    return Start(n_lines, start.delimiter, skipped)


def layout_of(records: list[list[str]], skipped: list[str]) -> Layout:
    """The layout of the first filled records. skipped: lines above them that were left out before."""
    width = Counter(map(len, records)).most_common(1)[0][0] if len(records) > 2 else len(records[0])
    n_titles = 0
    while n_titles < min(len(records) - 2, _MOST_ABOVE) and _is_title(records[n_titles:], width):
        n_titles += 1
    above = [*skipped, *(" ".join(filter(None, record)) for record in records[:n_titles])]
    header, body = records[n_titles], records[n_titles + 1 :]
    while len(header) > width and not header[-1]:
        header = header[:-1]
    if len(header) == width - 1:  # R writes row names without a name of their own
        header = ["row name", *header]
    if header[0].startswith("#") and len(header[0].lstrip("# ")) > 0 and len(header) > 1 and not is_data(header, body):
        header = [header[0].lstrip("# "), *header[1:]]
    layout = Layout(header, n_titles + 1, _notes(above))
    if is_data(header, body):
        layout.header, layout.n_before = [f"column {i + 1}" for i in range(len(header))], n_titles
        layout.notes.append(f"The first row holds data, so the columns are called {listed(layout.header)}.")
        return layout
    if n_below := _below(body):
        layout.n_before += n_below
        rows = "The row below the header is" if n_below == 1 else f"The {n_below} rows below the header are"
        layout.notes.append(f"{rows} not data and {'was' if n_below == 1 else 'were'} skipped.")
    return layout


def _notes(above: list[str]) -> list[str]:
    if not above:
        return []
    if len(above) == 1:
        return [f"The line above the header was skipped: {short(above[0], 60)}."]
    return [f"The {counted(len(above), 'line')} above the header were skipped; the first is {short(above[0], 60)}."]


def _is_title(records: list[list[str]], width: int) -> bool:
    """Whether the first record is a title above the header and not the header itself."""
    first, following = records[0], records[1]
    filled = [cell for cell in first if cell]
    if width < 2 or len(filled) == width or (len(first) == width and first[0] == ""):
        return False
    if len(filled) == 1 and width > 2 and len(first) != width - 1:
        return len(following) >= width - 1 or _is_title(records[1:], width) if len(records) > 2 else False
    heads = _heads(following, records[2:], width) or (len(records) > 3 and _is_title(records[1:], width))
    return heads and (len(first) != width or len(filled) <= width / 2)


def _heads(record: list[str], body: list[list[str]], width: int) -> bool:
    """Whether a record looks like a header: filled, different and short cells, none a number or a value below."""
    return (
        len(record) == width
        and all(0 < len(cell) <= 60 and not _NUMBER.fullmatch(cell) for cell in record)
        and len(set(record)) == width
        and not is_data(record, body)
        and not any(row[0] == record[0] or _counts(record, row) for row in body[:20] if len(row) == width)
    )


def _counts(record: list[str], row: list[str]) -> bool:
    """Whether two first cells are one text but for the number in it (`row 1`, `row 2`), as data has it."""
    return re.sub(r"\d+", "", record[0]) == re.sub(r"\d+", "", row[0]) and bool(re.search(r"\d", record[0]))


def is_data(first: list[str], body: list[list[str]]) -> bool:
    """Whether the first row is data: one of its cells comes back again and again in its own column.

    It is a header all the same where another cell is a usual name of a column that never comes back.
    """
    same = [r for r in body[:2000] if len(r) == len(first)]
    if len(same) < 4 or any(
        name.lower() in _NAMES and all(r[column] != name for r in same) for column, name in enumerate(first)
    ):
        return False
    for column, name in enumerate(first):
        values = Counter(r[column] for r in same)
        if name and values[name] >= 2 and len(values) <= len(same) / 2:
            return True
    return False


def _below(body: list[list[str]]) -> int:
    """Rows under the header that are no data."""
    for n, row in enumerate(body[:2], start=1):
        if any(map(_QUALTRICS.match, row)):
            return n
    first = body[0] if body else []
    dashes = len(first) > 2 and first[0] == first[-1] == "" and all(map(_DASHES.fullmatch, first[1:-1]))
    return 1 if dashes else 0
