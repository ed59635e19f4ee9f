"""How far a dataset has come: measured, advised on, trained, and the page that shows the furthest of these."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from advisor.core.kinds import task_of_metric
from advisor.core.records import Advice, Dataset, RunReport, RunStatus
from advisor.runs import about, store
from advisor.runs.advice_now import advice_now
from advisor.ui import tasks, terms

#: The way of a dataset, by the names of the pages.
STEPS = ("data", "profile", "evidence", "advice", "run")


@dataclass(frozen=True)
class Standing:
    """How far a dataset has come. ``run``: its latest run that is under way or done, None without one.

    ``sentence``: the furthest step and what came of it, in a few words.
    """

    done: frozenset[str]
    furthest: str
    sentence: str
    run: str | None = None


def standing(dataset: Dataset) -> Standing:
    """How far a dataset has come, by what lies in its folder and by its runs."""
    files, runs = dataset.files, about.of_dataset(dataset.fingerprint)
    run = next((status for status in runs if status.state == "done" or status.state not in store.ENDED), None)
    there = {"profile": files.profile, "evidence": files.evidence, "advice": files.advice}
    done = {"data", *(name for name, path in there.items() if path.is_file())}
    if any(status.state == "done" for status in runs):
        done.add("run")
    if run is not None:
        return Standing(frozenset(done), "run", _trained(run), run.run)
    if "advice" in done:
        return Standing(frozenset(done), "advice", _advised(dataset))
    if "evidence" in done:
        return Standing(frozenset(done), "evidence", "Measured, no advice yet")
    return Standing(frozenset(done), "profile", "Read, not measured yet")


def _trained(run: RunStatus) -> str:
    """What a run reached, or that it is under way."""
    if run.state != "done":
        return f"{run.title}: {terms.STATE[run.state]}"
    path = run.files.report
    reached = _reached(path, path.stat().st_mtime_ns) if path.is_file() else "done"
    return f"{run.title}: {reached}"


@lru_cache(maxsize=256)
def _reached(path: Path, changed: int) -> str:
    """The test value in a report, read again when the file has changed."""
    report = RunReport.saved(path)
    if report is None:
        return "done"
    return f"{tasks.VIEWS[task_of_metric(report.metric)].reached(report)} on the test part"


def _advised(dataset: Dataset) -> str:
    """What the page of advice will say."""
    advice = advice_now(dataset)
    if advice is not None:
        return f"Advice: {terms.title(advice.recommended).lower()}"
    readable = Advice.saved(dataset.files.advice) is not None
    return "Advice that no longer holds: ask again" if readable else "Advice of a former version"
