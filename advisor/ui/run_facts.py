"""What the list of runs says and sorts by: the backbone, the test value, and the time that a run took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from advisor.core import wording
from advisor.core.errors import PeopleError
from advisor.core.kinds import kind_row
from advisor.core.ladder import FRESH
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.core.workspace import RunFiles

LATEST, BEST, QUICKEST, DATASET, BACKBONE = "Latest first", "Best value first", "Quickest first", "Dataset", "Backbone"
ORDERS = (LATEST, BEST, QUICKEST, DATASET, BACKBONE)


@dataclass(frozen=True)
class RunFacts:
    """Of one run. ``backbone``: what it started from, "" from scratch; ``value``: of the test, None before it is there;
    ``result``: in words, or why there is none."""

    backbone: str
    metric: str
    value: float | None
    result: str
    seconds: float


def of(status: RunStatus) -> RunFacts:
    """The facts of a run; of one that is under way as far as it has come."""
    known = _read(str(status.files.folder), _changed(status.files))
    return known if status.state == "done" else RunFacts(known.backbone, known.metric, None, "", status.seconds)


def _changed(files: RunFiles) -> float:
    return max((path.stat().st_mtime for path in (files.plan, files.report) if path.is_file()), default=0.0)


@st.cache_data(max_entries=512, show_spinner=False)
def _read(folder: str, changed: float) -> RunFacts:
    """From plan and report, read again when one of them has changed."""
    files = RunFiles(Path(folder))
    try:
        plan = Plan.load(files.plan)
    except PeopleError:
        return RunFacts("", "", None, "Its plan cannot be read.", 0.0)
    backbone = "" if plan.rung == FRESH else plan.backbone
    try:
        report = RunReport.load(files.report)
    except PeopleError:
        return RunFacts(backbone, plan.metric, None, "Its report cannot be read.", 0.0)
    return RunFacts(backbone, plan.metric, report.test.value, result(report, plan), report.seconds)


def result(report: RunReport, plan: Plan) -> str:
    """The test value with its interval and n; of questions how often the passage is found before it."""
    test, items = report.test, kind_row(plan.kind).items
    value = f"{wording.percent(test.value)} {report.metric}"
    rest = f"({wording.between(test.low, test.high)}) on {wording.count(test.n)} test {items}"
    if report.recall_at_5 is None or report.served == "prompting":
        return f"{value} {rest}"
    return f"Passage found for {wording.among(report.recall_at_5)}; {value} {rest}"


def ordered(runs: Sequence[RunStatus], order: str) -> list[RunStatus]:
    """Runs in one of `ORDERS`; the latest comes first where the order says nothing. Runs without a value come last."""
    facts = {status.run: of(status) for status in runs}

    def key(status: RunStatus) -> tuple[object, ...]:
        own = facts[status.run]
        if order == BEST:
            return own.value is None, own.metric, -(own.value or 0.0)
        if order == QUICKEST:
            return own.value is None, own.seconds
        return (status.dataset_name.lower(),) if order == DATASET else (own.backbone.lower(),)

    latest = sorted(runs, key=lambda status: status.created, reverse=True)
    return latest if order == LATEST else sorted(latest, key=key)
