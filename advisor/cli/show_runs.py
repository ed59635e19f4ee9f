"""Runs as documents (`*_json`) and as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from advisor.cli.tables import MARKS, marked, safe, table
from advisor.cli.tasks import shown_task
from advisor.core.errors import StorageError
from advisor.core.records import Plan, RunReport, RunStatus
from advisor.core.wording import between, counted, duration, percent, short, size
from probes.measured import Measured


def status_json(status: RunStatus) -> dict[str, Any]:
    """One run of `advisor runs --json`."""
    return status.model_dump(mode="json", exclude={"schema_version"})


def run_json(status: RunStatus) -> dict[str, Any]:
    """`advisor train --json` and `advisor runs show --json`: how the run stands and, when done, what came out."""
    report = report_of(status)
    document = status_json(status) | {"test": None, "promised": promised_json(status), "sentences": []}
    if report is not None:
        fields = ("value", "low", "high", "level", "n")
        test = {"metric": report.metric, **{name: getattr(report.test, name) for name in fields}}
        document |= {"test": test, "sentences": list(report.sentences), "device": report.device}
        document |= {"precision": report.precision, "seconds": report.seconds, "validation": report.validation}
    return document


def promised_json(status: RunStatus) -> dict[str, float] | None:
    """The plan's forecast, or None where there was none."""
    promised = _plan(status).promised
    return {"value": promised.value, "low": promised.low, "high": promised.high} if promised else None


def _plan(status: RunStatus) -> Plan:
    return Plan.load(status.files.plan)


def report_of(status: RunStatus) -> RunReport | None:
    """The run's report, or None before there is one. Raises StorageError where it is damaged or was deleted."""
    return RunReport.load(status.files.report) if status.state == "done" else None


def run(to: Console, status: RunStatus) -> None:
    """One run: its state, then its report, or the end of its log when it failed."""
    from advisor.runs.follow import log_tail

    to.print(marked(status.state, f"{status.run}: {called(status)}"))
    if status.note:
        to.print(safe(status.note), style="dim")
    report = report_of(status)
    if report is not None:
        _report(to, report, _plan(status).kind)
    elif status.state in ("queued", "running", "stopping"):
        to.print(safe(f"{moment(status)}, {percent(status.progress)} done"))
        if status.interrupted:
            to.print(status.interrupted, markup=False)
    else:
        to.print(safe(status.cause))
    if status.state == "failed":
        for line in log_tail(status.run, 15).splitlines():
            to.print(safe(line), style="dim")
        to.print(f"To go on from what it has kept: advisor runs resume {status.run}", style="dim", markup=False)
    to.print(safe(f"Folder: {status.directory}"), style="dim", soft_wrap=True)
    if report is not None:
        to.print(f"Try it: advisor predict {status.run} INPUT", style="dim", markup=False)


def _report(to: Console, report: RunReport, kind: str) -> None:
    rows = table("", f">{report.metric}", "90 % interval", ">n")
    numbers: list[tuple[str, Measured | None]] = [
        ("test", report.test), ("predicted", report.promised), ("shifted data", report.ood)
    ]  # fmt: skip
    for title, number in numbers:
        if number is not None:
            n = f"{number.n:,}" if number is not report.promised else ""
            rows.add_row(title, percent(number.value), between(number.low, number.high), n)
    to.print(rows)
    for sentence in report.sentences:
        to.print(safe(sentence))
    shown_task(kind).report(to, report)
    to.print(f"Took {duration(report.seconds)} on {report.device}, {report.precision}.", style="dim")


def runs(to: Console, statuses: Sequence[RunStatus]) -> None:
    """`advisor runs`: one line for each run."""
    if not statuses:
        to.print("There are no runs yet. To start one: advisor train PATH", markup=False)
        return
    rows = table("run", "rung", "dataset", "state and result")
    rows.columns[0].no_wrap = True  # an id that is cut cannot be copied
    for status in statuses:
        rows.add_row(Text(status.run), safe(named(status)), safe(short(status.dataset_name)), came_of(status))
    to.print(rows)


def came_of(status: RunStatus) -> Text:
    """The state of a run in a list, with the test value, or how far it is and why it ended."""
    report, words = _listed(status)
    shown = Text(status.state, style=MARKS.get(status.state, ""))
    if report is not None:
        return shown.append(f", {percent(report.test.value)}", style="default")
    shown.append(f", {percent(status.progress, digits=0)}", style="default")
    return shown.append("\n").append_text(safe(words)) if words else shown


def named(status: RunStatus) -> str:
    """A run in a list: a star, its name and its rung."""
    name = f"{status.name} ({status.title})" if status.name else status.title
    return f"★ {name}" if status.starred else name


def _listed(status: RunStatus) -> tuple[RunReport | None, str]:
    """The report and the words for one line of the list; a damaged report does not hide the other runs."""
    try:
        return report_of(status), status.stage or status.cause
    except StorageError as error:
        return None, str(error)


def stopped(to: Console, status: RunStatus) -> None:
    """`advisor runs stop`: what the request led to."""
    words = {"stopped": "has stopped", "done": "had already finished", "failed": "had already failed"}
    to.print(f"Run {status.run} {words.get(status.state, 'was asked to stop; it ends within seconds')}.", markup=False)


def resumed(to: Console, status: RunStatus) -> None:
    """`advisor runs resume`: that it goes on, and how to watch it."""
    to.print(f"Run {status.run} goes on from what it has kept. To see it: advisor runs show {status.run}", markup=False)


def to_delete(to: Console, statuses: Sequence[RunStatus]) -> None:
    """`advisor runs delete`, before the question: which runs go."""
    for status in statuses:
        created = status.created[:16].replace("T", " ")
        to.print(
            safe(f"{status.run}: {status.title} on {status.dataset_name}, {status.state}, started {created}"),
            soft_wrap=True,
        )


def deleted(to: Console, document: dict[str, Any]) -> None:
    """`advisor runs delete`: what it freed, or until when it can be undone."""
    n, freed, aside = len(document["deleted"]), document["freed_bytes"], document["aside_bytes"]
    to.print(f"Deleted {counted(n, 'run')}{f' and freed {size(freed)}' if freed else ''}.")
    if aside:
        to.print(
            f"For 24 hours it can be undone: advisor runs restore {document['deleted'][0]}. Its {size(aside)} are free "
            f"then, or at once with --for-good.", style="dim", markup=False,
        )  # fmt: skip


def noted(to: Console, status: RunStatus, what: str) -> None:
    """`advisor runs rename`, `note`, `star` and `restore`: the run as it is now."""
    to.print(safe(f"{status.run} {what}: {called(status)}"))
    if status.note:
        to.print(safe(status.note), style="dim")


def called(status: RunStatus) -> str:
    """What a run is called: its name, where it has one, and what it is; a star before it."""
    star, name = "★ " if status.starred else "", f"{status.name}, " if status.name else ""
    return f"{star}{name}{status.title} on {status.dataset_name}"


def moment(status: RunStatus, with_eta: bool = True) -> str:
    """Where a run is, in a few words."""
    left = f", {duration(status.eta_seconds)} left" if status.eta_seconds and with_eta else ""
    words = {"queued": "Waiting to start", "stopping": "Stopping", "done": "Done"}
    return words.get(status.state, status.stage or "Starting") + left
