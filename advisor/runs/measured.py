"""What the finished runs of a dataset reached on its locked test part, for the advice."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from advisor.advice.finished import Finished
from advisor.core.errors import PeopleError
from advisor.core.ladder import RungName
from advisor.core.records import Plan, RunReport
from advisor.core.workspace import RunFiles
from advisor.runs import about
from advisor.runs.processes import read_small
from advisor.runs.settings import n_learned


def of_dataset(fingerprint: str, backbone: str | None = None) -> dict[RungName, Finished]:
    """The finished run of each rung that learned from most items, the latest of several that learned from as many.

    By the rung of the model that it kept; a run on a short budget does not take the place of a fuller one, and a run
    that went back to the rung not that of one that was planned for it. backbone: only those of one.

    A run whose training brought nothing also counts for the rung that was tried, where no other run kept its model.
    """
    kept: dict[RungName, Finished] = {}
    in_vain: dict[RungName, Finished] = {}
    for status in about.of_dataset(fingerprint):
        if status.state != "done":
            continue
        with contextlib.suppress(PeopleError, OSError):  # a run that cannot be read measures nothing
            finished = _read(status.directory, status.files.report.stat().st_mtime_ns)
            if backbone in (None, finished.backbone):
                _keep_fuller(kept, finished.rung, finished)
                if finished.tried is not None:
                    _keep_fuller(in_vain, finished.tried, finished)
    return in_vain | kept


def _keep_fuller(known: dict[RungName, Finished], rung: RungName, older: Finished) -> None:
    """Keep a run that is older than those known where it weighs more."""
    if rung not in known or older.weight > known[rung].weight:
        known[rung] = older


@dataclass(frozen=True)
class CutShort:
    """A run that kept the simpler model, ``kept``, without having tried the planned one to its end, and ``why``."""

    kept: RungName
    budget_seconds: float
    why: str


def runs_cut_short(fingerprint: str, backbone: str | None) -> dict[RungName, CutShort]:
    """The latest run of each planned rung where it was cut short; a later run that was not takes its place."""
    found: dict[RungName, CutShort | None] = {}
    for status in about.of_dataset(fingerprint):
        if status.state != "done":
            continue
        with contextlib.suppress(PeopleError, OSError):
            plan, report = Plan.load(status.files.plan), RunReport.load(status.files.report)
            short = report.dropped and not report.gained_nothing and report.served != report.rung
            if backbone in (None, plan.backbone) and plan.rung not in found:
                ended = CutShort(report.served, plan.budget_seconds, report.dropped.rstrip("."))
                found[plan.rung] = ended if short else None
    return {rung: ended for rung, ended in found.items() if ended is not None}


@lru_cache(maxsize=512)
def _read(folder: str, changed: int) -> Finished:
    """What the run reached, read again when the report has changed."""
    files = RunFiles(Path(folder))
    plan, report = Plan.load(files.plan), RunReport.load(files.report)
    tried = report.rung if report.gained_nothing and report.served != report.rung else None
    learned = n_learned(read_small(files.resolved)) or 0
    promised = report.promised.value if report.promised is not None and report.served == report.rung else None
    return Finished(
        plan.run, report.served, plan.backbone, report.test, tried, report.seconds, learned, report.partial, promised,
        fell_back=report.served != report.rung,
    )  # fmt: skip
