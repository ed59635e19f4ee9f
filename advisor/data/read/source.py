"""From what a person typed to a folder or a table on this disk."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from advisor.core import reach
from advisor.core.addresses import public_address
from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import listed
from advisor.core.workspace import Workspace
from advisor.data.read.archives import is_packed, unpack
from advisor.data.read.fasttext import is_fasttext_file
from advisor.data.read.names import (
    DOCUMENT_SUFFIXES,
    FOREIGN_IMAGE_SUFFIXES,
    IMAGE_SUFFIXES,
    SPREADSHEET_SUFFIXES,
    TABLE_SUFFIXES,
    TAGGED_SUFFIXES,
    TEXT_SUFFIX,
    is_archive,
    suffix,
)
from advisor.data.read.naming import name_of
from probes.progress import Progress, silent

SAMPLE = "sample:"

#: `a.zip.001`, `a.tgz.partaa`, `a.tar.gz.ab`, and `a.z01`, which Info-ZIP writes beside the last piece, `a.zip`.
_PIECE = re.compile(
    r"(?:(?<=\.zip|\.tar|\.tgz|\.rar|\.bz2|\.txz)|(?<=\.gz|\.7z|\.xz))\.(?:\d{2,3}|part\w+|[a-z]{2})$"
    r"|(?P<zip>\.z\d{2})$",
    re.IGNORECASE,
)


@dataclass
class Source:
    """A folder or a table to read. ``origin`` is what the user named; `unpacked` says that it came from an archive."""

    origin: str
    name: str
    path: Path
    unpacked: bool = False
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def confined(self) -> bool:
        """Whether its tables may only name files inside it: an archive or an upload comes from anywhere."""
        return self.unpacked or reach.within(self.path, Workspace.here().uploads)


def resolve(source: str | Path, progress: Progress = silent) -> Source:
    """Find the input; archives are unpacked, samples made. Raises DatasetError for a path that is not there."""
    text = str(source).strip().strip("\"'") if isinstance(source, str) else str(source)
    if text.startswith(SAMPLE):
        from advisor.data.read.samples import materialise

        return Source(text, text.removeprefix(SAMPLE), materialise(text.removeprefix(SAMPLE), progress))
    if "://" in text:
        raise DatasetError(
            f"{public_address(text)} is a web address. Download it first, then give the path of the file."
        )
    reach.check(text)
    path = Path(os.path.expanduser(text))  # noqa: PTH111 (Path raises on an unknown ~user)
    try:
        if not text or not path.exists():
            raise DatasetError(_missing(text, path))
        path = path.resolve()
    except (OSError, ValueError) as error:
        raise DatasetError(f"{text!r} cannot be used as a path ({error}). Check it.") from error
    place = Source(str(path), name_of(path), path)
    if path.is_dir():
        return place
    _refuse_special(path)
    if is_archive(path.name) or (_may_be_packed(path) and is_packed(path)):
        return unpacked(place, progress)
    _check_file(path)
    return place


def unpacked(source: Source, progress: Progress = silent) -> Source:
    """The source's archive unpacked in its place."""
    content = unpack(source.path, progress)
    aside, notes = [*source.set_aside, *content.set_aside], [*source.notes, *content.notes]
    return Source(source.origin, source.name, content.folder, True, aside, notes)


def _missing(text: str, path: Path) -> str:
    from advisor.data.read.samples import SAMPLES

    if not text:
        return "No path was given. Give a folder, an archive, a table or a sample such as sample:digits."
    names = [sample.name for sample in SAMPLES]
    here = [SAMPLE + sample.name for sample in SAMPLES if not sample.needs_network]
    if text in names:
        return f"There is no file or folder {text}. If you mean the sample, write {SAMPLE}{text}."
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        beside = []
    near = difflib.get_close_matches(path.name, beside, n=2, cutoff=0.6)
    if near:
        return f"There is no file or folder {text}. Did you mean {listed(near)}? Check the spelling."
    return f"There is no file or folder {text}. Check the path, or try a sample: {listed(here)}."


def _refuse_special(path: Path) -> None:
    if reach.is_special(path):
        raise DatasetError(f"{path} is a device, a pipe or a socket and no file. Give a folder, an archive or a table.")


def _may_be_packed(path: Path) -> bool:
    """Whether a file's name leaves open that it is a zip or a tar: books and documents of offices are zips too."""
    return suffix(path.name) in TABLE_SUFFIXES | {"", TEXT_SUFFIX}


def _check_file(path: Path) -> None:
    ending = suffix(path.name.removesuffix(".gz"))
    if piece := _PIECE.search(path.name):
        whole = path.name[: piece.start()]
        how = f"zip -s 0 {path.stem}.zip --out whole.zip" if piece["zip"] else f"cat {whole}.* > {whole}"
        raise DatasetError(f"{path} is one piece of a split archive. Join the pieces, then give the whole: {how}")
    if ending in (".part", ".crdownload", ".partial", ".download"):
        raise DatasetError(f"{path} is an unfinished download. Download it again, then give the whole file.")
    if ending in TABLE_SUFFIXES | TAGGED_SUFFIXES or not ending or ending == TEXT_SUFFIX or is_fasttext_file(path):
        return
    if ending in IMAGE_SUFFIXES | FOREIGN_IMAGE_SUFFIXES:
        raise DatasetError(f"{path} is a single media file. Give the folder that holds one folder of images per class.")
    if ending in SPREADSHEET_SUFFIXES:
        raise DatasetError(f"{path} is a spreadsheet, which cannot be read. Save it as CSV.")
    if ending in DOCUMENT_SUFFIXES:
        raise DatasetError(f"{path} is a single document. Give a folder with the documents and a table of questions.")
    raise DatasetError(
        f"{path} has a format that cannot be read ({ending}). Give a folder or archive of class folders, "
        f"or a CSV, TSV, JSONL or Parquet table."
    )
