"""Dataset, profile, evidence and advice: documents for programs (`*_json`) and calm tables for people."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.cli import show_answers
from advisor.cli.output import plain
from advisor.cli.tables import LISTED, between, gravest_first, marked, safe, table
from advisor.core.ladder import rung
from advisor.core.records import PARTS, Advice, Dataset, Evidence, LabelsNeeded, Profile
from advisor.core.wording import duration, money, percent

#: Columns of a terminal that the whole table of the advice fits into.
WIDE = 110


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """What every document says about the dataset it is about."""
    parts = dataset.items["part"].value_counts()
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "items": dataset.n_used,
        "classes": list(dataset.classes),
        "n_classes": len(dataset.classes),
        "fingerprint": dataset.fingerprint,
        "source": dataset.source,
        "parts": {part: int(parts[part]) for part in PARTS if part in parts},
        "official_split": dataset.official_split,
        "n_in": dataset.n_in,
        "n_set_aside": dataset.n_set_aside,
        "set_aside": [{"key": item.key, "reason": item.reason} for item in dataset.set_aside],
        "notes": list(dataset.notes),
    }


def profile_json(dataset: Dataset, found: Profile) -> dict[str, Any]:
    """`advisor profile --json`."""
    return {"dataset": dataset_json(dataset), **found.model_dump(mode="json", exclude={"schema_version"})}


def profile(to: Console, dataset: Dataset, found: Profile) -> None:
    """`advisor profile`: counts, facts, findings, items set aside."""
    heading(to, dataset)
    parts = [part for part in PARTS if any(part in row for row in found.counts.values())]
    shown = table("class", *[f">{part}" for part in parts], ">all")
    ranked = sorted(found.counts.items(), key=lambda entry: -sum(entry[1].values()))
    for label, row in ranked[: 3 * LISTED]:
        shown.add_row(safe(label), *[f"{row.get(part, 0):,}" for part in parts], f"{sum(row.values()):,}")
    to.print(shown)
    if len(ranked) > 3 * LISTED:
        to.print(f"  and {len(ranked) - 3 * LISTED} smaller classes", style="dim")
    facts = table("what", "found")
    for name, value in found.facts.items():
        facts.add_row(safe(name), safe(value))
    if found.facts:
        to.print(facts)
    for finding in gravest_first(found.findings):
        to.print(marked(finding.severity, finding.sentence))
    _set_aside(to, dataset)
    to.print(f"Metric: {found.metric}.")


def evidence_json(dataset: Dataset, found: Evidence, needed: LabelsNeeded | None = None) -> dict[str, Any]:
    """`advisor probe --json`: each result carries its value, interval, n, seconds and provenance."""
    labels = {"labels_needed": needed.model_dump(mode="json", exclude={"schema_version"})} if needed else {}
    fields = found.model_dump(mode="json", exclude={"schema_version", "results", "fingerprint"})
    results = [
        {
            "name": result.name,
            "title": result.title,
            "backbone": result.backbone,
            **result.measured.model_dump(mode="json"),
            "settings": result.settings,
            "per_class": result.per_class,
        }
        for result in found.results
    ]
    return {"dataset": dataset_json(dataset), **fields, "results": results, **labels}


def evidence(to: Console, dataset: Dataset, found: Evidence, needed: LabelsNeeded | None = None) -> None:
    """`advisor probe`: one line for each probe."""
    heading(to, dataset)
    if dataset.kind == "qa":
        show_answers.evidence(to, found)
        return
    shown = table("probe", f">{found.metric}", "90 % interval", ">n", ">took")
    for result in found.results:
        number = result.measured
        shown.add_row(
            safe(result.title), percent(number.value), between(number.low, number.high), f"{number.n:,}",
            duration(number.seconds),
        )  # fmt: skip
    to.print(shown)
    to.print(safe(f"{found.backbone} at {found.input_size}, on {found.device}. {found.device_reason}"), style="dim")
    for sentence in [*([needed.sentence] if needed else []), *instruments(found)]:
        to.print(safe(sentence))
    for finding in gravest_first(found.findings):
        to.print(marked(finding.severity, finding.sentence))
    for note in found.notes:
        to.print(safe(note))
    to.print(f"Took {duration(found.seconds)}.", style="dim")


def instruments(found: Evidence) -> list[str]:
    """One sentence for each instrument beyond the rungs' own probes."""
    said = []
    if found.curve is not None:
        n, value, low, high = found.curve.band[-1]
        said.append(
            f"With {n:,} training items the frozen rung is expected at {percent(value)} "
            f"(80 % band {between(low, high)}); {found.n_train:,} are there."
        )
    said += [found.depths.sentence] if found.depths else []
    return said + ([found.domain.sentence] if found.domain else [])


