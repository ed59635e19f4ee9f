"""Disks that are full, hold no more files, are read-only or forbidden, under every command; then there is room again.

Each trial is a copy of a workspace on a small disk of its own (tmpfs, so this needs the right to mount) with so much
room left. A command must do its work or say in one sentence which disk is the cause. What was finished must be whole
afterwards, and with room the same command must come to its answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.commands import Said, digits, run, workplace
from benchmarks.figures import Figure

#: DATA stands for an archive that was read, NEW for one that was not, OUT for a file on the disk.
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("profile", "DATA"),
    ("profile", "NEW"),
    ("profile", "sample:topics"),
    ("advise", "DATA", "--budget", "5"),
    ("issues", "DATA", "--budget", "5", "--csv", "OUT"),
    ("record", "DATA"),
    ("record", "DATA", "--out", "OUT"),
    ("train", "DATA", "--rung", "frozen", "--budget", "5", "--detach"),
    ("predict", "last", "IMAGE"),
    ("runs", "list"),
    ("runs", "show", "last"),
    ("runs", "stop", "RUN"),
    ("cache", "show"),
    ("cache", "clear"),
    ("doctor",),
)
#: Bytes or files that are left, and the ways in which a disk refuses.
ROOMS = {
    "full": tuple(f"size={1024 * kilobytes}" for kilobytes in (0, 4, 16, 64, 256, 1024)),
    "no more files": tuple(f"nr_inodes={n}" for n in (0, 1, 2, 4)),
    "read-only": ("ro",),
    "forbidden": ("chmod",),
}
#: What a finished workspace holds and no command may harm.
FINISHED = ("datasets/*/*.parquet", "datasets/*/evidence-*.json", "runs/*/model.*", "runs/*/report.json")


@dataclass(frozen=True)
class Trial:
    """One command on one disk: whether it worked or spoke, whether all was whole, and whether it worked with room."""

    way: str
    room: str
    command: str
    said: Said
    whole: bool
    after: Said | None

    @property
    def is_sound(self) -> bool:
        """Whether the command did its work or named the disk or its folder in one sentence."""
        words = self.said.sentence
        doctor = self.command.startswith("doctor") and not self.said.is_traceback
        return self.said.status == 0 or doctor or any(word in words for word in ("disk", "permission", "workspace"))


def trials(ways: tuple[str, ...] = tuple(ROOMS)) -> Iterator[Trial]:
    """Every command on every disk."""
    with workplace() as place:
        home, at_hand = _workspace(place)
        number = itertools.count()  # a process that outlives its trial must not write into the next one's place
        for way in ways:
            for room in ROOMS[way]:
                for command in COMMANDS:
                    with _disk(place / f"disk{next(number)}", home, room) as copy:
                        yield _tried(way, room, command, copy, at_hand)


def _tried(way: str, room: str, command: tuple[str, ...], home: Path, at_hand: dict[str, str]) -> Trial:
    words = [{**at_hand, "OUT": str(home / "out.txt")}.get(word, word) for word in command]
    before = _hashes(home)
    said = run(home, *words)
    whole = all(_hashes(home).get(name) == digest for name, digest in before.items())
    _make_room(home, room)
    return Trial(way, room, " ".join(command), said, whole, run(home, *words))


def _workspace(place: Path) -> tuple[Path, dict[str, str]]:
    """A workspace with a dataset, advice and a trained model; what the words of the commands stand for."""
    folder, new = digits(place / "digits"), digits(place / "others", 30)
    data = shutil.make_archive(str(place / "scans"), "zip", place, "digits")
    home = place / "home"
    for command in (("profile",), ("advise", "--budget", "5"), ("train", "--rung", "frozen", "--budget", "5")):
        said = run(home, command[0], data, *command[1:])
        if said.status:
            raise RuntimeError(said.stderr)
    fresh = shutil.make_archive(str(place / "fresh"), "zip", place, new.name)
    finished = next((home / "runs").iterdir()).name
    return home, {"DATA": data, "NEW": fresh, "IMAGE": str(folder / "0" / "1.png"), "RUN": finished}


@contextlib.contextmanager
def _disk(disk: Path, home: Path, room: str) -> Iterator[Path]:
    """A copy of a workspace on a disk of its own with so much room left."""
    disk.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", "size=1g", "tmpfs", str(disk))
    try:
        copy = disk / "home"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*.lock"))
        name, _, left = room.partition("=")
        if name == "size":
            used = shutil.disk_usage(disk).used
            _mount("-o", f"remount,size={used + int(left)}", str(disk))
        elif name == "nr_inodes":
            used = sum(1 for _ in disk.rglob("*")) + 1
            _mount("-o", f"remount,nr_inodes={used + int(left)}", str(disk))
        elif name == "ro":
            _mount("-o", "remount,ro", str(disk))
        else:
            for path in (copy, *copy.rglob("*")):
                path.chmod(0o555 if path.is_dir() else 0o444)
        yield copy
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _make_room(home: Path, room: str) -> None:
    """Give the disk all the room that it needs."""
    name = room.partition("=")[0]
    if name == "chmod":
        for path in (home, *home.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    else:
        option = {"size": "size=1g", "nr_inodes": "nr_inodes=100000", "ro": "rw"}[name]
        _mount("-o", f"remount,{option}", str(home.parent))


def _mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True, capture_output=True)


def _hashes(home: Path) -> dict[str, str]:
    """The hash of every finished file."""
    paths = [path for pattern in FINISHED for path in home.glob(pattern)]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def figures() -> Iterator[Figure]:
    """Commands tried on disks that refuse, how many did their work or named the disk, and what was lost."""
    every = list(trials())
    ways = Counter(trial.way for trial in every)
    how = f"{len(COMMANDS)} commands; " + ", ".join(f"{way}: {n}" for way, n in ways.items())
    yield Figure("disk", "trials", len(every), "trials", "at least", (100,), how)
    sound = sum(trial.is_sound for trial in every)
    yield Figure("disk", "worked, or one sentence that names the disk", sound, "trials", "at least", (len(every),), how)
    lost = sum(not trial.whole for trial in every)
    yield Figure("disk", "a finished file lost or changed", lost, "trials", "at most", (0,), how)
    failed = sum(trial.after is None or trial.after.is_traceback or bool(trial.after.sentence) for trial in every)
    yield Figure("disk", "commands that fail once there is room", failed, "trials", "at most", (0,), how)
