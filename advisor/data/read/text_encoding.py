"""Bytes to text: UTF-8 and UTF-16 (with or without BOM), else the encoding that chardet finds.

Decisions. What is valid UTF-8 is UTF-8, whatever a BOM says. Files put together from several programs mix encodings,
so a line that is valid UTF-8 beyond ASCII stays UTF-8 among lines of another encoding. chardet chooses among the
encodings below: on the 24 pairs of language and encoding in tests/data/encoding_samples.py it was right 24 times each
with tables of 1, 4 and 40 rows; charset-normalizer 19, 19 and 19 times (it takes French, Portuguese and Swedish for
other code pages, and misses Turkish and Shift-JIS). A few signs in an English text, such as quotation marks and the
euro, are Windows-1252, which also stands for ISO-8859-1.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from advisor.core.wording import counted

WESTERN = "cp1252"
#: Stands for bytes that no encoding knows: a Unicode noncharacter, never part of a real text.
HOLE = "\ufdd0"
UNKNOWN_BYTES = "Some bytes are text in no known encoding."
#: Bytes looked at for UTF-16, and at most so many for the encoding.
START, SAMPLE = 4096, 65_536
#: What chardet chooses among: of all that it knows it also names rare ones, such as Mac Icelandic for a short text.
LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258")
OTHER = ("cp1251", "koi8-r", "koi8-u", "cp1253", "cp1255", "cp1256", "tis-620", "cp874")
WIDE = ("gb18030", "big5", "big5hkscs", "cp932", "shift_jis", "euc-jp", "euc-kr", "cp949")
ENCODINGS = (*LATIN, *OTHER, *WIDE)
#: With fewer bytes over 127, or a smaller share of them, chardet is believed only where they are most of the text.
FEW_BYTES, FEW_SHARE = 4, 0.004
_NAMES = {
    "cp932": "Shift-JIS", "gb18030": "GB18030", "big5": "Big5", "big5hkscs": "Big5", "euc_jp": "EUC-JP",
    "cp949": "EUC-KR", "euc_kr": "EUC-KR", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "tis-620": "TIS-620",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _hole(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return HOLE, error.end


codecs.register_error("advisor.hole", _hole)


@dataclass(frozen=True)
class Code:
    """How a file's bytes become text.

    ``name``: Python's name of the encoding; ``bom``: bytes before the text; ``n_other``: lines that are not UTF-8;
    ``mixed``: the other lines are UTF-8.
    """

    name: str
    bom: int = 0
    n_other: int = 0
    mixed: bool = False

    def line(self, line: bytes) -> str:
        """One line of a file that is not UTF-8 throughout; bytes without a meaning become HOLE."""
        if self.mixed:
            try:
                return line.decode("utf-8")
            except UnicodeDecodeError:
                if _is_damaged(line):
                    return line.decode("utf-8", "advisor.hole")
        return line.decode(self.name, "advisor.hole")

    def note(self, name: str) -> str:
        """What to tell the user about the encoding of the file called so; "" for Unicode."""
        if self.name.startswith("utf"):
            return ""
        lines = f"{counted(self.n_other, 'line')} " if self.mixed or self.name == WESTERN else ""
        how = f"{lines}read as {spoken(self.name)}"
        return f"{name} is not UTF-8{' throughout' if lines else ''}: {how}. Save it as UTF-8 if letters look wrong."


@dataclass(frozen=True)
class Decoded:
    """A text and how it was read."""

    text: str
    code: Code

    @property
    def encoding(self) -> str:
        """Python's name of the encoding."""
        return self.code.name

    @property
    def has_holes(self) -> bool:
        """Whether some bytes could not be decoded (each stands as HOLE in the text)."""
        return HOLE in self.text

    def note(self, name: str) -> str:
        """What to tell the user about the encoding of the file called so; "" for Unicode."""
        return self.code.note(name)


def spoken(encoding: str) -> str:
    """An encoding as people call it.

    >>> spoken("cp1251"), spoken("cp932"), spoken("utf-16-le")
    ('Windows-1251', 'Shift-JIS', 'utf-16-le')
    """
    return _NAMES.get(encoding, f"Windows-{encoding[2:]}" if re.fullmatch(r"cp12\d\d", encoding) else encoding)


def decode(content: bytes) -> Decoded:
    """Decode `content`; never raises."""
    code = unicode_code(content) or Code("utf-8")
    text = content[code.bom :]
    if code.name != "utf-8":
        return Decoded(text.decode(code.name, "advisor.hole"), code)
    try:
        return Decoded(text.decode("utf-8"), code)
    except UnicodeDecodeError:
        pass
    lines = text.split(b"\n")
    code = other_code(lines, code.bom)
    return Decoded("\n".join(map(code.line, lines)) if code.mixed else code.line(text), code)


def unicode_code(start: bytes) -> Code | None:
    """UTF-8, UTF-16 or UTF-32 as a BOM or the zeros in the first bytes tell; None where they tell nothing.

    A BOM before bytes that are UTF-8 without zeros is a mistake of the program that wrote it.
    """
    for bom, name in _BOMS:
        if start.startswith(bom):
            rest = start[len(bom) : START]
            plain = name != "utf-8" and len(rest) > 2 and b"\0" not in rest and _begins_as_utf8(rest)
            return Code("utf-8" if plain else name, len(bom))
    name_by_zeros = _utf16(start[:START])
    return Code(name_by_zeros) if name_by_zeros else None


def other_code(lines: Iterable[bytes], bom: int = 0) -> Code:
    """The encoding of a file that is not UTF-8 throughout, by its lines."""
    n_other = n_beyond_ascii = n_bytes = 0
    sample: list[bytes] = []
    for line in lines:
        if line.isascii():
            continue
        n_beyond_ascii += 1
        if not _is_utf8(line):
            n_other += 1
            if n_bytes < SAMPLE and not _is_damaged(line):
                sample.append(line[:SAMPLE])
                n_bytes += len(sample[-1])
    mixed = n_other < 0.9 * n_beyond_ascii
    return Code(detected(b"\n".join(line.rstrip(b"\n") for line in sample)), bom, n_other, mixed)


def detected(sample: bytes) -> str:
    """Python's name of the encoding of bytes that are not UTF-8, one of ENCODINGS."""
    import chardet

    high = len(sample) - len(sample.translate(None, bytes(range(128, 256))))
    if not high:
        return WESTERN
    answer = chardet.detect(sample, include_encodings=ENCODINGS, prefer_superset=True)
    found = str(answer["encoding"] or WESTERN).lower()
    try:
        name = {"windows-1252": WESTERN}.get(found) or codecs.lookup(found).name
    except LookupError:
        return WESTERN
    name = {"iso8859-1": WESTERN, "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}.get(
        name, name
    )
    few = high < FEW_BYTES or high < FEW_SHARE * len(sample)
    by_itself = high > 0.5 * len(sample.strip())
    return WESTERN if few and not by_itself else name


def _is_damaged(line: bytes) -> bool:
    """Whether a line is UTF-8 with some bytes lost: far more of its characters are whole than broken."""
    text = line.decode("utf-8", "advisor.hole")
    broken = text.count(HOLE)
    return sum(character > "\x7f" for character in text) - broken > 2 * broken


def _utf16(start: bytes) -> str | None:
    """The byte order of UTF-16 without a BOM, None for anything else.

    ASCII and the spaces of every alphabet have a zero as their high byte, so zeros stand in every second place only.
    """
    zeros = start[0::2].count(0), start[1::2].count(0)
    if max(zeros) < max(4, 0.02 * len(start)) or min(zeros) > 0.1 * max(zeros):
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _begins_as_utf8(start: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
