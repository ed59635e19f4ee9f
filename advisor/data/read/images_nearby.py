"""Where the images of a table given alone lie, when it is neither beside them nor above: `coco/images` next door."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from advisor.core import reach
from advisor.data.read.names import is_junk

#: How far above the table's folder one looks, how deep below that, in how many folders, and for how many names.
N_ABOVE, N_BELOW, MOST_FOLDERS, N_NAMES = 2, 3, 300, 20


def folders_of(values: Iterable[str], beside: Path) -> tuple[Path, Path] | None:
    """(the folder to give, the folder that holds the images) for a table in the folder `beside`; None for neither.

    The folder to give holds the table and the images; a disk's root or a home is none that one gives.
    """
    names = list(islice(dict.fromkeys(value.replace("\\", "/") for value in values if value), N_NAMES))
    for above in list(beside.parents)[:N_ABOVE]:
        if above == Path(above.anchor) or above == Path.home() or not reach.may_open(above):
            return None
        for folder in islice(_below(above), MOST_FOLDERS):
            if 2 * sum(_lies_in(folder, name) for name in names) > len(names):
                return above, folder
    return None


def _below(top: Path) -> Iterator[Path]:
    """A folder and those below it, the near ones first; hidden ones and links are left out."""
    level = [top]
    for _ in range(N_BELOW + 1):
        yield from level
        level = [path for folder in level for path in _folders_in(folder)][:MOST_FOLDERS]


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            inner = [e.path for e in islice(entries, 10 * MOST_FOLDERS) if e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(Path(path) for path in inner if not is_junk(Path(path).name))


def _lies_in(folder: Path, name: str) -> bool:
    """Whether a folder holds the file of a cell, by the folders that the cell names or by its last word alone."""
    try:
        return (folder / name).is_file() or (folder / name.rsplit("/", 1)[-1]).is_file()
    except (OSError, ValueError):
        return False
