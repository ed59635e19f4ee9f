"""What could keep the advisor from working on this machine: one check each, with a verdict and a sentence."""

from __future__ import annotations

import dataclasses
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from advisor.core import disk, storage
from advisor.core.errors import PeopleError, StorageError
from advisor.core.wording import counted
from advisor.core.workspace import Workspace
from probes.progress import Progress, silent

Verdict = Literal["ok", "note", "warning", "problem"]
DISTRIBUTION = "transfer-advisor"
LITTLE_DISK_BYTES = 2e9
LITTLE_MEMORY_BYTES = 2e9


@dataclass(frozen=True)
class Check:
    """One thing looked at, the verdict on it, and what was found and what to do, in a sentence or two."""

    name: str
    verdict: Verdict
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The check as plain values."""
        return dataclasses.asdict(self)


def examine(progress: Progress = silent) -> list[Check]:
    """Run every check; one that fails unexpectedly is itself a finding. Takes about ten seconds."""
    checks: list[Check] = []
    for position, (sentence, check) in enumerate(CHECKS):
        progress(sentence, position / len(CHECKS))
        try:
            checks += check()
        except Exception as error:
            cause = f"{sentence} failed ({type(error).__name__}: {error})."
            checks.append(Check("Doctor", "problem", cause))
    progress("Done", 1.0)
    return checks


def check_device() -> Iterator[Check]:
    """What this machine computes with."""
    import psutil

    from probes.device import device_facts

    for title, value in device_facts().items():
        little = title == "Memory" and psutil.virtual_memory().available < LITTLE_MEMORY_BYTES
        advice = ". Less than 2 GB is free; close other programs" if little else ""
        yield Check(title, "warning" if little else "ok", f"{value}{advice}.")


def check_calibration() -> Iterator[Check]:
    """The forward pass of each modality's default backbone, by the fastest engine."""
    from advisor.data.features import feature_cache
    from advisor.data.modality import MODALITIES
    from probes.backbones import catalog, weights
    from probes.calibrations import calibration_of
    from probes.device import pick

    for modality in MODALITIES:
        entry = catalog.default(modality)
        if not weights.available(entry)[0]:
            continue  # the check of the weights says so
        measured = calibration_of(_load(entry, pick()), feature_cache())
        yield Check(entry.title, "ok", measured.reason)


def _load(entry: Any, device: str) -> Any:
    from advisor.data.features import load_backbone

    return load_backbone(entry, entry.usual_input, device)


def check_workspace() -> Iterator[Check]:
    """Whether the workspace can be written, and how much room it has."""
    home = Workspace.here().folder
    try:
        with tempfile.NamedTemporaryFile(dir=home) as probe:
            probe.write(b"0")
            probe.flush()
    except OSError as error:
        yield Check("Workspace", "problem", disk.sentence(home / "a new file", error))
        return
    free = shutil.disk_usage(home).free
    used = sum(map(_size, home.rglob("*")))
    little = free < LITTLE_DISK_BYTES
    advice = " Delete runs or datasets you no longer need." if little else ""
    sentence = f"{home} holds {used / 1e6:,.0f} MB, and {free / 1e9:.1f} GB is free.{advice}"
    yield Check("Workspace", "warning" if little else "ok", sentence)


def _size(path: Path) -> int:
    """The bytes of a file; 0 for a folder, a link, and one that has just gone or may not be looked at."""
    try:
        facts = path.lstat()
    except OSError:
        return 0
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def check_files() -> Iterator[Check]:
    """Whether what is kept of datasets and runs is what was written."""
    here = Workspace.here()
    kept = (*here.datasets.glob("*/*"), *here.datasets.glob("*/sources/*"), *here.runs.glob("*/*"))
    files = sorted(path for path in kept if path.suffix in (".json", ".parquet") and path.name[0] != ".")
    damaged = [path for path in files if not _is_whole(path)]
    if damaged:
        yield Check(
            "Files", "warning",
            f"{counted(len(damaged), 'file')} of datasets and runs cannot be read or changed since, the first is "
            f"{damaged[0]}. Files of a dataset are made again when it is read; a run is to be trained again.",
        )  # fmt: skip
        return
    yield Check("Files", "ok", f"{counted(len(files), 'file')} of datasets and runs are as they were written.")


def _is_whole(path: Path) -> bool:
    try:
        storage.read_bytes(path)
    except StorageError:
        return False
    return True


def check_supervisor() -> Iterator[Check]:
    """Who supervises the runs."""
    from advisor.core.wording import size
    from advisor.runs import ended, store, supervisor

    if (kept := ended.kept()).runs:
        yield Check(
            "Kept stages", "note",
            f"{counted(len(kept.runs), 'run')} that ended early still keep {size(kept.n_bytes)} to go on with, the "
            f"latest {kept.runs[0]}. To go on: advisor runs resume RUN. To free the space: advisor runs delete RUN.",
        )  # fmt: skip
    waiting = store.unfinished()
    alive = supervisor.is_alive()
    if waiting and not alive:
        supervisor.ensure()
        yield Check(
            "Runs", "warning", f"{counted(len(waiting), 'unfinished run')} had no supervisor; one was started now."
        )
        return
    works = "the supervisor is running" if alive else "no supervisor is needed"
    yield Check("Runs", "ok", f"{len(store.runs())} known, {len(waiting)} unfinished; {works}.")


def check_packages() -> Iterator[Check]:
    """Installed versions against the ranges this program names."""
    from packaging.requirements import Requirement

    wrong: list[str] = []
    fine: list[str] = []
    for line in metadata.requires(DISTRIBUTION) or ():
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        fits = requirement.specifier.contains(version, prereleases=True)
        (fine if fits else wrong).append(f"{requirement.name} {version}")
    if wrong:
        yield Check(
            "Packages",
            "problem",
            f"Missing or of the wrong version: {', '.join(wrong)}. Run: pip install -U {DISTRIBUTION}",
        )
    yield Check("Packages", "ok", f"{', '.join(fine)}.")


def check_weights() -> Iterator[Check]:
    """The defaults must be here and whole; the rest of the catalog may be fetched."""
    from advisor.data.modality import MODALITIES
    from probes.backbones import catalog, weights

    missing = []
    needed = [catalog.default(modality) for modality in MODALITIES]
    for entry in catalog.CATALOG:
        here, sentence = weights.available(entry)
        if here:
            try:
                digest = weights.weights_hash(entry)
            except PeopleError as error:
                yield Check(entry.title, "problem", str(error))
            else:
                yield Check(entry.title, "ok", f"Installed, SHA-256 {digest[:12]}, {entry.licence}.")
        elif entry in needed:
            yield Check(entry.title, "problem", sentence)
        else:
            missing.append(entry.name)
    if missing:
        yield Check("Other weights", "note", f"Not installed, fetched on demand: {', '.join(missing)}.")


CHECKS: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
    ("Looking at the device", check_device),
    ("Timing the default backbones", check_calibration),
    ("Looking at the workspace", check_workspace),
    ("Reading what is kept", check_files),
    ("Looking for the supervisor", check_supervisor),
    ("Comparing package versions", check_packages),
    ("Looking for weights", check_weights),
)
