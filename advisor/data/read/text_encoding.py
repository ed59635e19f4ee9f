"""Bytes to text: UTF-8 (with or without BOM), UTF-16, else line by line UTF-8 or Windows-1252.

Decision: files glued together from several programs mix encodings, so the choice is made per line; a line
that is valid UTF-8 beyond ASCII is practically never meant as Windows-1252.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

#: Stands for bytes that neither encoding knows: a Unicode noncharacter, never part of a real text.
HOLE = "\ufdd0"


@dataclass(frozen=True)
class Decoded:
    """A text and how it was read; `n_western` counts the lines read as Windows-1252."""

    text: str
    encoding: str
    n_western: int = 0

    @property
    def has_holes(self) -> bool:
        """Whether some bytes could not be decoded (each stands as HOLE in the text)."""
        return HOLE in self.text


def decode(content: bytes) -> Decoded:
    """Decode `content`; never raises."""
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(bom):
            return _whole(content[len(bom) :], name)
    start = content[:4096]
    if b"\0" in start and len(start) > 3:
        if start[1::2].count(0) > 0.4 * len(start) / 2:
            return _whole(content, "utf-16-le")
        if start[0::2].count(0) > 0.4 * len(start) / 2:
            return _whole(content, "utf-16-be")
    return _whole(content, "utf-8")


def _whole(content: bytes, name: str) -> Decoded:
    try:
        return Decoded(content.decode(name), name)
    except UnicodeDecodeError:
        if name != "utf-8":
            return Decoded(content.decode(name, "replace").replace("\ufffd", HOLE), name)
    lines = []
    n_western = 0
    for line in content.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            n_western += 1
            lines.append(line.decode("cp1252", "replace").replace("\ufffd", HOLE))
    return Decoded("\n".join(lines), "cp1252" if n_western else "utf-8", n_western)
