"""A workspace that was moved, copied, or copied to a disk that is read-only answers as it did where it was made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.commands import Said, digits, run, workplace
from benchmarks.faults.damage import lasting
from benchmarks.figures import Figure

#: Commands on what the workspace holds; DATA stands for the archive, UPLOAD for a copy of it inside the workspace.
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("profile", "DATA"),
    ("profile", "sample:topics"),
    ("issues", "DATA", "--budget", "5"),
    ("record", "DATA", "--format", "json"),
    ("predict", "last", "IMAGE"),
    ("runs", "list"),
    ("runs", "show", "last"),
    ("cache", "show"),
)


def _read_only(home: Path) -> None:
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


#: What is done to the copy before it is used.
WAYS: dict[str, Callable[[Path], None]] = {"moved": lambda home: None, "read-only": _read_only}


@dataclass(frozen=True)
class Trial:
    """One command in a copy: what it said, and whether the answer is the one that the original gave."""

    way: str
    command: str
    said: Said
    same: bool


def trials() -> Iterator[Trial]:
    """Every command in every copy; the original is gone by then."""
    with workplace() as place:
        folder = digits(place / "digits")
        data = shutil.make_archive(str(place / "scans"), "zip", place, "digits")
        home = place / "home"
        words = {"DATA": data, "IMAGE": str(folder / "0" / "1.png")}
        for first in (("advise", data), ("train", data, "--rung", "frozen")):
            if (said := run(home, *first, "--budget", "5")).status:
                raise RuntimeError(said.stderr)
        before = {command: _said(home, command, words) for command in COMMANDS}
        for number, (way, change) in enumerate(WAYS.items()):
            there = place / f"elsewhere {number}"
            shutil.copytree(home, there, ignore=shutil.ignore_patterns("*.lock"))
            shutil.rmtree(home)
            change(there)
            for command in COMMANDS:
                said = _said(there, command, words)
                yield Trial(way, " ".join(command), said, lasting(said.answer) == lasting(before[command].answer))
            for path in (there, *there.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
            there.rename(home)


def _said(home: Path, command: tuple[str, ...], words: dict[str, str]) -> Said:
    form = [] if "--format" in command else ["--json"]
    return run(home, *(words.get(word, word) for word in command), *form)


def figures() -> Iterator[Figure]:
    """Commands tried in a workspace elsewhere, and how many answered as before."""
    every = list(trials())
    how = f"{len(COMMANDS)} commands in a workspace that was {' and '.join(WAYS)}; the original was deleted"
    same = sum(trial.same for trial in every)
    yield Figure("copied", "answers as before", same, "commands", "at least", (len(every),), how)
    tracebacks = sum(trial.said.is_traceback for trial in every)
    yield Figure("copied", "tracebacks", tracebacks, "commands", "at most", (0,), how)
