"""Dataset, profile and evidence: documents for programs (`*_json`) and calm tables for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from advisor.cli.tables import LISTED, gravest_first, marked, safe, table
from advisor.cli.tasks import shown_task
from advisor.core.kinds import kind_row
from advisor.core.records import PARTS, Dataset, Evidence, LabelsNeeded, Profile
from advisor.core.wording import between, duration, listed, percent
from advisor.evidence.curve import ahead

#: Classes of a profile on the screen.
SHOWN_CLASSES = 3 * LISTED


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


def heading(to: Console, dataset: Dataset) -> None:
    """The dataset in one line, and the notes of its reading."""
    items = kind_row(dataset.kind).counted(dataset.n_used)
    to.print(safe(f"{dataset.name}: {items} {shown_task(dataset.kind).scope(dataset)}"), style="bold")
    for note in dataset.notes:
        to.print(safe(note), style="dim")


def profile_json(dataset: Dataset, profile: Profile) -> dict[str, Any]:
    """`advisor profile --json`."""
    return {"dataset": dataset_json(dataset), **profile.model_dump(mode="json", exclude={"schema_version"})}


def profile(to: Console, dataset: Dataset, profile: Profile) -> None:
    """`advisor profile`: counts, facts, findings, items set aside."""
    heading(to, dataset)
    _counts(to, profile)
    if profile.facts:
        facts = table("what", "value")
        for name, value in profile.facts.items():
            facts.add_row(safe(name), safe(value))
        to.print(facts)
    for finding in gravest_first(profile.findings):
        to.print(marked(finding.severity, finding.sentence))
    _set_aside(to, dataset)
    to.print(f"Metric: {profile.metric}.")


def _counts(to: Console, profile: Profile) -> None:
    """Items of the largest classes, by part."""
    parts = [part for part in PARTS if any(part in row for row in profile.counts.values())]
    rows = table("class", *[f">{part}" for part in parts], ">all")
    ranked = sorted(profile.counts.items(), key=lambda entry: -sum(entry[1].values()))
    for label, row in ranked[:SHOWN_CLASSES]:
        rows.add_row(safe(label), *[f"{row.get(part, 0):,}" for part in parts], f"{sum(row.values()):,}")
    to.print(rows)
    if len(ranked) > SHOWN_CLASSES:
        to.print(f"  and {len(ranked) - SHOWN_CLASSES} smaller classes", style="dim")


def _set_aside(to: Console, dataset: Dataset) -> None:
    if not dataset.n_set_aside:
        return
    keys: dict[str, list[str]] = {}
    for item in dataset.set_aside:
        keys.setdefault(item.reason, []).append(item.key)
    if len(keys) == 1:  # the finding above told it
        to.print(safe(f"Not used: {listed(next(iter(keys.values())), 3)}."), style="dim")
        return
    to.print("Not used, by reason:")
    ranked = sorted(keys, key=lambda reason: -len(keys[reason]))
    for reason in ranked[:LISTED]:
        to.print(safe(f"  {listed(keys[reason], 3)}: {reason}"))
    if len(ranked) > LISTED:
        to.print("  and more; --json lists them all.", style="dim", markup=False)


def evidence_json(dataset: Dataset, evidence: Evidence, needed: LabelsNeeded | None = None) -> dict[str, Any]:
    """`advisor probe --json`: each result carries its value, interval, n, seconds and provenance."""
    labels = {"labels_needed": needed.model_dump(mode="json", exclude={"schema_version"})} if needed else {}
    fields = evidence.model_dump(mode="json", exclude={"schema_version", "results", "fingerprint"})
    results = [
        {
            "name": result.name,
            "title": result.title,
            "backbone": result.backbone,
            **result.measured.model_dump(mode="json"),
            "settings": result.settings,
            "per_class": result.per_class,
        }
        for result in evidence.results
    ]
    return {"dataset": dataset_json(dataset), **fields, "results": results, **labels}


def evidence(to: Console, dataset: Dataset, evidence: Evidence, needed: LabelsNeeded | None = None) -> None:
    """`advisor probe`: one line for each probe, then what the instruments say."""
    heading(to, dataset)
    shown_task(dataset.kind).evidence(to, dataset, evidence)
    for sentence in [*([needed.sentence] if needed else []), *instruments(evidence)]:
        to.print(safe(sentence))
    for finding in gravest_first(evidence.findings):
        to.print(marked(finding.severity, finding.sentence))
    for note in evidence.notes:
        to.print(safe(note))
    to.print(f"Took {duration(evidence.took)}.", style="dim")


def instruments(evidence: Evidence) -> list[str]:
    """One sentence for each instrument beyond the rungs' own probes."""
    sentences = []
    if evidence.curve is not None:
        end = ahead(evidence.curve, evidence.n_train, evidence.results)
        sentences.append(
            end.none_in_sight
            or f"With {end.n:,} training items the frozen rung is expected to reach {percent(end.value)} "
            f"(80 % band {between(end.low, end.high)}). You have {evidence.n_train:,}."
        )
    sentences += [evidence.depths.sentence] if evidence.depths else []
    return sentences + ([evidence.domain.sentence] if evidence.domain else [])
