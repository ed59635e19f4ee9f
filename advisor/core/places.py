"""Where the items of a dataset lie: several sources may hold the same content, and each keeps its own paths.

Rows are found where the source at hand has them, and else in any other source that is still there, so that reading a
copy moves nothing and deleting one copy harms nobody. Paths inside the workspace are kept relative to it: samples,
unpacked archives and uploads move with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.tables import read_table, write_table
from advisor.core.workspace import DatasetFiles

#: The column of a table of items that lie outside it, as images do.
PATH = "path"
#: Rows whose files are looked for before all rows are: a source is usually there or gone as a whole.
N_LOOKED_AT = 16


def home_of(files: DatasetFiles) -> Path:
    """The workspace that a dataset's folder lies in."""
    return files.folder.parent.parent


def kept(paths: list[str], home: Path) -> list[str]:
    """Paths as they are written down: those inside the workspace relative to it.

    >>> kept(["/home/w/samples/a.png", "/data/b.png"], Path("/home/w"))
    ['samples/a.png', '/data/b.png']
    """
    start = f"{home}{os.sep}"
    return [path.removeprefix(start) for path in paths]


def absolute(paths: list[str], home: Path) -> list[str]:
    """Paths as they were written down by `kept`, made absolute in the workspace as it lies now."""
    return [path if os.path.isabs(path) else f"{home}{os.sep}{path}" for path in paths]  # noqa: PTH117


def write(files: DatasetFiles, source: str, paths: list[str]) -> None:
    """Keep the paths of one source, one for each row of the items; nothing is written where they are the kept ones."""
    paths = kept(paths, home_of(files))
    if _read(files.places(source)) != paths:
        write_table(files.places(source), pd.DataFrame({PATH: pd.Series(paths, dtype=object)}))


def located(table: pd.DataFrame, files: DatasetFiles, source: str) -> pd.DataFrame:
    """The items with the path of each row in its source, or in another one that still has it."""
    every = _every(files, source, table[PATH].tolist())
    paths = next(every)
    some: list[int] = np.unique(np.linspace(0, len(paths) - 1, N_LOOKED_AT).astype(int)).tolist() if paths else []
    if all(os.path.exists(paths[row]) for row in some):  # noqa: PTH110 (100,000 Path objects are slow)
        return table.assign(**{PATH: paths})
    missing = [row for row, path in enumerate(paths) if not os.path.exists(path)]  # noqa: PTH110
    for other in every:
        found = {row for row in missing if os.path.exists(other[row])}  # noqa: PTH110
        for row in found:
            paths[row] = other[row]
        missing = [row for row in missing if row not in found]
        if not missing:
            break
    return table.assign(**{PATH: paths})


def listed_ns(files: DatasetFiles, source: str, paths: list[str]) -> int:
    """When the files at these paths were last listed, in nanoseconds of the system's clock.

    Rows that were found in another source were listed when that one was, at the earliest when any was.
    """
    own = files.places(source)
    if _read(own) == kept(paths, home_of(files)):
        return own.stat().st_mtime_ns
    return min(path.stat().st_mtime_ns for path in (files.items, *_all(files)))


def _all(files: DatasetFiles) -> list[Path]:
    """The files with the paths of every source."""
    return [path for path in files.sources.glob("*.parquet") if "-" not in path.stem]


def _every(files: DatasetFiles, source: str, first: list[str]) -> Iterator[list[str]]:
    """The paths of each row, by source: that at hand, the others, the latest first, then as the table itself says."""
    home = home_of(files)
    others = sorted(_all(files), key=lambda path: -path.stat().st_mtime_ns)
    for place in dict.fromkeys((files.places(source), *others)):
        paths = _read(place)
        if paths is not None and len(paths) == len(first):
            yield absolute(paths, home)
    yield _brought_along(absolute(first, home), files)
    yield absolute(first, home)


def _brought_along(paths: list[str], files: DatasetFiles) -> list[str]:
    """Paths that a former version wrote into a workspace that lay elsewhere then, in this one."""
    try:
        then = Path(str(storage.read_object(files.record).get("folder"))).parent.parent
    except StorageError:
        return paths
    return absolute(kept(paths, then), home_of(files))


def _read(path: Path) -> list[str] | None:
    """The kept paths of one source; None where there are none that can be read."""
    try:
        paths: list[str] = read_table(path)[PATH].tolist()
    except (StorageError, KeyError):
        return None
    return paths
