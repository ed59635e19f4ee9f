"""The names of an archive's entries as letters: most zips and many tars do not say how they are encoded.

Windows writes those of a zip in the code page of the country (866 in Russia, GBK in China), macOS and many libraries in
UTF-8 without saying so, and Python reads all of them as code page 437. A folder's name is a class and tables name
files, so the right letters count. Decisions: Info-ZIP's field with the name in UTF-8 wins; names that are all valid
UTF-8 are UTF-8; else chardet chooses among the encodings in which every sign is a letter. On the lists of one to three
names in tests/data/test_archive_names.py it is right each time, and wrong once without the rule for lone signs below.
"""

from __future__ import annotations

import re
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from advisor.core.wording import listed

#: How Python reads names that are not marked as UTF-8; each of the 256 bytes has a sign of its own in it.
READ_AS = "cp437"
_MARKED = 0x800
_NAME_FIELD = 0x7075
#: Entries of a tar that are looked at: it has no list of them, and is decompressed up to there.
_N_LOOKED_AT = 2000
_LATIN = ("cp437", "cp850", "cp852", "cp857", "cp1252", "cp1250", "cp1254")
_OTHER = ("cp866", "cp737", "cp862", "cp1251", "koi8-r", "cp1253", "cp1255")
_WIDE = ("gb18030", "cp932", "cp949", "big5")
_SPOKEN = {"gb18030": "GBK", "cp932": "Shift-JIS", "cp949": "EUC-KR", "big5": "Big5"}
#: One byte beyond ASCII with none beside it, as in Größe; two-byte encodings set most of theirs in pairs.
_PAIR = re.compile(rb"[\x80-\xff]{2}")


def of_zip(infos: Sequence[zipfile.ZipInfo], archive: str) -> tuple[list[str], list[str]]:
    """The name of each entry, and a note for the user where their encoding was guessed; archive: the zip's name."""
    names = [info.filename for info in infos]
    unknown: dict[int, bytes] = {}
    for row, info in enumerate(infos):
        if info.flag_bits & _MARKED or info.filename.isascii():
            continue
        raw = info.filename.encode(READ_AS)
        if (name := _in_field(info, raw)) is not None:
            names[row] = name
        else:
            unknown[row] = raw
    if not unknown:
        return names, []
    code = encoding_of(list(unknown.values()))
    for row, raw in unknown.items():
        names[row] = raw.decode(code, "replace")
    return names, [] if code in ("utf-8", READ_AS) else [_note(archive, code, [names[row] for row in unknown])]


def of_tar(path: Path) -> tuple[str, list[str]]:
    """The encoding of a tar's names, by its first entries, and a note for the user where it is not UTF-8."""
    with tarfile.open(path, "r:*") as archive:
        raws = [_raw(info.name) for info in islice(archive, _N_LOOKED_AT) if is_open(info)]
    code = encoding_of(raws)
    return code, [] if code == "utf-8" else [_note(path.name, code, [raw.decode(code, "replace") for raw in raws])]


def is_open(info: tarfile.TarInfo) -> bool:
    """Whether a tar's name beyond ASCII may be in any encoding; those in the headers of pax are UTF-8."""
    return not info.name.isascii() and "path" not in info.pax_headers


def decoded(info: tarfile.TarInfo, encoding: str) -> str:
    """A tar's name as letters; encoding: that of its names."""
    return _raw(info.name).decode(encoding, "replace") if encoding and is_open(info) else info.name


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _note(archive: str, code: str, names: Sequence[str]) -> str:
    example = listed(list(dict.fromkeys(map(_telling, names)))[:2])
    spoken = _SPOKEN.get(code, f"code page {code[2:]}" if code.startswith("cp") else code.upper())
    return f"{archive} does not say how its file names are written. They were read as {spoken}, such as {example}."


def encoding_of(raws: Sequence[bytes]) -> str:
    """Python's name of the encoding of file names that go beyond ASCII."""
    import chardet

    pieces = dict.fromkeys(piece for raw in raws for piece in _pieces(raw))
    sample = b"\n".join(pieces)
    if _is_utf8(sample):
        return "utf-8"
    possible = [code for code in _candidates(sample) if _reads_as_letters(sample, code)]
    if not possible:
        return READ_AS
    guess = chardet.detect(sample, include_encodings=possible, prefer_superset=True, no_match_encoding=possible[0])[
        "encoding"
    ]
    found = str(guess or "").lower()
    code = {"ibm866": "cp866", "gbk": "gb18030", "gb2312": "gb18030"}.get(found, found.replace("windows-", "cp"))
    code = code if code in possible else possible[0]
    same_letters = code in _LATIN and READ_AS in possible and sample.decode(code) == sample.decode(READ_AS)
    return READ_AS if same_letters else code


def _candidates(sample: bytes) -> tuple[str, ...]:
    """The encodings to choose among: letters of a Latin alphabet where single ones stand among many ASCII ones."""
    n_high = sum(byte > 127 for byte in sample)
    n_letters = sum(bytes([byte]).isalpha() or byte > 127 for byte in sample)
    lone = not _PAIR.search(sample) and 3 * n_high < n_letters
    return _LATIN if lone else (*_LATIN, *_OTHER, *_WIDE)


def _pieces(raw: bytes) -> Iterator[bytes]:
    """The folders and the name of a path that go beyond ASCII, without a suffix."""
    for piece in re.split(rb"/", raw):
        if not piece.isascii():
            yield re.sub(rb"\.[A-Za-z0-9]{1,5}$", b"", piece)


def _is_utf8(sample: bytes) -> bool:
    """Whether names are UTF-8; a few short ones in GBK are valid too, and then mix alphabets in a word, as ͼƬ does."""
    text = _decoded(sample, "utf-8")
    if text is None:
        return False
    if any(char >= "\u0800" for char in text):
        return True
    words = re.findall(r"[^\W\d_]+", text)
    return all(len({unicodedata.name(c, "?").split()[0] for c in word if c > "\x7f"}) < 2 for word in words)


def _reads_as_letters(sample: bytes, code: str) -> bool:
    text = _decoded(sample, code)
    return text is not None and all(char < "\x7f" or unicodedata.category(char)[0] in "LM" for char in text)


def _decoded(sample: bytes, code: str) -> str | None:
    try:
        return sample.decode(code)
    except UnicodeDecodeError:
        return None


def _telling(name: str) -> str:
    """The first piece of a path that goes beyond ASCII."""
    return next((piece for piece in name.split("/") if not piece.isascii()), name)


def _in_field(info: zipfile.ZipInfo, raw: bytes) -> str | None:
    """The name that Info-ZIP keeps in UTF-8 beside the other one; None where there is none or it belongs to another.

    APPNOTE.TXT 4.6.9: a version, the CRC-32 of the other name, and the name.
    """
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _NAME_FIELD and len(field) > 5 and field[0] == 1:
            (crc,) = struct.unpack_from("<I", field, 1)
            return _decoded(field[5:], "utf-8") if crc == zlib.crc32(raw) else None
    return None
