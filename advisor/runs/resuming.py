"""What a resumed run can rely on: damaged pieces of an earlier attempt are dropped before anything reads them.

Their work is done again, in time of its own, so that the run still ends as an undisturbed one does.
"""

from __future__ import annotations

import logging
from pathlib import Path

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.workspace import RunFiles
from advisor.training import checkpoints

LOG = logging.getLogger("advisor.worker")


def drop_damaged(folder: Path) -> list[str]:
    """Drop checkpoints, stages, settings and an outcome that cannot be read; the names of what was dropped."""
    files = RunFiles(folder)
    damaged = [path for path in (files.outcome, files.resolved) if path.is_file() and not _is_object(path)]
    for path in damaged:
        path.unlink(missing_ok=True)
        files.held_out.unlink(missing_ok=True)  # said by a model that is trained again
    if files.resolved in damaged:  # what was trained under settings that nobody knows cannot go on
        checkpoints.clear(files.checkpoint)
    damaged += [state for state in sorted(files.checkpoint.rglob(checkpoints.STATE)) if _dropped(state.parent)]
    for path in damaged:
        LOG.warning("%s was damaged; what it held is done again.", path)
    return [path.relative_to(folder).as_posix() for path in damaged]


def _is_object(path: Path) -> bool:
    try:
        storage.read_object(path)
    except StorageError:
        return False
    return True


def _dropped(folder: Path) -> bool:
    """Drop the checkpoint of one folder, and not those below it, where it is damaged."""
    try:
        checkpoints.read(folder)
    except (StorageError, KeyError, TypeError, ValueError, AttributeError, OSError):
        for path in (folder / checkpoints.STATE, *folder.glob("*.safetensors")):
            path.unlink(missing_ok=True)
        return True
    return False


def sentences(dropped: list[str]) -> tuple[str, ...]:
    """What the report says about damaged files, nothing where there were none."""
    if not dropped:
        return ()
    verb = "was" if len(dropped) == 1 else "were"
    return (f"{', '.join(dropped)} {verb} damaged when the run was resumed; what was lost with it was done again.",)
