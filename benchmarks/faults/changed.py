"""Data that are edited, renamed, replaced or gone between reading, training and prediction: noticed, or named.

Two moments. The source is read again: its new content must be told from the old one, in a note or one sentence. Or it
is not, and a run that was planned before is carried out: it must refuse files that are not those that were read.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.core.errors import DatasetError
from advisor.data.changes import check_unchanged
from advisor.data.store import open_dataset
from benchmarks.faults.commands import digits, run, workplace
from benchmarks.figures import Figure


@dataclass(frozen=True)
class Trial:
    """One change to one source: whether reading again noticed it, and whether a run did (None: it needs no files)."""

    source: str
    change: str
    noticed: bool
    refused: bool | None
    is_traceback: bool


def _secretly(path: Path, place: int | None = None) -> None:
    """Another content of the same size, with the time of the old one; place: of the byte that changes."""
    facts = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _first_image(path: Path) -> int:
    """Where in an archive a byte of its first image lies."""
    with zipfile.ZipFile(path) as archive:
        first = next(info for info in archive.infolist() if info.filename.endswith(".png"))
    return first.header_offset + 30 + len(first.filename) + first.compress_size // 2


def _exchanged(folder: Path) -> None:
    """Two images of different classes change places."""
    one, two, aside = folder / "0" / "1.png", folder / "1" / "1.png", folder / "aside"
    one.rename(aside)
    two.rename(one)
    aside.rename(two)


def _letter(path: Path) -> None:
    facts = path.stat()
    path.write_text(path.read_text().replace("number 7 ", "number 8 ", 1))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FOLDER: dict[str, Callable[[Path], object]] = {
    "an image edited": lambda folder: shutil.copyfile(folder / "0" / "1.png", folder / "0" / "2.png"),
    "a byte changed, size and time kept": lambda folder: _secretly(folder / "4" / "3.png"),
    "two images exchanged": _exchanged,
    "an image emptied": lambda folder: (folder / "0" / "1.png").write_bytes(b""),
    "an image deleted": lambda folder: (folder / "0" / "1.png").unlink(),
    "an image renamed": lambda folder: (folder / "0" / "1.png").rename(folder / "0" / "one.png"),
    "a class renamed": lambda folder: (folder / "0").rename(folder / "zero"),
    "a class deleted": lambda folder: shutil.rmtree(folder / "4"),
    "the folder renamed": lambda folder: folder.rename(folder.with_name("elsewhere")),
    "the folder empty, as without its disk": _emptied,
    "the folder unreadable": lambda folder: folder.chmod(0),
}
ARCHIVE: dict[str, Callable[[Path], object]] = {
    "the archive replaced": lambda path: _packed(path, 20),
    "a byte of an image changed, size and time kept": lambda path: _secretly(path, _first_image(path)),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "deleted": Path.unlink,
    "a folder in its place": _folder,
}
TABLE: dict[str, Callable[[Path], object]] = {
    "a label edited": lambda path: path.write_text(path.read_text().replace("good", "fine", 1)),
    "a text edited, size and time kept": _letter,
    "a row deleted": lambda path: path.write_text("\n".join(path.read_text().split("\n")[:-2])),
    "a row added": lambda path: path.write_text(path.read_text() + "one more remark,good\n"),
    "a column renamed": lambda path: path.write_text(path.read_text().replace("text,", "remark,", 1)),
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
}
#: Changes that leave the content as it was: rows mean the same under another heading.
HARMLESS = {"a column renamed"}


def _packed(path: Path, n: int = 24) -> Path:
    folder = digits(path.with_suffix(""), n)
    shutil.make_archive(str(path.with_suffix("")), "zip", folder)
    shutil.rmtree(folder)
    return path


def _table(path: Path) -> Path:
    rows = [f"remark number {i} about {'bread' if i % 2 else 'rain'},{'good' if i % 2 else 'bad'}" for i in range(40)]
    path.write_text("\n".join(["text,label", *rows, ""]))
    return path


SOURCES: dict[str, tuple[Callable[[Path], Path], dict[str, Callable[[Path], object]]]] = {
    "digits": (digits, FOLDER),
    "digits.zip": (_packed, ARCHIVE),
    "remarks.csv": (_table, TABLE),
}


def trials() -> Iterator[Trial]:
    """Every change to every source."""
    for name, (make, changes) in SOURCES.items():
        for change, apply in changes.items():
            with workplace() as place:
                source, home = make(place / name), place / "home"
                before = run(home, "profile", str(source), "--json").answer["dataset"]
                apply(source)
                refused = _refused(home, before["fingerprint"]) if name == "digits" else None
                after = run(home, "profile", str(source), "--json")
                notes = after.answer["dataset"]["notes"] if after.answer else []
                noticed = bool(after.sentence) or bool({*notes} - {*before["notes"]}) or change in HARMLESS
                yield Trial(name, change, noticed, refused, after.is_traceback)
                source.chmod(0o755) if source.exists() else None


def _refused(home: Path, fingerprint: str) -> bool:
    """Whether a run would refuse the files as they are now."""
    os.environ["ADVISOR_HOME"] = str(home)
    try:
        check_unchanged(open_dataset(fingerprint))
    except DatasetError:
        return True
    return False


def figures() -> Iterator[Figure]:
    """Changes tried, and how many were noticed at each moment."""
    every = list(trials())
    how = "; ".join(f"{name}: {len(changes)} changes" for name, (_, changes) in SOURCES.items())
    noticed = sum(trial.noticed for trial in every)
    yield Figure("changed", "noticed when read again", noticed, "changes", "at least", (len(every),), how)
    of_runs = [trial for trial in every if trial.refused is not None and "unreadable" not in trial.change]
    refused = sum(bool(trial.refused) for trial in of_runs)
    yield Figure("changed", "refused by a run planned before", refused, "changes", "at least", (len(of_runs),), how)
    tracebacks = sum(trial.is_traceback for trial in every)
    yield Figure("changed", "tracebacks", tracebacks, "changes", "at most", (0,), how)
