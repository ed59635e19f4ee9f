"""Some of the digits as a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from advisor import api


def few_digits(folder: Path, n_each: int) -> Path:
    """A folder with so many digits of each class; returns it."""
    for label, paths in api.read("sample:digits").items.groupby("label")["path"]:
        (folder / str(label)).mkdir(parents=True)
        for path in list(paths)[:n_each]:
            shutil.copy(path, folder / str(label))
    return folder
