"""The part of a row by the folders in its path: `train/0001.jpg` is of the training part."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from advisor.core.wording import counted, listed
from advisor.data.read.names import part_inside, part_name

#: With fewer of the rows below folders of parts, the folders are no split.
MIN_SHARE = 0.8
OFFICIAL = ("train", "val", "test")


@dataclass(frozen=True)
class FolderParts:
    """The part of each row ("" = none) that its path tells, and what was decided, in sentences.

    ``parts`` is None where the paths name no official split.
    """

    parts: list[str] | None
    notes: list[str]


NO_FOLDERS = FolderParts(None, [])


def part_folder(path: str) -> tuple[str, str]:
    """(part, folder) of the first folder in a path that is named like a part, ("", "") where none is.

    A folder called so outright wins over one with the part inside its name. Windows' separators count too.

    >>> part_folder("./data/train/0001.jpg"), part_folder("C:\\\\set\\\\test_images\\\\a.png"), part_folder("train.jpg")
    (('train', 'train'), ('test', 'test_images'), ('', ''))
    """
    folders = path.replace("\\", "/").split("/")[:-1]
    for part_of in (part_name, part_inside):
        for folder in folders:
            part = part_of(folder)
            if part and part != "all":
                return part, folder
    return "", ""


def parts_by_folder(paths: pd.Series | None, labels: pd.Series, file_part: str = "") -> FolderParts:
    """The parts that the folders in `paths` name; none where they are classes, or the file's own name tells the part.

    labels: (n,) the class of each row: a folder called like its class is no part. An official split that is seen and
    not used is said, with the reason.
    """
    if paths is None or file_part:
        return NO_FOLDERS
    filled = paths[paths != ""]
    pairs = [part_folder(path) for path in paths]
    parts = [part for part, _ in pairs]
    present = [name for name in OFFICIAL if name in parts]
    if len(present) < 2:
        return NO_FOLDERS
    n_named = sum(bool(part) for part in parts)
    named = zip((folder for _, folder in pairs), labels, strict=True)
    classes = sum(folder != "" and folder.casefold() == label.casefold() for folder, label in named)
    if classes > 0.5 * n_named:
        return NO_FOLDERS
    if n_named < MIN_SHARE * len(filled):
        left = counted(len(filled) - n_named, "row")
        note = f"Folders in the paths name {listed(present)}, but {left} lie in none of them, so it is no split."
        return FolderParts(None, [note])
    folders = sorted({folder for _, folder in pairs if folder})
    return FolderParts(parts, [f"Official split from the folders {listed(folders)} in the paths."])
