"""Folders as archives to download."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile


def zipped(folder: Path, name: str = "", holds: Callable[[Path], bool] = Path.is_file) -> bytes:
    """The files below a folder as a zip, each under `name`. holds: which of the paths below it are taken."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if holds(path):
                archive.write(path, (Path(name) / path.relative_to(folder)).as_posix())
    return stream.getvalue()
