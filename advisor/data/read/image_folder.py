"""Class folders of images, and class folders of plain text files, as a listing."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.core.records import ReadOptions, SetAside
from advisor.core.wording import counted, listed
from advisor.data.read.annotations import command
from advisor.data.read.class_folders import Placement, place
from advisor.data.read.class_lists import class_lists
from advisor.data.read.fingerprint import digest_bytes, digest_files, digest_text
from advisor.data.read.groups import is_groups
from advisor.data.read.linked_images import join_links
from advisor.data.read.listing import Listing, item_table
from advisor.data.read.names import (
    FOREIGN_IMAGE_SUFFIXES,
    TEXT_SUFFIX,
    class_name,
    is_archive,
    part_inside,
    part_name,
    suffix,
)
from advisor.data.read.part_folders import INTO_CLASSES
from advisor.data.read.part_lists import PartLists, part_lists
from advisor.data.read.text_encoding import UNKNOWN_BYTES, decode
from advisor.data.read.tree import Tree
from probes.progress import Progress, silent

_SUPPORTED = "Convert it to JPEG or PNG."


#: What stands behind the class in names such as `cat.12.jpg`.
_COUNTING = "0123456789._-() "
_LABELS_BY_NAME = (
    "import csv,pathlib; w=csv.writer(open('labels.csv','w',newline='',encoding='utf-8')); "
    "w.writerow(['path','label']); w.writerows([p.as_posix(),c] for p in sorted(pathlib.Path('.').rglob('*.*')) "
    f"if p.suffix in {{endings}} and (c:=p.stem.rstrip('{_COUNTING}')))"
)


def printable(name: str) -> str:
    """A file name that can be written as UTF-8 (Linux allows names that cannot)."""
    return name.encode("utf-8", "replace").decode("utf-8")


def list_image_folder(tree: Tree, options: ReadOptions, progress: Progress = silent) -> Listing:
    """Images in class folders, with or without parts above them; one linked into several has several labels.

    Raises DatasetError when the images lie in no class folders.
    """
    images, classes = tree.images, class_lists(tree)
    placement = place([classes.placed(image) for image in images])
    if placement.flat:
        raise DatasetError(_flat(tree, images, "images", placement))
    placement.notes += classes.notes
    lists = part_lists(tree, images) if not any(placement.parts) else PartLists()
    _place_by_lists(placement, images, lists)
    start = f"{tree.root}{os.sep}"  # 100,000 Path objects would take seconds
    paths = [start + image for image in images]
    digests = digest_files(paths, progress)
    listing = _listed(tree, images, placement, [d for d, _ in digests], [r for _, r in digests], "path", paths)
    foreign = [f for f in tree.files if suffix(f) in FOREIGN_IMAGE_SUFFIXES]
    listing.set_aside += [
        SetAside(key=printable(f), reason=f"Files of the format {suffix(f)} are not read. {_SUPPORTED}")
        for f in foreign
    ]
    listing.notes += _left_alone(tree, {*images, *foreign, *lists.files, *classes.files}, "image")
    join_links(listing, options)
    return listing


def _place_by_lists(placement: Placement, images: list[str], lists: PartLists) -> None:
    """Put the images into the parts that lists name; one in no list is set aside."""
    placement.notes += [lists.note] if lists.note else []
    if lists.part_of:
        placement.parts = [lists.part_of.get(image, "") for image in images]
        placement.reasons = [
            why or ("" if part else f"No list names it ({listed(lists.files)}).")
            for why, part in zip(placement.reasons, placement.parts, strict=True)
        ]


def list_text_folder(tree: Tree, progress: Progress = silent) -> Listing:
    """Text files (`.txt`) in class folders, one text each. Raises DatasetError when there are no class folders."""
    files = [f for f in tree.files if suffix(f) == TEXT_SUFFIX]
    placement = place(files)
    if placement.flat:
        hint = " To ask questions about them, add a questions.jsonl with questions and answers."
        raise DatasetError(_flat(tree, files, "text files", placement) + hint)
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
    listing.notes += _left_alone(tree, set(files), "text")
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
    labels = list(map(class_name, placement.labels))
    for i, file in enumerate(files):
        if not causes[i] and file != printable(file):
            causes[i] = "The file's name is not valid UTF-8. Rename it."
        elif not causes[i] and not labels[i]:
            causes[i] = "The class folder's name holds no visible sign. Rename it."
    good = [i for i, cause in enumerate(causes) if not cause]
    table = item_table(
        [files[i] for i in good],
        [labels[i] for i in good],
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


def _left_alone(tree: Tree, read: set[str], kind: str) -> list[str]:
    """Notes on the files that are not read: archives, files of other kinds, and hidden ones."""
    others = [f for f in tree.files if f not in read and not is_groups(f)]
    archives = [f for f in others if is_archive(f)]
    others = [f for f in others if not is_archive(f)]
    notes = []
    if others:
        article = "an" if kind[0] in "aeiou" else "a"
        what = counted(len(others), f"file that is not {article} {kind} was", f"files that are not {kind}s were")
        notes.append(f"{what} left alone: {listed(others, 3)}.")
    if archives:
        what = counted(len(archives), "archive inside the folder was", "archives inside the folder were")
        notes.append(f"{what} not unpacked: {listed(archives, 3)}. Unpack what belongs to the dataset.")
    if tree.hidden:
        what = counted(len(tree.hidden), "hidden file or folder was", "hidden files and folders were")
        notes.append(f"{what} not read: {listed(sorted(tree.hidden), 3)}.")
    return notes


def _flat(tree: Tree, files: list[str], what: str, placement: Placement) -> str:
    """Why there are no classes, and what to do."""
    if placement.problem:
        return placement.problem
    if what == "images" and (boxes := _boxes(tree, files)):
        return (
            f"The folder {tree.root} holds {counted(len(files), what[:-1])} with boxes or outlines beside them "
            f"({boxes}), as for object detection, which is not read. {INTO_CLASSES}"
        )
    if what == "images" and (names := classes_in_file_names(files)):
        endings = sorted({f".{f.rpartition('.')[2]}" for f in files if "." in f.rsplit("/", 1)[-1]})
        return (
            f"The folder {tree.root} holds no class folders. The names of its images begin with {listed(names, 5)}. If "
            f"these are the classes, run in the folder {command(_LABELS_BY_NAME.format(endings=endings))} and read it "
            f"again."
        )
    tops = sorted({f.split("/")[0] for f in files if "/" in f})
    where = (
        f"lie in {listed(tops, 4)}"
        if tops and all(part_name(t) or part_inside(t) for t in tops)
        else "is there"
        if len(files) == 1
        else "are there"
    )
    return (
        f"The folder {tree.root} holds no class folders: {counted(len(files), what[:-1])} {where}, without a class. "
        f"Put each class in a folder of its own, or add a CSV with the columns path and label."
    )


def classes_in_file_names(files: list[str]) -> list[str]:
    """The beginnings of the names of files without those of a test part, where they may be classes; else [].

    >>> classes_in_file_names(["cat.0.jpg", "cat.1.jpg", "dog_0.jpg", "dog_1.jpg", "test/1.jpg"])
    ['cat', 'dog']
    """
    named = Counter(_stem(f).rstrip(_COUNTING) for f in files)
    del named[""]
    tests = sum(part_inside(f.split("/")[0]) == "test" for f in files if "/" in f)
    counting = len(named) > 1 and min(named.values()) > 1 and sum(named.values()) >= 0.9 * (len(files) - tests)
    return sorted(named) if counting and not all(map(part_name, named)) else []


def _boxes(tree: Tree, images: list[str]) -> str:
    """The first file of boxes or outlines called like an image, "" where most images have none (YOLO, VOC, LabelMe)."""
    stems = set(map(_stem, images))
    beside = [f for f in tree.files if suffix(f) in (".txt", ".xml", ".json") and _stem(f) in stems]
    return beside[0] if len(beside) >= 0.5 * len(stems) else ""


def _stem(file: str) -> str:
    return file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
