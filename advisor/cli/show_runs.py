"""Runs, predictions, weights and the doctor's findings: documents for programs (`*_json`) and tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.cli import show_answers
from advisor.cli.tables import LISTED, MARKS, between, marked, safe, table
from advisor.core.errors import StorageError
from advisor.core.records import Plan, Prediction, RunReport, RunStatus
from advisor.core.wording import duration, percent
from advisor.core.workspace import RunFiles
from probes.measured import Measured

if TYPE_CHECKING:
    from advisor.caches import CacheFacts
    from advisor.doctor import Check
    from probes.backbones.catalog import Entry


def status_json(status: RunStatus) -> dict[str, Any]:
    """One run of `advisor runs --json`."""
    return status.model_dump(mode="json", exclude={"schema_version"})


def run_json(status: RunStatus) -> dict[str, Any]:
    """`advisor train --json` and `advisor runs show --json`: how the run stands and, when done, what came out."""
    found = report_of(status)
    document = status_json(status) | {"test": None, "promised": promised_json(status), "sentences": []}
    if found is not None:
        fields = ("value", "low", "high", "level", "n")
        test = {"metric": found.metric, **{name: getattr(found.test, name) for name in fields}}
        document |= {"test": test, "sentences": list(found.sentences), "device": found.device}
        document |= {"precision": found.precision, "seconds": found.seconds, "validation": found.validation}
    return document


def promised_json(status: RunStatus) -> dict[str, float] | None:
    """What the plan promised, or None where nothing was."""
    plan = Plan.load(RunFiles(Path(status.directory)).plan)
    promised = plan.promised
    return {"value": promised.value, "low": promised.low, "high": promised.high} if promised else None


def report_of(status: RunStatus) -> RunReport | None:
    """The run's report, or None before there is one."""
    path = RunFiles(Path(status.directory)).report
    return RunReport.load(path) if status.state == "done" and path.is_file() else None


def run(to: Console, status: RunStatus) -> None:
    """One run: its state, then its report, or the end of its log when it failed."""
    from advisor.runs.follow import log_tail

    to.print(marked(status.state, f"{status.run}: {status.title} on {status.dataset_name}"))
    found = report_of(status)
    if found is not None:
        _report(to, found)
    elif status.state in ("queued", "running", "stopping"):
        to.print(safe(f"{moment(status)}, {percent(status.progress)} done"))
    else:
        to.print(safe(status.cause))
    if status.state == "failed":
        to.print(Text(log_tail(status.run, 15), style="dim"))
    to.print(Text(f"Folder: {status.directory}", style="dim"), soft_wrap=True)
    if found is not None:
        to.print(f"Try it: advisor predict {status.run} INPUT", style="dim", markup=False)


def _report(to: Console, found: RunReport) -> None:
    shown = table("", f">{found.metric}", "90 % interval", ">n")
    numbers: list[tuple[str, Measured | None]] = [
        ("test", found.test), ("promised", found.promised), ("shifted data", found.ood)
    ]  # fmt: skip
    for title, number in numbers:
        if number is not None:
            n = f"{number.n:,}" if title != "promised" else ""
            shown.add_row(title, percent(number.value), between(number.low, number.high), n)
    to.print(shown)
    for sentence in found.sentences:
        to.print(safe(sentence))
    if found.metric == "token F1":
        show_answers.report(to, found)
        to.print(f"Took {duration(found.seconds)} on {found.device}, {found.precision}.", style="dim")
        return
    classes = table("class", ">precision", ">recall", ">f1", ">n")
    for row in found.per_class[: 3 * LISTED]:
        shares = [percent(row[key]) if isinstance(row.get(key), float) else "" for key in ("precision", "recall", "f1")]
        classes.add_row(safe(row.get("class", row.get("label", ""))), *shares, f"{row.get('n', 0):,}")
    to.print(classes)
    to.print(f"Took {duration(found.seconds)} on {found.device}, {found.precision}.", style="dim")


def runs(to: Console, known: Sequence[RunStatus]) -> None:
    """`advisor runs`: one line for each run."""
    if not known:
        to.print("No run was started yet. To start one: advisor train PATH", markup=False)
        return
    shown = table("run", "rung", "dataset", "state", ">done", ">test", "stage or cause")
    for status in known:
        found, told = _listed(status)
        shown.add_row(
            Text(status.run, no_wrap=True), safe(status.title), safe(status.dataset_name),
            Text(status.state, style=MARKS.get(status.state, "")), f"{100 * status.progress:.0f} %",
            percent(found.test.value) if found else "", safe(told),
        )  # fmt: skip
    to.print(shown)


