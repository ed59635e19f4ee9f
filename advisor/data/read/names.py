"""The names that mean something in a dataset: suffixes of what is read, parts, and junk files."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from advisor.core.workspace import UNPACKED

TableFormat = Literal["comma", "tab", "json lines", "json", "parquet", "arrow"]
DocumentFormat = Literal["markdown", "plain", "html", "pdf", "docx", "epub", "mail"]

IMAGE_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .apng .gif .bmp .dib .webp .tif .tiff .ppm .pgm .pbm .pnm .tga .jp2 .j2k .j2c "
    ".jpf .jpx .avif .ico .pcx .sgi".split()
)
#: Pictures, scans and films that Pillow does not decode here; each such file is set aside and named.
FOREIGN_IMAGE_SUFFIXES = frozenset(
    ".heic .heif .jxl .svg .svgz .psd .xcf .ai .eps .pdf .emf .wmf .raw .cr2 .cr3 .nef .arw .dng .rw2 .orf .raf .exr "
    ".hdr .npy .qoi .dds .dcm .nii .mha .nrrd .fits .svs .ndpi .czi .nd2 .lif .mp4 .m4v .avi .mov .mkv .webm .wmv .mpg "
    ".mpeg .flv".split()
)
TABLE_FORMATS: dict[str, TableFormat] = {
    ".csv": "comma",
    ".tsv": "tab",
    ".tab": "tab",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
TABLE_SUFFIXES = frozenset(TABLE_FORMATS)
SPREADSHEET_SUFFIXES = frozenset([".xlsx", ".xls", ".ods"])
DOCUMENT_FORMATS: dict[str, DocumentFormat] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".rst": "plain",
    ".text": "plain",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
    ".eml": "mail",
}
DOCUMENT_SUFFIXES = frozenset(DOCUMENT_FORMATS)
#: Documents of other programs; each is set aside and named.
FOREIGN_DOCUMENT_SUFFIXES = frozenset(
    ".doc .odt .rtf .pptx .ppt .odp .xlsx .xls .ods .pages .key .numbers .djvu .mobi .azw3 .msg".split()
)
#: Words and tags in columns, beside those in `.tsv` and `.txt`.
TAGGED_SUFFIXES = frozenset(".conll .bio .iob .iob2 .bioes .conll03 .ner".split())
#: Texts to classify, one a file.
TEXT_SUFFIX = ".txt"
#: A single compressed file; `.gz` also stands behind a table's own suffix.
COMPRESSED_SUFFIXES = frozenset([".gz", ".bz2", ".xz"])
ARCHIVE_SUFFIXES = COMPRESSED_SUFFIXES | frozenset([".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz"])
#: Archives that are not unpacked, by the program to name.
FOREIGN_ARCHIVES = {
    ".7z": "7-Zip",
    ".rar": "RAR",
    ".zst": "Zstandard",
    ".lz4": "LZ4",
    ".lzma": "LZMA",
    ".z": "compress",
}

JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db", "@eadir", "$recycle.bin", "icon\r"})
_TOOLS_OWN = frozenset(
    ".ds_store .git .gitignore .gitattributes .gitkeep .gitmodules .github .svn .hg .dvc .dvcignore .ipynb_checkpoints "
    ".idea .vscode .cache .directory .keep .nomedia .localized .trashes .spotlight-v100 .fseventsd .temporaryitems "
    ".documentrevisions-v100 .venv .mypy_cache .pytest_cache .ruff_cache .env .editorconfig .dockerignore".split()
)

_PARTS = {
    "all": "all",
    "ood": "ood",
    "train": "train",
    "training": "train",
    "trn": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "development": "val",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
}
#: `trainset`, `testdata`: a part and what it is of, written together.
_PART_OF_SOMETHING = re.compile(r"^(train|training|val|valid|validation|dev|test|testing)(sets?|data|images?|imgs?)$")


def suffix(path: str) -> str:
    """The lower-case suffix of a path with its dot, or "".

    >>> suffix("a.b/IMG.JPG"), suffix("a.b/IMG"), suffix(".hidden")
    ('.jpg', '', '')
    """
    name = path.rsplit("/", 1)[-1]
    stem, dot, ending = name.rpartition(".")
    return "." + ending.lower() if dot and stem else ""


def table_format(name: str) -> TableFormat | None:
    """The format of a table by its suffix, also with .gz behind; None for anything else.

    >>> table_format("a/B.CSV"), table_format("rows.jsonl.gz"), table_format("a.zip")
    ('comma', 'json lines', None)
    """
    return TABLE_FORMATS.get(suffix(name.removesuffix(".gz")))


def is_archive(name: str) -> bool:
    """Whether a file is an archive that is unpacked, or one of another program; a compressed table is none.

    >>> is_archive("a.tar.gz"), is_archive("a.rar"), is_archive("rows.csv.gz")
    (True, True, False)
    """
    return table_format(name) is None and suffix(name) in ARCHIVE_SUFFIXES | set(FOREIGN_ARCHIVES)


def is_junk(name: str) -> bool:
    """Whether a file or folder name is an operating system's or a tool's own (hidden, `__MACOSX`, `Thumbs.db`)."""
    return name.startswith(".") or name.lower() in JUNK_NAMES


def is_tools_own(name: str) -> bool:
    """Whether a junk name is known to be no data: macOS's, Windows's, version control's, an editor's or our own.

    >>> is_tools_own("._1.jpg"), is_tools_own(".git"), is_tools_own(".more_images")
    (True, True, False)
    """
    return not name.startswith(".") or name.startswith("._") or name.lower() in {*_TOOLS_OWN, UNPACKED}


def hidden_part(path: str) -> str:
    """A path up to the file or folder that is hidden and not a tool's own; "" where none is, or where it is below one
    of a tool.

    >>> hidden_part("a/.more/1.png"), hidden_part("a/1.png"), hidden_part(".git/.more/1")
    ('a/.more', '', '')
    """
    pieces = path.split("/")
    at = next((place for place, piece in enumerate(pieces) if is_junk(piece)), None)
    return "" if at is None or is_tools_own(pieces[at]) else "/".join(pieces[: at + 1])


def part_name(name: str) -> str | None:
    """ "train", "val", "test", "ood" or "all" for a folder or cell that names a part, else None.

    >>> part_name("Validation"), part_name("cat")
    ('val', None)
    """
    return _PARTS.get(name.strip().lower())


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: apart by signs, capitals and digits, and a part apart from what it is of.

    >>> words_of("TrainImages"), words_of("val2017"), words_of("seg-testset")
    (['train', 'images'], ['val', '2017'], ['seg', 'test', 'set'])
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", name)
    words = re.split(r"[\W_]+", apart.lower())
    return [piece for word in words if word for piece in re.sub(_PART_OF_SOMETHING, r"\1 \2", word).split()]


def part_inside(name: str) -> str | None:
    """The part that one of a name's words names, None when none or several do.

    >>> part_inside("training_set"), part_inside("seg-test"), part_inside("train2017"), part_inside("train_test")
    ('train', 'test', 'train', None)
    """
    parts = {_PARTS[word] for word in words_of(name) if word in _PARTS}
    return parts.pop() if len(parts) == 1 else None


#: Signs without a width are no part of a spelling. The joiners of emoji and of Indic and Persian words stay inside.
_NO_WIDTH = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
_JOINERS = "\u200c\u200d"


def class_name(name: str) -> str:
    """A class as it is spelled everywhere: in one Unicode form (NFC), with single spaces and nothing invisible.

    >>> class_name(" new\u00a0  york\u200b"), class_name("cafe\u0301")
    ('new york', 'café')
    """
    visible = "".join(c for c in _NO_WIDTH.sub("", name) if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(unicodedata.normalize("NFC", visible).split()).strip(_JOINERS)


def natural(name: str) -> tuple[tuple[int, float, str], ...]:
    """Sorting key that puts 2 before 10; no two names have the same key, so an order never depends on the run.

    >>> sorted(["10", "2", "b", "-1", "02", "2.5"], key=natural)
    ['-1', '02', '2', '2.5', '10', 'b']
    """
    if re.fullmatch(r"-?[0-9]{1,18}", name):
        return ((0, int(name), name),)
    if re.fullmatch(r"-?[0-9]{1,18}\.[0-9]{1,18}", name):
        return ((0, float(name), name),)
    pieces = re.split(r"([0-9]{1,18})", name)
    return (
        (1, 0, ""),
        *((2, int(p), "") if i % 2 else (1, 0, p.casefold()) for i, p in enumerate(pieces)),
        (3, 0, name),
    )