def advice_json(dataset: Dataset, given: Advice) -> dict[str, Any]:
    """`advisor advise --json`."""
    return {
        "dataset": dataset_json(dataset),
        "metric": given.metric,
        "question": _question_json(given),
        "recommended": given.recommended,
        "runner_up": given.runner_up,
        "headline": given.headline,
        "sentences": list(given.sentences),
        "race": list(given.race) if given.race else None,
        "flips": [flip.model_dump(mode="json", exclude={"schema_version"}) for flip in given.flips],
        "exchange": given.exchange.model_dump(mode="json", exclude={"schema_version"}) if given.exchange else None,
        "seconds": given.seconds,
        "rungs": [e.model_dump(mode="json", exclude={"schema_version", "settings"}) for e in given.estimates],
    }


def advice(to: Console, dataset: Dataset, given: Advice) -> None:
    """`advisor advise`: the recommendation, one line for each rung, and what would flip it."""
    heading(to, dataset)
    to.print(Text(plain(given.headline), style="bold"))
    for sentence in given.sentences:
        to.print(safe(sentence))
    to.print(_rungs(given, to.width))
    for estimate in given.estimates:
        to.print(safe(f"{rung(estimate.rung).title}: {estimate.reason}"))
    for flip in given.flips:
        to.print(safe(flip.sentence))
    if given.exchange is not None:
        to.print(safe(given.exchange.sentence))
    source = shlex.quote(plain(dataset.source))
    if given.race is not None:
        to.print(Text(f"To race {' and '.join(given.race)}: advisor race {source}", style="dim"))
    to.print(Text(f"Took {duration(given.seconds)}. To carry it out: advisor train {source}", style="dim"))


def _question_json(given: Advice) -> dict[str, Any]:
    """The question without the versions of its parts."""
    hidden: dict[str, Any] = {"schema_version": True, "prices": {"schema_version"}, "constraints": {"schema_version"}}
    return given.question.model_dump(mode="json", exclude=hidden)


def _rungs(given: Advice, width: int) -> Table:
    """A row for each rung: what it reaches, the chance of the target, what it takes, what it is worth.

    Where the terminal is narrow, n, training, memory and the price of predictions are left to --json.
    """
    asked, wide = given.question.target is not None, width >= WIDE
    target = [">P(target)"] if asked else []
    costs = (">training", ">memory", ">per 1,000", ">utility") if wide else (">utility",)
    shown = table("rung", f">{given.metric}", "90 % interval", *target, "from", *([">n"] if wide else []), *costs)
    shown.columns[0].no_wrap = True
    for estimate in given.estimates:
        chosen = estimate.rung == given.recommended
        name = Text(("→ " if chosen else "  ") + rung(estimate.rung).title, style="bold" if chosen else "")
        known = estimate.value is not None and estimate.low is not None and estimate.high is not None
        shown.add_row(
            name,
            percent(estimate.value or 0.0) if known else "",
            between(estimate.low or 0.0, estimate.high or 0.0).removesuffix(" %") if known else "",
            *([_given(estimate.p_target, lambda share: f"{100 * share:.0f} %")] if asked else []),
            "ruled out" if estimate.blocked else estimate.provenance or "no number",
            *([f"{estimate.n:,}" if estimate.n else ""] if wide else []),
            *([_given(estimate.train_seconds, duration)] if wide else []),
            *([_given(estimate.peak_memory_bytes, lambda size: f"{size / 1e6:,.0f} MB")] if wide else []),
            *([_given(estimate.price_per_1000, money)] if wide else []),
            _given(estimate.utility, money),
        )
    return shown


def _given(amount: float | None, spoken: Callable[[float], str]) -> str:
    return "" if amount is None else spoken(amount)


def heading(to: Console, dataset: Dataset) -> None:
    """The dataset in one line, and the notes of its reading."""
    if dataset.kind == "qa":
        what = show_answers.heading(dataset)
    else:
        kind = {"image": "images", "text": "texts"}[dataset.kind]
        what = f"{dataset.n_used:,} {kind} in {len(dataset.classes)} classes"
    to.print(Text(f"{plain(dataset.name)}: {what}", style="bold"))
    for note in dataset.notes:
        to.print(safe(note), style="dim")


def _set_aside(to: Console, dataset: Dataset) -> None:
    if not dataset.n_set_aside:
        return
    to.print(f"{dataset.n_set_aside:,} of {dataset.n_in:,} items are set aside:")
    for item in dataset.set_aside[:LISTED]:
        to.print(safe(f"  {item.key}: {item.reason}"))
    if dataset.n_set_aside > LISTED:
        to.print("  and more; --json lists them all.", style="dim", markup=False)
