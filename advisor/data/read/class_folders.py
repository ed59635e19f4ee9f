"""Where class folders lie: parts above them or not, below any number of wrapping folders.

Decision: the rule looks only at paths, so images and text files share it and it is tested without files.
A folder called like a part is no class. The exception is one without class folders among other folders: a class may be
called "train".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from advisor.core.wording import counted, listed
from advisor.data.read.folder_roles import is_container, is_fold, is_unlabelled
from advisor.data.read.names import class_name, part_inside, part_name
from advisor.data.read.part_folders import (
    Dirs,
    classes_hold_parts,
    classes_in_names,
    no_classes,
    part_folders,
    parts_beside_classes,
    parts_of,
    pieces_of_one,
)


@dataclass
class Placement:
    """The part and class of each file, in the order given; a reason instead where there is none.

    ``flat`` is true when no class folder was found at all; ``problem`` says what the folders are instead, where their
    names tell.
    """

    parts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flat: bool = False
    problem: str = ""


def place(files: list[str]) -> Placement:
    """Part and class of each of the relative POSIX paths `files`.

    >>> place(["name/train/cat/1.jpg", "name/test/dog/2.jpg"]).labels
    ['cat', 'dog']
    """
    dirs: Dirs = [tuple(f.split("/")[:-1]) for f in files]
    depth = _wrapping(dirs)
    inner = [d[depth:] for d in dirs]
    part_of = part_folders(inner)
    if part_of:
        return _below_parts(inner, part_of)
    if classes_hold_parts(inner):
        return _above_parts(inner)
    if pieces := pieces_of_one(inner):
        placement = _below_parts(inner, dict.fromkeys(pieces, "all"))
        names = listed(pieces, 5)
        placement.notes.append(f"The folders {names} hold the same classes, so they are read as pieces of one set.")
        return placement
    if parts := parts_beside_classes(inner):
        whole = [d if not d or d[0] in parts else ("train", *d) for d in inner]
        return _below_parts(whole, {"train": "train", **parts})
    if class_of := classes_in_names(inner):
        return _below_parts([(d[0], class_of[d[0]]) if d else d for d in inner], parts_of(class_of))
    tops = {d[0] for d in inner if d}
    if problem := no_classes(tops):
        return Placement(flat=True, problem=problem)
    if not tops or all(part_inside(t) or is_unlabelled(t) or is_container(t) or is_fold(t) for t in tops):
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


def _below_parts(dirs: Dirs, part_of: dict[str, str]) -> Placement:
    dirs = _without_repeats(dirs, part_of)
    official = {p for p in part_of.values() if p in ("train", "val", "test")}
    unknown = _unknown_classes(dirs, part_of)
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
        elif is_unlabelled(d[1]) or d[:2] in unknown:
            reason = f"The folder {d[0]}/{d[1]} holds items without a class."
        placement.parts.append("" if part == "all" else part)
        placement.labels.append(d[1] if len(d) > 1 else "")
        placement.reasons.append(reason)
    _spell_alike(placement)
    labels = {label for label, why in zip(placement.labels, placement.reasons, strict=True) if label and not why}
    placement.problem = no_classes(labels)
    placement.flat = not labels or bool(placement.problem)
    _note_parts(placement, dirs, part_of)
    return placement


def _spell_alike(placement: Placement) -> None:
    """One spelling for a class whose case differs between parts, but in none: that of training, else the first."""
    spellings: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for label, part, reason in zip(placement.labels, placement.parts, placement.reasons, strict=True):
        if not reason:
            spellings[class_name(label).casefold()][part].add(class_name(label))
    one: dict[str, str] = {}
    for key, by_part in spellings.items():
        every = set.union(*by_part.values())
        if len(every) > 1 and all(len(own) == 1 for own in by_part.values()):
            one[key] = min(by_part.get("train", every))
            placement.notes.append(f"The folders {listed(sorted(every))} of different parts are read as one class.")
    placement.labels = [one.get(class_name(label).casefold(), label) for label in placement.labels]


def _note_parts(placement: Placement, dirs: Dirs, part_of: dict[str, str]) -> None:
    if "ood" in part_of.values():
        placement.notes.append("Shifted data (ood) is kept apart from training and test.")
    named = [
        f"{top} as {part}" if top.lower() != part else top
        for top, part in sorted(part_of.items())
        if part not in ("all", "ood")
    ]
    if named:
        placement.notes.append(f"The folders name parts: {listed(named)}.")
    outside = Counter(d[0] for d in dirs if d and d[0] not in part_of)
    for top, n in sorted(outside.items()):
        placement.notes.append(f"The folder {top} is set aside, since it names no part: {counted(n, 'file')}.")
    aside = Counter(
        "/".join(d[:2]) for d, why in zip(dirs, placement.reasons, strict=True) if why and d and d[0] in part_of
    )
    for folder, n in sorted(aside.items()):
        if part_of[folder.split("/")[0]] != "all":
            placement.notes.append(f"The folder {folder} holds no classes, so it is set aside: {counted(n, 'file')}.")


def _unknown_classes(dirs: Dirs, part_of: dict[str, str]) -> set[tuple[str, ...]]:
    """Of the parts but training: the only folder inside where it is none of the training classes (`test/unknown`)."""
    inside: dict[str, set[str]] = defaultdict(set)
    for d in dirs:
        if len(d) > 1 and d[0] in part_of:
            inside[d[0]].add(d[1])
    learned = {name for top, names in inside.items() if part_of[top] == "train" for name in names}
    return {
        (top, *names)
        for top, names in inside.items()
        if part_of[top] in ("val", "test") and len(learned) > 1 and len(names) == 1 and not names & learned
    }


def _without_repeats(dirs: Dirs, part_of: dict[str, str]) -> Dirs:
    """Cut a folder that stands between part and classes (`seg_train/seg_train/cat`, `train/images/cat`)."""
    inside: dict[str, Dirs] = defaultdict(list)
    for d in dirs:
        if d and d[0] in part_of:
            inside[d[0]].append(d)

    def wraps(top: str, allowed: Callable[[str], bool]) -> bool:
        seconds = {d[1] if len(d) > 2 else "" for d in inside[top]}
        return len(seconds) == 1 and "" not in seconds and allowed(next(iter(seconds)))

    def repeats(top: str) -> bool:
        """Whether all of a part lies in one folder that names the same part or nothing at all, with classes or not."""
        seconds = {d[1] if len(d) > 1 else "" for d in inside[top]}
        only = next(iter(seconds)) if len(seconds) == 1 else ""
        same = only == top or parts_of([only]).get(only) == part_of[top]
        return bool(only) and (same or is_container(only))

    shared = {d[1] for group in inside.values() for d in group if len(d) > 1}
    cut = {top for top in inside if repeats(top)}
    if len(shared) == 1 and all(wraps(top, lambda _: True) for top in inside):
        cut = set(inside)
    return [(d[0], *d[2:]) if d and d[0] in cut else d for d in dirs]


def _above_parts(dirs: Dirs) -> Placement:
    """Classes of which each holds parts; several datasets side by side, where the parts hold classes again."""
    thirds: dict[str, set[str]] = defaultdict(set)
    for d in dirs:
        if len(d) > 2:
            thirds[d[0]].add(d[2])
    tops = {d[0] for d in dirs if d}
    if set(thirds) == tops and any(a != b and len(thirds[a] & thirds[b]) > 1 for a in tops for b in tops):
        return Placement(
            flat=True,
            problem=f"The folders {listed(sorted(tops), 5)} each hold parts with classes: they are several datasets. "
            "Give the path of one of them.",
        )
    swapped = [(d[1], d[0]) if len(d) > 1 else d for d in dirs]
    return _below_parts(swapped, parts_of(d[0] for d in swapped if len(d) > 1))


def _classes(dirs: Dirs) -> Placement:
    placement = Placement()
    unlabelled = _unlabelled_tops(dirs)
    for d in dirs:
        placement.parts.append("")
        placement.labels.append(d[0] if d else "")
        if not d:
            placement.reasons.append("The file lies outside the class folders, so its class is unknown.")
        elif d[0] in unlabelled:
            placement.reasons.append(f"The folder {d[0]} holds items without a class.")
        else:
            placement.reasons.append("")
    if unlabelled:
        placement.notes.append(
            f"The folder {listed(sorted(unlabelled))} is set aside: beside class folders, its name says that its files "
            f"have no class. Rename it if it is a class."
        )
    inside: dict[str, set[str]] = defaultdict(set)
    for d in dirs:
        if len(d) > 1:
            inside[d[0]].add(d[1])
    if inside:
        placement.notes.append(
            f"{counted(len(inside), 'class folder')} with folders inside ({listed(sorted(inside), 3)}): "
            f"everything inside a class folder belongs to its class."
        )
    everywhere = set.intersection(*inside.values()) if len(inside) > 1 else set()
    if len(everywhere) > 1 and set(inside) == {d[0] for d in dirs if d}:
        placement.notes.append(
            f"All of them hold the same folders ({listed(sorted(everywhere), 3)}). If these are the classes, "
            f"give one of the outer folders."
        )
    return placement


def _unlabelled_tops(dirs: Dirs) -> set[str]:
    """Folders without class folders that are called test, validation or unlabelled beside two or more classes."""
    tops, deep = {d[0] for d in dirs if d}, {d[0] for d in dirs if len(d) > 1}
    aside = {t for t in tops - deep if is_unlabelled(t) or part_name(t) in ("val", "test")}
    return aside if len(tops - aside) > 1 else set()
