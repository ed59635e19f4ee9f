"""What the workspace holds by kind, how much room it takes, and how each kind is cleared; no Streamlit.

Nothing here touches a user's own files: a dataset that was read from a folder is forgotten, the folder stays. What
came through the dashboard (uploads, photographs) lies in the workspace, so clearing that deletes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from advisor.caches import clear_answers, clear_features
from advisor.core.errors import RunError
from advisor.core.wording import counted
from advisor.core.workspace import RECORD, Workspace
from advisor.data.read.ocr import forget_recognised
from advisor.runs import aside, ended, store

#: Where uploads arrive; a page takes them from there.
ARRIVING = "incoming"


@dataclass(frozen=True)
class Kind:
    """A kind of thing in the workspace. ``holds``: what it is, ``lost``: what clearing it means, both sentences.

    ``twice``: whether clearing asks twice, since what is lost cannot be made again at once. ``clear`` raises RunError.
    """

    name: str
    title: str
    holds: str
    lost: str
    places: tuple[str, ...]
    clear: Callable[[], object] | None
    twice: bool = False


@dataclass(frozen=True)
class Stored:
    """A kind with the room that it takes here and how many things there are, "" where they are not counted."""

    kind: Kind
    n_bytes: int
    counted: str = ""


def stored() -> list[Stored]:
    """What the workspace holds, the largest first, the rest last; kinds without anything are left out."""
    here = Workspace.here().folder
    found = [Stored(kind, sum(room(here / place) for place in kind.places), _counted(kind)) for kind in KINDS]
    known = {place for kind in KINDS for place in kind.places}
    rest = sum(room(path) for path in here.iterdir() if path.name not in known)
    largest = sorted(found, key=lambda one: -one.n_bytes)
    return [one for one in (*largest, Stored(OTHER, rest)) if one.n_bytes]


def room(path: Path) -> int:
    """The bytes of the files at and below a path; links count nothing, and what has just gone nothing either."""
    return sum(_sizes(path))


def _sizes(path: Path) -> Iterator[int]:
    try:
        if path.is_symlink():
            return
        if path.is_file():
            yield path.stat().st_size
            return
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_size
    except OSError:
        return


def clear_datasets() -> None:
    """Forget every dataset with its evidence and advice. Raises RunError while a run needs one."""
    if waiting := store.unfinished():
        raise RunError(
            f"{counted(len(waiting), 'run is', 'runs are')} under way and need their datasets. Stop them or wait, then "
            f"clear the datasets."
        )
    for folder in _folders(Workspace.here().datasets):
        (folder / RECORD).unlink(missing_ok=True)  # first: without it the rest is no dataset
        shutil.rmtree(folder, ignore_errors=True)


def clear_runs() -> None:
    """Delete every run that has ended, with its model and report, and what was deleted before and could be restored."""
    for status in store.runs():
        if status.state in store.ENDED:
            ended.delete(status.run, for_good=True)
    aside.clear(every=True)


def clear_uploads() -> None:
    """Delete what came through the dashboard, but not what arrives now."""
    for folder in _folders(Workspace.here().uploads):
        if folder.name != ARRIVING:
            shutil.rmtree(folder, ignore_errors=True)


def clear_samples() -> None:
    """Delete the samples' files."""
    shutil.rmtree(Workspace.here().samples, ignore_errors=True)


def clear_unpacked() -> None:
    """Delete unpacked archives."""
    shutil.rmtree(Workspace.here().unpacked, ignore_errors=True)


def _folders(path: Path) -> list[Path]:
    return [child for child in path.iterdir() if child.is_dir() and not child.is_symlink()] if path.is_dir() else []


def _counted(kind: Kind) -> str:
    """How many datasets or runs there are, in words."""
    here = Workspace.here()
    if kind is DATASETS:
        return counted(len(list(here.datasets.glob(f"*/{RECORD}"))), "dataset")
    if kind is RUNS:
        return counted(len(store.runs()), "run")
    return ""


DATASETS = Kind(
    "datasets", "Datasets", "What was read and measured: items, profiles, evidence and advice.",
    "Every dataset is forgotten, with its evidence and advice. Your own files stay where they are.",
    ("datasets",), clear_datasets, twice=True,
)  # fmt: skip
RUNS = Kind(
    "runs", "Runs", "Trained models with their results.",
    "Every run that has ended is deleted, with its trained model and report. Runs under way go on.",
    ("runs",), clear_runs, twice=True,
)  # fmt: skip
KINDS: tuple[Kind, ...] = (
    DATASETS,
    RUNS,
    Kind(
        "uploads", "Uploads", "Files and photographs that came through the dashboard.",
        "The uploaded files and photographs are deleted; datasets read from them show no items any more. Photographs "
        "taken here exist nowhere else.",
        ("uploads",), clear_uploads, twice=True,
    ),
    Kind(
        "features", "Features", "What backbones computed, so that nothing is computed twice.",
        "Features and measured speeds are computed again when needed, which takes time.",
        ("features",), clear_features,
    ),
    Kind(
        "answers", "Answers", "Answers of language models.",
        "Questions are asked again when needed. At an endpoint this costs money.",
        ("prompts",), clear_answers,
    ),
    Kind(
        "samples", "Samples", "The files of the sample datasets.",
        "Samples that were read show no items until you choose them again.",
        ("samples",), clear_samples,
    ),
    Kind(
        "unpacked", "Unpacked archives", "Archives, unpacked once.",
        "Datasets read from an archive show no items until the archive is read again. The archives stay.",
        ("unpacked",), clear_unpacked,
    ),
    Kind(
        "recognised", "Recognised text", "Text recognised in scans.",
        "Scans are recognised again when needed, which takes seconds a page.",
        ("recognised",), forget_recognised,
    ),
)  # fmt: skip
OTHER = Kind("other", "Other", "The table of runs, the outcomes of your runs, and the score.", "", (), None)
