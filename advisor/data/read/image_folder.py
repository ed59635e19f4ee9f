"""Class folders of images, and class folders of plain text files, as a listing."""

from __future__ import annotations

import os
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.records import SetAside
from advisor.core.wording import counted, listed
from advisor.data.read.class_folders import Placement, place
from advisor.data.read.fingerprint import digest_bytes, digest_files, digest_text
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.names import FOREIGN_IMAGE_SUFFIXES, TEXT_SUFFIX, part_inside, part_name, suffix
from advisor.data.read.text_encoding import UNKNOWN_BYTES, decode
from advisor.data.read.tree import Tree
from probes.progress import Progress, silent

_SUPPORTED = "Convert it to JPEG or PNG."


def printable(name: str) -> str:
    """A file name that can be written as UTF-8 (Linux allows names that cannot)."""
    return name.encode("utf-8", "replace").decode("utf-8")


def list_image_folder(tree: Tree, progress: Progress = silent) -> Listing:
    """Images in class folders, with or without parts above them.

    Raises DatasetError when the images lie in no class folders.
    """
    images = tree.images
    placement = place(images)
    if placement.flat:
        raise DatasetError(_flat(tree.root, images, "images"))
    start = f"{tree.root}{os.sep}"  # 100,000 Path objects would take seconds
    paths = [start + image for image in images]
    digests = digest_files(paths, progress)
    listing = _listed(tree, images, placement, [d for d, _ in digests], [r for _, r in digests], "path", paths)
    foreign = [f for f in tree.files if suffix(f) in FOREIGN_IMAGE_SUFFIXES]
    listing.set_aside += [
        SetAside(key=printable(f), reason=f"Files of the format {suffix(f)} are not read. {_SUPPORTED}")
        for f in foreign
    ]
    others = [f for f in sorted(set(tree.files) - set(images) - set(foreign)) if not f.lower().endswith("groups.csv")]
    if others:
        what = counted(len(others), "file that is no image was", "files that are no images were")
        listing.notes.append(f"{what} left alone: {listed(others, 3)}.")
    return listing


def list_text_folder(tree: Tree, progress: Progress = silent) -> Listing:
    """Text files (`.txt`) in class folders, one text each. Raises DatasetError when there are no class folders."""
    files = [f for f in tree.files if suffix(f) == TEXT_SUFFIX]
    placement = place(files)
    if placement.flat:
        hint = " To ask questions about them, add a questions.jsonl with questions and answers."
        raise DatasetError(_flat(tree.root, files, "text files") + hint)
    texts, digests, reasons, notes = [], [], [], []
    for i, file in enumerate(files):
        text, reason, note = _read_text(tree.root / file)
        texts.append(text)
        reasons.append(reason)
        digests.append(digest_text(text))
        notes += [note] if note else []
        if i % 500 == 0:
            progress(f"Reading texts: {i:,} of {len(files):,}", i / len(files))
    listing = _listed(tree, files, placement, digests, reasons, "text", texts)
    if notes:
        listing.notes.append(f"{counted(len(notes), 'file')} not in UTF-8. {notes[0]}")
    return listing


def _read_text(path: Path) -> tuple[str, str, str]:
    """(text, why it cannot be used, a note on its encoding) of one file; "" for no reason and no note."""
    try:
        decoded = decode(path.read_bytes())
    except OSError as error:
        return "", f"The file cannot be opened ({(error.strerror or 'unknown cause').lower()}).", ""
    text = decoded.text.strip()
    if not text:
        return "", "The text is empty.", ""
    return text, UNKNOWN_BYTES if decoded.has_holes else "", decoded.note(path.name)


def _listed(
    tree: Tree,
    files: list[str],
    placement: Placement,
    digests: list[str],
    reasons: list[str],
    column: str,
    values: list[str],
) -> Listing:
    """Put placement and contents together; files with a reason are set aside."""
    causes = [a or b for a, b in zip(placement.reasons, reasons, strict=True)]
    for i, file in enumerate(files):
        if not causes[i] and file != printable(file):
            causes[i] = "The file's name is not valid UTF-8. Rename it."
    good = [i for i, cause in enumerate(causes) if not cause]
    table = item_table(
        [files[i] for i in good],
        [placement.labels[i].strip() for i in good],
        [placement.parts[i] for i in good],
        [None] * len(good),
        [digests[i] or digest_bytes(b"") for i in good],
        column,
        [values[i] for i in good],
    )
    set_aside = [SetAside(key=printable(files[i]), reason=cause) for i, cause in enumerate(causes) if cause]
    notes = [
        f"Read as {'image' if column == 'path' else 'text'} classification: one folder per class.",
        *placement.notes,
    ]
    kind = "image" if column == "path" else "text"
    return Listing(kind, tree.root, table, set_aside + tree.unreadable, notes)  # type: ignore[arg-type]


def _flat(root: Path, files: list[str], what: str) -> str:
    tops = sorted({f.split("/")[0] for f in files if "/" in f})
    where = f"lie in {listed(tops, 4)}" if tops and all(part_name(t) or part_inside(t) for t in tops) else "are there"
    return (
        f"The folder {root} holds no class folders: {counted(len(files), what[:-1])} {where}, without a class. "
        f"Put each class in a folder of its own, or add a CSV with the columns path and label."
    )
