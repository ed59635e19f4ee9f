"""The ledger made again from the finished runs, where it is gone or damaged: their plans and reports hold all of it."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from advisor.advice.outlook import experience
from advisor.advice.outlook.ledger import note_outcome, tables
from advisor.core.errors import PeopleError, StorageError
from advisor.core.records import Plan, RunReport
from advisor.runs import store

LOG = logging.getLogger("advisor.runs")


def restore_ledger() -> int:
    """Make the ledger again where a table of it is missing or damaged; how many runs were noted again.

    A damaged table is kept beside it, called `.damaged`. Only how many items a run trained on is not in its report, so
    the pace of these runs is no longer known. Does nothing where the ledger is whole or cannot be written.
    """
    lacking = [path for path in tables() if not _is_whole(path)]
    if not lacking:
        return 0
    n = 0
    with contextlib.suppress(OSError, StorageError):  # on a disk that cannot be written, advice does without
        for path in lacking:
            if path.exists():
                LOG.warning("%s was damaged; it is made again from the finished runs.", path)
                path.replace(path.with_name(f"{path.name}.damaged"))
        for status in reversed(store.runs()):
            if status.state == "done":
                with contextlib.suppress(PeopleError):  # a run that cannot be read says nothing
                    plan, report = Plan.load(status.files.plan), RunReport.load(status.files.report)
                    n += note_outcome(plan, report, None)
    return n


def _is_whole(path: Path) -> bool:
    try:
        return bool(len(experience.read(path)))
    except StorageError:
        return False
