"""The names that mean something in a dataset: parts, junk files, suffixes; and how lists are said."""

from __future__ import annotations

import re

IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".gif",
        ".bmp",
        ".dib",
        ".webp",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".tga",
        ".jp2",
        ".j2k",
        ".avif",
        ".ico",
    ]
)
#: Pictures or scans that Pillow does not decode here; each such file is set aside with this said.
FOREIGN_IMAGE_SUFFIXES = frozenset(
    [
        ".heic",
        ".heif",
        ".svg",
        ".psd",
        ".raw",
        ".cr2",
        ".nef",
        ".arw",
        ".dng",
        ".dcm",
        ".nii",
        ".eps",
        ".pdf",
        ".exr",
        ".hdr",
        ".npy",
        ".mp4",
        ".avi",
        ".mov",
        ".webm",
    ]
)
TABLE_SUFFIXES = frozenset([".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet", ".pq"])
JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db", "@eadir", "$recycle.bin", "icon\r"})

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


def suffix(path: str) -> str:
    """The lower-case suffix of a path with its dot, or "".

    >>> suffix("a.b/IMG.JPG"), suffix("a.b/IMG"), suffix(".hidden")
    ('.jpg', '', '')
    """
    name = path.rsplit("/", 1)[-1]
    stem, dot, ending = name.rpartition(".")
    return "." + ending.lower() if dot and stem else ""


def is_junk(name: str) -> bool:
    """Whether a file or folder name is an operating system's or a tool's own (hidden, `__MACOSX`, `Thumbs.db`)."""
    return name.startswith(".") or name.lower() in JUNK_NAMES


def part_name(name: str) -> str | None:
    """ "train", "val", "test", "ood" or "all" for a folder or cell that names a part, else None.

    >>> part_name("Validation"), part_name("cat")
    ('val', None)
    """
    return _PARTS.get(name.strip().lower())


def part_inside(name: str) -> str | None:
    """The part that one of a name's words names, None when none or several do.

    >>> part_inside("training_set"), part_inside("seg-test"), part_inside("train_test")
    ('train', 'test', None)
    """
    found = {_PARTS[word] for word in re.split(r"[\W_]+", name.lower()) if word in _PARTS}
    return found.pop() if len(found) == 1 else None


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key that puts 2 before 10.

    >>> sorted(["10", "2", "b", "-1"], key=natural)
    ['-1', '2', '10', 'b']
    """
    if re.fullmatch(r"-?\d{1,18}", name):
        return ((0, int(name), ""),)
    pieces = re.split(r"(\d{1,18})", name)
    return (
        (1, 0, ""),
        *((2, int(p), "") if i % 2 else (1, 0, p.casefold()) for i, p in enumerate(pieces)),
        (3, 0, name),
    )
