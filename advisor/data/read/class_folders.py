"""Where class folders lie: parts above them or not, below any number of wrapping folders.

Decision: the rule looks only at paths, so images and text files share it and it is tested without files.
A folder named like a part is one only when class folders lie in it, so a class may be called "train".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from advisor.core.wording import counted, listed
from advisor.data.read.names import part_inside, part_name

Dirs = list[tuple[str, ...]]


@dataclass
class Placement:
    """The part and class of each file, in the order given; a reason instead where there is none.

    ``flat`` is true when no class folder was found at all.
    """

    parts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flat: bool = False


def place(files: list[str]) -> Placement:
    """Part and class of each of the relative POSIX paths `files`.

    >>> place(["name/train/cat/1.jpg", "name/test/dog/2.jpg"]).labels
    ['cat', 'dog']
    """
    dirs: Dirs = [tuple(f.split("/")[:-1]) for f in files]
    depth = _wrapping(dirs)
    inner = [d[depth:] for d in dirs]
    part_of = _part_folders(inner)
    if part_of:
        return _below_parts(inner, part_of)
    if _classes_hold_parts(inner):
        swapped = [(d[1], d[0]) if len(d) > 1 else d for d in inner]
        return _below_parts(swapped, {d[0]: part_name(d[0]) or "" for d in swapped if len(d) > 1})
    tops = {d[0] for d in inner if d}
    if not tops or all(part_name(top) or part_inside(top) for top in tops):
        return Placement(flat=True)  # parts of which a table tells the classes, `train_images` and `test_images`
    return _classes(inner)


def _wrapping(dirs: Dirs) -> int:
    """How many single folders wrap the whole (an archive's top folder, `data/`, `images/`)."""
    depth = 0
    while True:
        reaching = [d for d in dirs if len(d) > depth]
        tops = {d[depth] for d in reaching}
        n_loose = len(dirs) - len(reaching)
        if len(tops) != 1 or n_loose > max(3, len(dirs) // 100):
            return depth
        direct = sum(len(d) == depth + 1 for d in reaching)
        if direct > max(3, len(reaching) // 100) or direct == len(reaching) or part_name(next(iter(tops))):
            return depth
        depth += 1


def _part_folders(dirs: Dirs) -> dict[str, str]:
    """Top folder → part, empty when the top folders are not parts."""
    below = Counter(d[0] for d in dirs if len(d) > 1)
    n = Counter(d[0] for d in dirs if d)
    exact = {top: part for top in n if (part := part_name(top))}
    n_below = sum(below[top] for top in exact)
    share = n_below / max(1, sum(n.values()))
    if n_below and (set(exact) == set(n) or share >= 0.8 or (len(exact) > 1 and share >= 0.5)):
        return exact
    loosely = {top: part for top in n if (part := part_inside(top))}
    return loosely if below and set(loosely) == set(n) and all(below[top] for top in n) else {}


def _below_parts(dirs: Dirs, part_of: dict[str, str]) -> Placement:
    dirs = _without_repeats(dirs, part_of)
    official = {p for p in part_of.values() if p in ("train", "val", "test")}
    placement = Placement()
    for d in dirs:
        part = part_of.get(d[0], "") if d else ""
        reason = ""
        if not d or d[0] not in part_of:
            reason = f"The file lies outside the folders {listed(sorted(part_of))}."
        elif len(d) < 2:
            reason = f"The file lies in the folder {d[0]} without a class folder, so its class is unknown."
        elif part == "all" and official:
            reason = (
                f"The folder {d[0]} is beside an official split ({listed(sorted(official))}), which is used instead."
            )
        placement.parts.append("" if part == "all" else part)
        placement.labels.append(d[1] if len(d) > 1 else "")
        placement.reasons.append(reason)
    placement.flat = not any(
        label and not reason for label, reason in zip(placement.labels, placement.reasons, strict=True)
    )
    if "ood" in part_of.values():
        placement.notes.append("Shifted data (ood) is kept apart from training and test.")
    named = [
        f"{top} as {part}" if top.lower() != part else top
        for top, part in sorted(part_of.items())
        if part not in ("all", "ood")
    ]
    if named:
        placement.notes.append(f"The folders name parts: {listed(named)}.")
    return placement


def _without_repeats(dirs: Dirs, part_of: dict[str, str]) -> Dirs:
    """Cut a folder that stands between part and classes (`seg_train/seg_train/cat`, `train/images/cat`)."""
    inside: dict[str, Dirs] = defaultdict(list)
    for d in dirs:
        if d and d[0] in part_of:
            inside[d[0]].append(d)

    def wraps(top: str, allowed: Callable[[str], bool]) -> bool:
        seconds = {d[1] if len(d) > 2 else "" for d in inside[top]}
        return len(seconds) == 1 and "" not in seconds and allowed(next(iter(seconds)))

    shared = {d[1] for group in inside.values() for d in group if len(d) > 1}
    cut = {top for top in inside if wraps(top, lambda name, top=top: name == top)}  # type: ignore[misc]
    if len(shared) == 1 and all(wraps(top, lambda _: True) for top in inside):
        cut = set(inside)
    return [(d[0], *d[2:]) if d and d[0] in cut else d for d in dirs]


def _classes_hold_parts(dirs: Dirs) -> bool:
    """Whether the order is turned round: `cat/train/1.jpg`."""
    deep = [d for d in dirs if len(d) > 1]
    return bool(deep) and len(deep) >= 0.95 * len(dirs) and all(part_name(d[1]) for d in deep)


def _classes(dirs: Dirs) -> Placement:
    placement = Placement()
    for d in dirs:
        placement.parts.append("")
        placement.labels.append(d[0] if d else "")
        placement.reasons.append("" if d else "The file lies outside the class folders, so its class is unknown.")
    deeper = {d[0] for d in dirs if len(d) > 1}
    if deeper:
        placement.notes.append(
            f"{counted(len(deeper), 'class folder')} with folders inside ({listed(sorted(deeper), 3)}): "
            f"everything inside a class folder belongs to its class."
        )
    return placement