def _listed(status: RunStatus) -> tuple[RunReport | None, str]:
    """The report and the words for one line of the list, which a damaged report does not keep from the others."""
    try:
        return report_of(status), status.stage or status.cause
    except StorageError as error:
        return None, str(error)


def stopped(to: Console, status: RunStatus) -> None:
    """`advisor runs stop`: what the request led to."""
    ended = {"stopped": "is stopped", "done": "was done already", "failed": "had failed already"}
    to.print(f"Run {status.run} {ended.get(status.state, 'was asked to stop; it ends within seconds')}.", markup=False)


def moment(status: RunStatus, with_eta: bool = True) -> str:
    """Where a run is, in a few words."""
    left = f", {duration(status.eta_seconds)} left" if status.eta_seconds and with_eta else ""
    words = {"queued": "Waiting for the device", "stopping": "Stopping", "done": "Done"}
    return words.get(status.state, status.stage or "Starting") + left


def predictions(to: Console, answers: Sequence[Prediction]) -> None:
    """`advisor predict`: one line for each input."""
    shown = table("input", "label", ">probability")
    for answer in answers:
        shown.add_row(safe(answer.input), safe(answer.label), percent(answer.probability))
    to.print(shown)


def weights_json(entry: Entry) -> dict[str, Any]:
    """One backbone of `advisor weights --json`. ``sha256`` is the leading digits where no more is published."""
    from probes.backbones.weights import available

    installed, sentence = available(entry)
    return {
        "name": entry.name, "kind": entry.kind, "title": entry.title, "size_bytes": entry.size_bytes,
        "licence": entry.licence, "sha256": entry.sha256,
        "source": entry.package or f"{entry.loader}: {entry.source_id}",
        "installed": installed, "sentence": sentence,
    }  # fmt: skip


def weights(to: Console, rows: Sequence[dict[str, Any]]) -> None:
    """`advisor weights`: one line for each backbone."""
    shown = table("name", "title", ">size", "licence", "SHA-256", "installed")
    for row in rows:
        installed = Text("yes", style="green") if row["installed"] else Text("no", style="dim")
        digest = row["sha256"][:12] if row["sha256"] else "not published"
        shown.add_row(safe(row["name"]), safe(row["title"]), _megabytes(row), safe(row["licence"]), digest, installed)
    to.print(shown)
    to.print("To fetch one: advisor weights NAME. Whole hashes: advisor weights --json", style="dim")


def one_weight(to: Console, row: dict[str, Any]) -> None:
    """`advisor weights NAME`: all about one backbone, its whole hash too."""
    shown = Table.grid(padding=(0, 2))
    purpose = "a language model" if row["kind"] == "language" else f"for {row['kind']} data"
    facts = {
        "name": f"{row['name']} ({row['title']}, {purpose})", "size": _megabytes(row),
        "licence": row["licence"], "SHA-256": row["sha256"] or "not published; noted when fetched",
        "from": row["source"], "here": row["sentence"],
    }  # fmt: skip
    for title, value in facts.items():
        shown.add_row(Text(title, style="dim"), safe(value))
    to.print(shown)


def _megabytes(row: dict[str, Any]) -> str:
    return f"{row['size_bytes'] / 1e6:,.0f} MB" if row["size_bytes"] else "unknown"


def cache_json(found: CacheFacts) -> dict[str, Any]:
    """`advisor cache --json`."""
    sizes = {"used_bytes": found.used_bytes, "limit_bytes": found.limit_bytes, "prompt_bytes": found.prompt_bytes}
    return {"folder": str(found.folder), **sizes}


def cache(to: Console, found: CacheFacts) -> None:
    """`advisor cache`: place, size and limit."""
    used, limit = (f"{n / 1e6:,.0f} MB" for n in (found.used_bytes, found.limit_bytes))
    to.print(safe(f"{found.folder} holds {used} of features, of at most {limit}."))
    if found.prompt_bytes:
        to.print(f"Remembered answers of language models take {found.prompt_bytes / 1e6:,.1f} MB.")
    to.print("To free them: advisor cache clear. They are computed anew when needed.", style="dim")


def cleared(to: Console, freed_bytes: int) -> None:
    """`advisor cache clear`: what it freed."""
    to.print(f"{freed_bytes / 1e6:,.0f} MB freed.")


def doctor(to: Console, found: Sequence[Check]) -> None:
    """`advisor doctor`: one verdict for each check."""
    shown = Table.grid(padding=(0, 2))
    for check in found:
        shown.add_row(Text(check.verdict, style=MARKS[check.verdict]), safe(check.name), safe(check.sentence))
    to.print(shown)
