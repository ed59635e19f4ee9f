"""Bytes to text: UTF-8 and UTF-16 (with or without BOM), other alphabets' encodings, else Windows-1252.

Decisions. Files put together from several programs mix encodings, so UTF-8 or Windows-1252 is chosen line by line; a
line that is valid UTF-8 beyond ASCII is practically never meant as Windows-1252. charset-normalizer is asked about what
is left, and believed only where it finds another alphabet than Latin: of 18 files of English, German and Spanish text
in Windows-1252 or Latin-1 it took 6 for another code page, and of 27 files in Cyrillic, Greek, Arabic, Thai, Chinese
and Japanese encodings none.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.core.wording import counted

WESTERN = "cp1252"
#: Stands for bytes that no encoding knows: a Unicode noncharacter, never part of a real text.
HOLE = "\ufdd0"
UNKNOWN_BYTES = "Some bytes are text in no known encoding."
#: Bytes looked at for UTF-16, and at most so many for another alphabet.
START, SAMPLE = 4096, 65_536
#: Least share of bytes over 127 in a text of another alphabet; in Western text it stays under 0.1.
OTHER_ALPHABET = 0.15
#: What charset-normalizer chooses among: of all that it knows it also names rare ones, such as Mac Cyrillic for cp1251.
OTHER_ENCODINGS = tuple("cp1251 koi8_r cp1253 cp1255 cp1256 tis_620 gb18030 big5 cp932 euc_jp cp949".split())
LATIN_ENCODINGS = ("cp1252", "cp1250", "cp1258")


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

    def note(self, name: str) -> str:
        """What to tell the user about the encoding of the file called so; "" for Unicode."""
        if self.encoding.startswith("utf"):
            return ""
        lines = f"{counted(self.n_western, 'line')} " if self.n_western else ""
        how = f"{lines}read as {'Windows-1252' if self.encoding == WESTERN else self.encoding}"
        return f"{name} is not UTF-8{' throughout' if lines else ''}: {how}. Save it as UTF-8 if letters look wrong."


def decode(content: bytes) -> Decoded:
    """Decode `content`; never raises."""
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(bom):
            return _whole(content[len(bom) :], name)
    return _whole(content, _utf16(content[:START]) or "utf-8")


def _utf16(start: bytes) -> str | None:
    """The byte order of UTF-16 without a BOM, None for anything else.

    ASCII and the spaces of every alphabet have a zero as their high byte, so zeros stand in every second place only.
    """
    zeros = start[0::2].count(0), start[1::2].count(0)
    if max(zeros) < max(4, 0.05 * len(start)) or min(zeros) > 0.1 * max(zeros):
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _whole(content: bytes, name: str) -> Decoded:
    try:
        return Decoded(content.decode(name), name)
    except UnicodeDecodeError:
        if name != "utf-8":
            return _with_holes(content, name)
    lines = content.split(b"\n")
    other = [line for line in lines if not _is_utf8(line)]
    mixed = len(other) < 0.9 * sum(not line.isascii() for line in lines)
    if not mixed and (foreign := _other_alphabet(other)):
        return _with_holes(content, foreign)
    western = {line: line.decode(WESTERN, "replace").replace("\ufffd", HOLE) for line in other}
    text = "\n".join(western.get(line) or line.decode("utf-8") for line in lines)
    return Decoded(text, WESTERN, len(other))


def _with_holes(content: bytes, name: str) -> Decoded:
    return Decoded(content.decode(name, "replace").replace("\ufffd", HOLE), name)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _other_alphabet(lines: Sequence[bytes]) -> str | None:
    """The encoding of lines that are not UTF-8, when their alphabet is another than Latin."""
    from charset_normalizer import from_bytes

    sample = b"\n".join(lines)
    if len(sample) > SAMPLE:
        sample = sample[:SAMPLE].rpartition(b"\n")[0] or sample[:SAMPLE]
    if sum(byte > 127 for byte in sample) < OTHER_ALPHABET * len(sample):
        return None
    best = from_bytes(sample, cp_isolation=[*OTHER_ENCODINGS, *LATIN_ENCODINGS]).best()
    return best.encoding if best and best.encoding in OTHER_ENCODINGS else None
