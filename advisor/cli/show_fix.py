"""`advisor fix`: suggestions, decisions, versions and what a version changed, as a document and as tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from advisor.cli.output import plain
from advisor.cli.show import dataset_json, heading
from advisor.cli.tables import LISTED, safe, table
from advisor.core.records import Dataset
from advisor.core.wording import counted
from advisor.data.versions import family
from advisor.data.versions import table as decision_table
from advisor.data.versions.decisions import standing
from advisor.evidence.question_list import NOT_THERE, TORN, UNANSWERED
from advisor.evidence.worklist import counts
from advisor.runs.version_effect import Effect

#: What each list holds, as its heading.
TITLES = {
    NOT_THERE: "answers that are not in their document", TORN: "different answers to the same question",
    UNANSWERED: "questions without an answer",
    "suspect label": "labels that look wrong", "leak": "training copies of test items", "copy": "copies of other items",
    "lonely label": "items without a neighbour of their class", "outlier": "items unlike all others",
    "look-alike": "items that look like another", "shortcut": "items of every class, for a property that gives it away",
}  # fmt: skip


def write(work: pd.DataFrame, path: str) -> Path:
    """Write the lists as a table of decisions: those proposed are filled in, the others are empty.

    An item on several lists has one row, that with a proposal where there is one.
    """
    rows = pd.DataFrame(
        {
            "key": work["key"], "part": work["part"], "label": work["label"], "decision": work["action"],
            "new_label": work["suggested"].where(work["action"] == "relabel", ""), "check": work["check"],
            "suggested": work["suggested"], "probability": work["probability"].round(4).astype(object),
            "reason": work["reason"],
        }
    )  # fmt: skip
    rows["probability"] = rows["probability"].where(work["probability"].notna(), "")
    if (work["document"] != "").any():
        rows[decision_table.DOCUMENT] = work["document"]
    first = rows.sort_values("decision", key=lambda own: own == "", kind="stable").drop_duplicates("key").sort_index()
    return decision_table.save(first, Path(path))


def fix_json(
    dataset: Dataset, version: Dataset | None, work: pd.DataFrame | None, changed: Effect | None
) -> dict[str, Any]:
    """`advisor fix --json`: the dataset, the lists, the decisions, the versions, and what the version changed."""
    held = standing(dataset)
    return {
        "dataset": dataset_json(dataset),
        "lists": [] if work is None else _lists_json(work),
        "decisions": [
            {
                "key": one.key,
                "decision": one.action,
                "new_label": one.label or None,
                "new_document": one.document or None,
                "check": one.check,
            }
            for one in held.decisions
        ],
        "version": None if version is None else _version_json(version),
        "versions": [_version_json(one) for one in family.versions_of(dataset)],
        "effect": None
        if changed is None
        else {
            "lines": [asdict(line) for line in changed.lines],
            "missing": list(changed.missing),
            "remarks": list(changed.remarks),
        },
    }


def _lists_json(work: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "check": str(one["check"]), "key": str(one["key"]), "part": str(one["part"]), "label": str(one["label"]),
            "action": str(one["action"]) or None, "suggested": str(one["suggested"]) or None,
            "document": str(one["document"]) or None,
            "probability": None if pd.isna(one["probability"]) else float(one["probability"]),
            "reason": str(one["reason"]),
        }
        for one in work.to_dict("records")
    ]  # fmt: skip


def _version_json(version: Dataset) -> dict[str, Any]:
    of = version.version
    return {
        "name": version.name, "source": version.source, "fingerprint": version.fingerprint, "n_used": version.n_used,
        **({} if of is None else of.model_dump(exclude={"schema_version"})),
    }  # fmt: skip


def fix(
    to: Console, dataset: Dataset, version: Dataset | None, work: pd.DataFrame | None, changed: Effect | None
) -> None:
    """`advisor fix`: what is suggested, what is decided, which versions there are, and what to do next."""
    heading(to, version or dataset)
    if work is not None:
        _lists(to, work)
    _state(to, dataset)
    if changed is not None:
        _effect(to, changed)
    to.print(_next(dataset, version, work), style="dim")


def _lists(to: Console, work: pd.DataFrame) -> None:
    summary = table("list", ">items", ">proposed")
    for check, (n, n_proposed) in counts(work).items():
        summary.add_row(TITLES[check], f"{n:,}", f"{n_proposed:,}" if n_proposed else "")
    to.print(summary)
    rows = table("proposed", "label", "decision", ">probability", "reason")
    proposed = work[work["action"] != ""]
    for one in proposed.head(LISTED).to_dict("records"):
        place = f", in {one['document']}" if one["document"] else ""
        decision = f"relabel {one['suggested']}{place}" if one["action"] == "relabel" else str(one["action"])
        sure = "" if pd.isna(one["probability"]) else f"{one['probability']:.2f}"
        rows.add_row(safe(one["key"]), safe(one["label"]), safe(decision), sure, safe(one["reason"]))
    if len(proposed):
        to.print(rows)
    if len(proposed) > LISTED:
        to.print(f"  and {len(proposed) - LISTED:,} more; --csv FILE writes them all.", style="dim")


def _state(to: Console, dataset: Dataset) -> None:
    """The decisions that hold and the versions made."""
    held = standing(dataset)
    if held.rows:
        of_each = {
            action: sum(one.action == action for one in held.decisions) for action in ("relabel", "drop", "keep")
        }
        said = ", ".join(f"{n:,} {action}" for action, n in of_each.items() if n)
        to.print(f"{counted(len(held.rows), 'decision')} taken on {plain(dataset.name)}: {said}.")
    if held.n_stale:
        to.print(f"{counted(held.n_stale, 'decision')} no longer hold: the item is gone or its content has changed.")
    versions = family.versions_of(dataset)
    if versions:
        rows = table("version", "made of", "changed", ">items", "read it as")
        names = {one.fingerprint: one.name for one in (dataset, *versions)}
        for one in versions:
            of = one.version
            assert of is not None
            rows.add_row(
                safe(one.name), safe(names.get(of.parent, of.root_name)), family.what_changed(of), f"{one.n_used:,}",
                one.source,
            )  # fmt: skip
        to.print(rows)


def _effect(to: Console, changed: Effect) -> None:
    to.print(plain(changed.sentence))
    rows = table("", plain(changed.before.name), plain(changed.after.name))
    for line in changed.lines:
        rows.add_row(safe(line.what), safe(line.before), safe(line.after or "not measured"))
    to.print(rows)


def _next(dataset: Dataset, version: Dataset | None, work: pd.DataFrame | None) -> str:
    """What to do next."""
    if version is not None and version.version is not None:
        return f"Next: advisor advise {version.source}, or advisor fix {version.source} --effect. Undo: --undo."
    source = plain(dataset.source)
    if work is not None and (work["action"] != "").any():
        return f"Accept them: advisor fix {source} --suggested. Edit them first: --csv FILE, then --decisions FILE."
    return f"See what is suggested: advisor fix {source}"
