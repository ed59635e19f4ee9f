"""Official parts that text files list beside class folders: `train.txt` and `test.txt`, an image's path in each line.

Food-101, DTD and others come so. A label behind the path is left alone, since the folders tell the classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.core.wording import counted, listed
from advisor.data.read.names import TEXT_SUFFIX, part_inside, suffix
from advisor.data.read.part_tables import stem_of
from advisor.data.read.tree import Tree

#: So many of a list's lines, and of all images, must be found for the lists to be the split.
MIN_SHARE = 0.8
_MOST_BYTES, MOST_LISTS = 50_000_000, 50


@dataclass(frozen=True)
class PartLists:
    """Image → part, the files that list them, and a sentence; all empty where there are no such lists."""

    part_of: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    note: str = ""


def part_lists(tree: Tree, images: Sequence[str]) -> PartLists:
    """The parts by the lists in a folder; lists that share images or leave out many are named and not used."""
    known = by_ending(images)
    part_of: dict[str, str] = {}
    files, parts = [], set()
    n_twice = 0
    lists = [(f, part) for f in tree.files if suffix(f) in (TEXT_SUFFIX, ".lst") and (part := part_inside(stem_of(f)))]
    for file, part in lists if len(lists) <= MOST_LISTS else []:  # more are descriptions of single images
        found = _images_in(tree, file, known)
        if not found:
            continue
        n_twice += sum(image in part_of and part_of[image] != part for image in found)
        part_of |= dict.fromkeys(found, part)
        files.append(file)
        parts.add(part)
    if len(parts) < 2:
        return PartLists()
    if n_twice or len(part_of) < MIN_SHARE * len(images):
        why = f"share {counted(n_twice, 'image')}" if n_twice else f"name {len(part_of):,} of {len(images):,} images"
        return PartLists(files=files, note=f"The lists {listed(files)} {why}, so they are not used as the split.")
    return PartLists(part_of, files, f"Official split from the lists {listed(files)}.")


def by_ending(images: Sequence[str]) -> dict[str, str]:
    """Image by the end of its path, with and without its file's ending; one that several share stands for none."""
    ends = [(end, image) for image in images for end in _ends(image)]
    n_of = Counter(end for end, _ in ends)
    return {end: image for end, image in ends if n_of[end] == 1}


def _ends(image: str) -> set[str]:
    last_two = "/".join(image.split("/")[-2:])
    return {form for end in (last_two, image.rsplit("/", 1)[-1]) for form in (end, end.rpartition(".")[0])} - {""}


def lines_of(tree: Tree, file: str) -> list[str]:
    """The filled lines of a list; none of one that is too long or cannot be read."""
    path = tree.root / file
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        return [line.strip() for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return []


def _images_in(tree: Tree, file: str, known: dict[str, str]) -> list[str]:
    """The images of a list's lines; none where too few lines name one."""
    lines = lines_of(tree, file)
    found = [image for line in lines if (image := _image(line, known))]
    return found if found and len(found) >= MIN_SHARE * len(lines) else []


def _image(line: str, known: dict[str, str]) -> str | None:
    for text in (line, line.rpartition(" ")[0], line.partition(",")[0], line.partition("\t")[0]):
        place = text.strip("\"' ").replace("\\", "/")
        image = known.get("/".join(place.split("/")[-2:]))
        if image:
            return image
    return None
