"""The text of a table's file, line by line and as a whole; a file behind .gz is unpacked while it is read.

A file is looked through once for its encoding and its size, and then read: a text that takes gigabytes in memory as one
string is a few hundred bytes as a line.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from advisor.core.errors import DatasetError
from advisor.data.read.bounds import MOST_CHARACTERS, Budget
from advisor.data.read.text_encoding import START, Code, other_code, unicode_code

#: Stands for a line that is too long to be read: a Unicode noncharacter, never part of a real text.
TOO_LONG = "\ufdd1"
LONG_LINE = f"The line has more than {MOST_CHARACTERS:,} characters."
_BLOCK = 1 << 20
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
_FOUR_BYTES, _BEYOND_LATIN = re.compile(rb"[\xf0-\xff]"), re.compile(rb"[\xc4-\xff]")
#: What a JSON object, a list and another value take in memory.
_OBJECT, _LIST, _VALUE = 184, 64, 60


@dataclass
class TableText:
    """A file's text; iterating over it reads the lines anew, each with ``\\n`` at its end.

    A line of more than MOST_CHARACTERS comes as TOO_LONG.
    """

    path: Path
    code: Code
    n_bytes: int

    def __iter__(self) -> Iterator[str]:
        with _opened(self.path) as stream:
            stream.read(self.code.bom)
            if self.code.mixed:
                yield from _mixed(stream, self.code)
                return
            reader = io.TextIOWrapper(stream, encoding=self.code.name, errors="advisor.hole", newline=None)
            while line := _bounded(reader.readline):
                yield line

    def whole(self) -> str:
        """The text as one string."""
        with _opened(self.path) as stream:
            stream.read(self.code.bom)
            content = stream.read(self.n_bytes + 1)
        if self.code.mixed:
            return "\n".join(map(self.code.line, content.split(b"\n")))
        return self.code.line(content)


def table_text(path: Path, budget: Budget, is_json: bool = False) -> TableText:
    """Look through a file; is_json: it will be read as a whole.

    Raises DatasetError when it is empty or too large, OSError, EOFError and zlib.error when damaged.
    """
    n_bytes = values = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    code: Code | None = None
    is_utf8, blank, width = True, True, 1
    with _opened(path) as stream:
        while block := stream.read(_BLOCK):
            if not n_bytes:
                code = unicode_code(block[:START])
            n_bytes += len(block)
            budget.text(n_bytes)
            blank = blank and not block.strip(_BLANK)
            width = (
                4 if width == 4 or _FOUR_BYTES.search(block) else 2 if width == 2 or _BEYOND_LATIN.search(block) else 1
            )
            if is_json:
                values += _OBJECT * block.count(b"{") + _LIST * block.count(b"[") + _VALUE * block.count(b",")
                budget.json(2 * width * n_bytes + values)
            if is_utf8:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    is_utf8 = False
    if blank:
        raise DatasetError(f"{path} is empty. It needs a header and one row per item.")
    if code is None or code.name == "utf-8":
        is_utf8 = is_utf8 and not decoder.getstate()[0]
        bom = code.bom if code else 0
        code = Code("utf-8", bom) if is_utf8 else _other(path, bom)
    return TableText(path, code, n_bytes)


def _other(path: Path, bom: int) -> Code:
    with _opened(path) as stream:
        stream.read(bom)
        return other_code(iter(lambda: stream.readline(MOST_CHARACTERS), b""), bom)


def _opened(path: Path) -> BinaryIO:
    if path.name.endswith(".gz"):
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.open(path)), _BLOCK))
    return path.open("rb", buffering=_BLOCK)


def _bounded(readline: Callable[[int], str]) -> str:
    line = readline(MOST_CHARACTERS)
    if len(line) < MOST_CHARACTERS or line.endswith("\n"):
        return line
    while line and not line.endswith("\n"):
        line = readline(MOST_CHARACTERS)
    return TOO_LONG + "\n"


def _mixed(stream: BinaryIO, code: Code) -> Iterator[str]:
    while line := stream.readline(MOST_CHARACTERS):
        if len(line) == MOST_CHARACTERS and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MOST_CHARACTERS)
            yield TOO_LONG + "\n"
            continue
        yield from io.StringIO(code.line(line), newline=None)
