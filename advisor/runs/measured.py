"""What the finished runs of a dataset reached on its locked test part, for the advice."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from pathlib import Path

from advisor.advice.finished import Finished
from advisor.core.errors import PeopleError
from advisor.core.ladder import RungName
from advisor.core.records import Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import about


def of_dataset(fingerprint: str, backbone: str | None = None) -> dict[RungName, Finished]:
    """The latest finished run of each rung, by the rung of the model that it kept. backbone: only those of one.

    A run whose training brought nothing also counts for the rung that was tried, where no other run kept its model.
    """
    latest: dict[RungName, Finished] = {}
    in_vain: dict[RungName, Finished] = {}
    for status in about.of_dataset(fingerprint):
        if status.state != "done":
            continue
        with contextlib.suppress(PeopleError, OSError):  # a run that cannot be read measures nothing
            finished = _read(status.directory, status.files.report.stat().st_mtime_ns)
            if backbone in (None, finished.backbone):
                latest.setdefault(finished.rung, finished)
                if finished.tried is not None:
                    in_vain.setdefault(finished.tried, finished)
    return in_vain | latest


@lru_cache(maxsize=512)
def _read(folder: str, changed: int) -> Finished:
    """What the run reached, read again when the report has changed."""
    files = RunFiles(Path(folder))
    plan, report = Plan.load(files.plan), RunReport.load(files.report)
    tried = report.rung if report.gained_nothing and report.served != report.rung else None
    return Finished(plan.run, report.served, plan.backbone, report.test, tried, report.seconds)
