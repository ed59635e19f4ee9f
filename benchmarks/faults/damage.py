"""Every file of a workspace damaged in every way, one at a time: noticed, rebuilt or refused in one sentence.

The workspace holds what an archive of images, advice on it and a trained model leave behind. Each trial is a copy of it
with one file damaged; then the commands that read the file are run. Rebuilt: they answer as they did before. Refused:
one sentence that names the file, its folder or the run. A different answer without a word is silent, the worst of all.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.commands import Said, digits, run, workplace
from benchmarks.figures import Figure

#: The commands that read a file, by a pattern of its path; DATA and IMAGE stand for what is at hand.
READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "datasets/*/dataset.json": (("profile", "DATA"),),
    "datasets/*/items.parquet": (("profile", "DATA"),),
    "datasets/*/inspection.parquet": (("profile", "DATA"),),
    "datasets/*/clusters.json": (("profile", "DATA"),),
    "datasets/*/profile.json": (("profile", "DATA"),),
    "datasets/*/sources/*": (("profile", "DATA"),),
    "sources/*": (("profile", "DATA"),),
    "unpacked/.known/*": (("profile", "DATA"),),
    "unpacked/*/.unpacked.json": (("profile", "DATA"),),
    "unpacked/*/*/0/0.png": (("profile", "DATA"),),
    "datasets/*/evidence.json": (("issues", "DATA", "--budget", "5"),),
    "datasets/*/advice.json": (("record", "DATA", "--format", "json"),),
    "datasets/*/steps-*.json": (("record", "DATA", "--format", "json"),),
    "datasets/*/evidence-*.json": (("issues", "DATA", "--budget", "5"),),
    "datasets/*/issues-*.parquet": (("issues", "DATA", "--budget", "5"),),
    "runs/*/plan.json": (("runs", "list"), ("runs", "show", "last"), ("predict", "last", "IMAGE")),
    "runs/*/report.json": (("runs", "list"), ("runs", "show", "last")),
    "runs/*/state.json": (("runs", "list"), ("runs", "show", "last")),
    "runs/*/resolved.json": (("runs", "show", "last"), ("predict", "last", "IMAGE")),
    "runs/*/outcome.json": (("runs", "show", "last"),),
    "runs/*/metrics.jsonl": (("runs", "show", "last"),),
    "runs/*/events.jsonl": (("runs", "show", "last"),),
    "runs/*/manifest.json": (("runs", "list"), ("runs", "show", "last"), ("predict", "last", "IMAGE")),
    "runs/*/model.json": (("runs", "list"), ("predict", "last", "IMAGE")),
    "runs/*/model.safetensors": (("runs", "show", "last"), ("predict", "last", "IMAGE")),
    "runs.sqlite": (("runs", "list"), ("runs", "show", "last"), ("predict", "last", "IMAGE")),
    "ledger/*.csv": (("advise", "DATA", "--budget", "5"),),
    "features/*/*": (("probe", "DATA", "--budget", "6"),),
}
#: Fields of an answer that differ from time to time or from place to place.
_FLEETING = {
    "seconds",
    "directory",
    "folder",
    "source",
    "written",
    "used_bytes",
    "input",
    "commands",
    "created",
    "dataset_folder",
    "situation",  # what a plan notes for the ledger; it leaves out timings that are gone
}
#: Advice that is gone is given anew, for the goal that is usual; it need not be the one that was.
_GIVEN_ANEW = ("advice.json", "deleted")


@dataclass(frozen=True)
class Trial:
    """One file damaged in one way, and what a command then did: rebuilt, refused, silent or a traceback."""

    file: str
    damage: str
    command: str
    verdict: str
    words: str


def _flip(share: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[int(share * (len(content) - 1))] ^= 0x04
        path.write_bytes(content)

    return damage


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _with(**fields: Any) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a byte flipped at a fifth": _flip(0.2),
    "a byte flipped in the middle": _flip(0.5),
    "a byte flipped near the end": _flip(0.96),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": Path.unlink,
    "a folder in its place": _folder,
    "unreadable": lambda path: path.chmod(0),
    "random bytes": lambda path: path.write_bytes(bytes(range(7, 251, 3)) * 5),
}
JSON_DAMAGES: dict[str, Callable[[Path], object]] = {
    "a list": lambda path: path.write_text("[]"),
    "a number": lambda path: path.write_text("7"),
    "null": lambda path: path.write_text("null"),
    "an empty object": lambda path: path.write_text("{}"),
    "an extra field": _with(surprise=1),
    "a later schema": _with(schema_version=99),
}


def trials(readers: dict[str, tuple[tuple[str, ...], ...]] = READERS) -> Iterator[Trial]:
    """Every trial on every file that a pattern finds."""
    with workplace() as place:
        home, data, image = _workspace(place)
        for pattern, commands in readers.items():
            for file in sorted(path.relative_to(home) for path in home.glob(pattern) if path.is_file()):
                said = {command: _said(home, command, data, image) for command in commands}
                damages = DAMAGES | (JSON_DAMAGES if file.suffix == ".json" else {})
                for name, damage in damages.items():
                    yield from _tried(home, file, name, damage, said, (data, image))


def _workspace(place: Path) -> tuple[Path, Path, Path]:
    """A workspace that has read, advised on and trained an archive of images; the archive, and one of its images."""
    folder = digits(place / "digits")
    data = Path(shutil.make_archive(str(place / "scans"), "zip", place, "digits"))
    home = place / "home"
    for command in (("profile",), ("advise", "--budget", "5"), ("train", "--rung", "frozen", "--budget", "5")):
        said = run(home, command[0], str(data), *command[1:])
        if said.status:
            raise RuntimeError(said.stderr)
    return home, data, folder / "0" / "1.png"


def _said(home: Path, command: tuple[str, ...], data: Path, image: Path) -> Said:
    words = [{"DATA": str(data), "IMAGE": str(image)}.get(word, word) for word in command]
    return run(home, *words, *([] if command[0] == "record" else ["--json"]))


def _tried(
    home: Path,
    file: Path,
    name: str,
    damage: Callable[[Path], object],
    before: dict[tuple[str, ...], Said],
    at_hand: tuple[Path, Path],
) -> Iterator[Trial]:
    copy = home.with_name("copy")
    for command, sound in before.items():
        shutil.copytree(home, copy)
        damage(copy / file)
        said = _said(copy, command, *at_hand)
        (copy / file).chmod(0o755) if (copy / file).exists() else None
        shutil.rmtree(copy)
        words = said.sentence or said.stderr[-200:]
        verdict = "rebuilt" if (file.name, name) == _GIVEN_ANEW and said.answer else _verdict(said, sound)
        yield Trial(str(file), name, " ".join(command), verdict, words)


def _verdict(said: Said, sound: Said) -> str:
    if said.is_traceback:
        return "traceback"
    if said.status:
        return "refused" if len(said.sentence) > 20 else "traceback"
    return "rebuilt" if lasting(said.answer) == lasting(sound.answer) else "silent"


def lasting(answer: Any) -> Any:
    """An answer without what differs from time to time; of numbers that were measured anew, the sign."""
    if isinstance(answer, dict):
        return {key: lasting(value) for key, value in answer.items() if key not in _FLEETING}
    if isinstance(answer, list):
        return [lasting(value) for value in answer]
    return round(answer, 3) if isinstance(answer, float) else answer


def figures() -> Iterator[Figure]:
    """How many damages were tried, and how they ended."""
    every = []
    for trial in trials():
        every.append(trial)
        if trial.verdict in ("traceback", "silent"):
            print(trial, file=sys.stderr, flush=True)
    counts = Counter(trial.verdict for trial in every)
    n_files = len({trial.file for trial in every})
    how = f"{n_files} files, {len(DAMAGES) + len(JSON_DAMAGES)} damages, and the commands that read each"
    yield Figure("damage", "trials", len(every), "trials", "at least", (150,), how)
    yield Figure("damage", "tracebacks", counts["traceback"], "trials", "at most", (0,), how)
    yield Figure("damage", "another answer without a word", counts["silent"], "trials", "at most", (0,), how)
    yield Figure("damage", "made again, or not needed", counts["rebuilt"], "trials", "none", (), how)
    yield Figure("damage", "refused in one sentence", counts["refused"], "trials", "none", (), how)
