"""Classes that a text file names for images outside class folders: Tiny ImageNet's `val/val_annotations.txt`.

Each line has an image and its class, which is a class folder elsewhere in the dataset; more cells, such as boxes, are
left alone. Numbers in place of names tell no class, as nothing says in which order the folders are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisor.core.wording import counted
from advisor.data.read.names import TEXT_SUFFIX, class_name, part_inside, part_name, suffix
from advisor.data.read.part_lists import MIN_SHARE, MOST_LISTS, by_ending, lines_of
from advisor.data.read.part_tables import stem_of
from advisor.data.read.tree import Tree

_CELL = re.compile(r"[\t, ]+")


@dataclass(frozen=True)
class ClassLists:
    """Image → class, the files that say so, and a sentence for each."""

    class_of: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def placed(self, image: str) -> str:
        """The image's path with its class as the innermost folder, which is where the others have theirs."""
        folder, _, name = image.rpartition("/")
        return f"{folder}/{self.class_of[image]}/{name}" if image in self.class_of else image


def class_lists(tree: Tree) -> ClassLists:
    """The lists in a folder whose lines name an image and the class folder that it would lie in."""
    found = ClassLists()
    lists = [file for file in tree.files if suffix(file) in (TEXT_SUFFIX, ".lst") and _of_a_later_part(file)]
    if not lists or len(lists) > MOST_LISTS:  # more are descriptions of single images
        return found
    known = by_ending(tree.images)
    folders = {class_name(name): name for image in tree.images for name in image.split("/")[:-1]}
    for file in lists:
        named = _named(lines_of(tree, file), known, folders)
        if named:
            found.class_of.update(named)
            found.files.append(file)
            found.notes.append(f"The classes of {counted(len(named), 'image')} are read from {file}.")
    return found


def _of_a_later_part(file: str) -> bool:
    """Whether a folder or the name of a file says validation or test: the training part has its class folders."""
    *folders, _ = file.split("/")
    return any(part in ("val", "test") for part in (*map(part_name, folders), part_inside(stem_of(file))))


def _named(lines: list[str], known: dict[str, str], folders: dict[str, str]) -> dict[str, str]:
    """Image → class of a list's lines; nothing where too few name both, or the images lie in class folders already."""
    named = {}
    for line in lines:
        cells = [cell.strip("\"'") for cell in _CELL.split(line)]
        path = cells[0].replace("\\", "/").split("/")
        image = known.get("/".join(path[-2:])) or known.get(path[-1])
        label = folders.get(class_name(cells[1])) if len(cells) > 1 else None
        if image is not None and label is not None and label not in image.split("/")[:-1]:
            named[image] = label
    return named if len(named) >= max(1, MIN_SHARE * len(lines)) and len(set(named.values())) > 1 else {}
