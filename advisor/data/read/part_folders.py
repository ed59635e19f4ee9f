"""Which of a folder's top folders are parts, pieces of one set, classes of a part, or no classes at all.

Pure rules over the folders of each file, (top, …, innermost), without the wrapping ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from advisor.core.wording import listed
from advisor.data.read.folder_roles import class_in_part, is_container, is_masks, is_piece, is_unlabelled
from advisor.data.read.names import part_inside, part_name

Dirs = list[tuple[str, ...]]

#: What can be done with boxes and outlines.
INTO_CLASSES = (
    "To classify, put each image (or what a box cuts out) into a folder of its class, or add a CSV with path and label."
)


def parts_of(tops: Iterable[str]) -> dict[str, str]:
    """Folder → part, of those whose name tells one."""
    return {top: part for top in tops if (part := part_name(top) or part_inside(top))}


def part_folders(dirs: Dirs) -> dict[str, str]:
    """Top folder → part, empty when the top folders are not parts."""
    below = Counter(d[0] for d in dirs if len(d) > 1)
    n = Counter(d[0] for d in dirs if d)
    exact = {top: part for top in n if (part := part_name(top))}
    n_below = sum(below[top] for top in exact)
    share = n_below / max(1, sum(n.values()))
    if n_below and (set(exact) == set(n) or share >= 0.8 or (len(exact) > 1 and share >= 0.5)):
        return exact
    named = parts_of(n)
    n_below = sum(below[top] for top in named)
    rest = [top for top in n if top not in named and not is_unlabelled(top)]
    if n_below and (not rest or (len(set(named.values())) > 1 and n_below >= 0.5 * sum(below.values()))):
        return named
    return _with_training(dirs, exact, rest)


def _with_training(dirs: Dirs, exact: dict[str, str], rest: list[str]) -> dict[str, str]:
    """The parts with the one folder of another name that holds the same classes (`originals` beside `test`)."""
    if len(rest) != 1 or not exact or "train" in exact.values():
        return {}
    inside: dict[str, set[str]] = defaultdict(set)
    for d in dirs:
        if len(d) > 1:
            inside[d[0]].add(d[1])
    alike = all(len(inside[top] & inside[rest[0]]) > 1 for top in exact)
    return {**exact, rest[0]: "train"} if alike else {}


def parts_beside_classes(dirs: Dirs) -> dict[str, str]:
    """Top folder → part where the training part's classes lie beside the other parts: `cat`, `dog`, `test/cat`."""
    tops = {d[0] for d in dirs if d}
    named = {top: part for top in tops if (part := part_name(top))}
    classes = tops - set(named)
    inside = {d[1] for d in dirs if len(d) > 1 and d[0] in named}
    return named if len(classes) > 1 and len(inside) > 1 and inside <= classes else {}


def pieces_of_one(dirs: Dirs) -> list[str]:
    """The top folders where they are numbered pieces (`fold1`, `batch2`) that hold the same class folders, else []."""
    inside: dict[str, set[str]] = defaultdict(set)
    for d in dirs:
        if len(d) > 1:
            inside[d[0]].add(d[1])
    tops = {d[0] for d in dirs if d}
    if len(tops) < 2 or tops != set(inside) or not all(map(is_piece, tops)):
        return []
    known = set.union(*inside.values())
    return sorted(tops) if all(len(own) > 1 and len(own) >= 0.5 * len(known) for own in inside.values()) else []


def classes_in_names(dirs: Dirs) -> dict[str, str]:
    """Top folder → class where each top folder names a part and a class (`train_cats`, `testB`), else nothing."""
    tops = {d[0] for d in dirs if d}
    class_of = {top: class_in_part(top) for top in tops if part_inside(top)}
    whole = set(class_of) == tops and all(class_of.values()) and all(len(d) < 2 for d in dirs)
    classes = set(class_of.values())
    shared = (
        len(classes) < len(class_of) or len(set(parts_of(class_of).values())) == 1
    )  # else `train station`, `test tube`
    return class_of if whole and len(classes) > 1 and shared else {}


def no_classes(names: Iterable[str]) -> str:
    """Why folders of these names are no classes, as sentences; "" where they may be some."""
    known = sorted(set(names))
    outlines = [name for name in known if is_masks(name)]
    images = [name for name in known if is_container(name)]
    if not outlines or not images or len(outlines) + len(images) < len(known):
        return ""
    return (
        f"The folders {listed(known)} hold images and what was drawn on them, as for segmentation or detection, "
        f"which is not read. {INTO_CLASSES}"
    )


def classes_hold_parts(dirs: Dirs) -> bool:
    """Whether the order is turned round: `cat/train/1.jpg`."""
    deep = [d for d in dirs if len(d) > 1]
    if not deep or len(deep) < 0.95 * len(dirs):
        return False
    seconds = {d[1] for d in deep}
    parts = parts_of(seconds)
    return all(map(part_name, seconds)) or (set(parts) == seconds and len(set(parts.values())) > 1)
