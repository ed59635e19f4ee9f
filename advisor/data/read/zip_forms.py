"""Forms of zip archives that Python's zipfile passes over or reads in part: split ones, rare compression, folders."""

from __future__ import annotations

import zipfile
from pathlib import Path

from advisor.core.errors import DatasetError

#: Where the end record may begin, with the longest comment behind it (APPNOTE.TXT 4.3.16).
_TAIL_BYTES = 22 + 65_535
_END, _IN_ZIP64 = b"PK\5\6", 0xFFFF
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
#: Methods that other programs write (APPNOTE.TXT 4.4.5).
_NAMES = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "xz", 98: "PPMd"}
_LOCKED, _DOS_FOLDER = 0x1, 0x10


def check(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise DatasetError for the last piece of a split archive, and where no file can be decompressed."""
    infos = archive.infolist()
    _check_pieces(infos, path)
    methods = [info.compress_type for info in infos if info.file_size and not info.flag_bits & _LOCKED]
    if methods and not any(method in _METHODS for method in methods):
        name = _NAMES.get(methods[0], f"method {methods[0]}")
        raise DatasetError(
            f"{path} is compressed with {name}, which cannot be read. Unpack it and give the folder, or make a zip of "
            f"it in the usual way."
        )


def is_folder(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder: by the slash behind it, or by MS-DOS's mark on an empty entry."""
    return info.filename.endswith(("/", "\\")) or (not info.file_size and bool(info.external_attr & _DOS_FOLDER))


def _check_pieces(infos: list[zipfile.ZipInfo], path: Path) -> None:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = stream.read()
    at = tail.rfind(_END)
    number = int.from_bytes(tail[at + 4 : at + 6], "little") if at >= 0 else 0
    if number not in (0, _IN_ZIP64):
        raise DatasetError(
            f"{path} is the last of the {number + 1} pieces of a split archive. Join them, then give the whole: "
            f"zip -s 0 {path.name} --out whole.zip"
        )
    if any(info.header_offset < 0 for info in infos):
        raise DatasetError(
            f"{path} lacks its beginning: it is the last piece of a split archive, or damaged. Join the pieces, or "
            f"copy or download it again."
        )
