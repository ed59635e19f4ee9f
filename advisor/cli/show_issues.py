"""`advisor issues`: what is wrong with labels and items, as a document, as tables and as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from advisor.cli.show import dataset_json, heading
from advisor.cli.tables import LISTED, marked, safe, table
from advisor.core.records import Dataset, Evidence
from advisor.evidence import issues as kept


def rows(dataset: Dataset, evidence: Evidence) -> pd.DataFrame:
    """One row per item and check, as measured with this evidence."""
    return kept.load_issues(dataset, evidence)


def write(rows: pd.DataFrame, path: str) -> Path:
    """Write what is on a list as CSV. Raises StorageError."""
    return kept.save_csv(rows, Path(path).expanduser())


def issues_json(dataset: Dataset, evidence: Evidence, rows: pd.DataFrame) -> dict[str, Any]:
    """`advisor issues --json`: the checks, the findings, and each item on a list, the gravest first."""
    items = [
        {
            "check": str(row["check"]),
            "key": str(row["key"]),
            "label": str(row["label"]),
            "score": _number(row["score"]),
            "suggested": str(row["suggested"]) or None,
            "probability": _number(row["probability"]),
            "other": str(row["other"]) or None,
            "remark": str(row["remark"]),
        }
        for check in kept.CHECKS
        for row in kept.ranked(rows, check).to_dict("records")
    ]
    return {
        "dataset": dataset_json(dataset),
        "checks": kept.summary(dataset, rows).to_dict("records"),
        "findings": [finding.model_dump(mode="json", exclude={"schema_version"}) for finding in evidence.findings],
        "items": items,
    }


def issues(to: Console, dataset: Dataset, evidence: Evidence, rows: pd.DataFrame) -> None:
    """`advisor issues`: the sentences, then the first items of each list."""
    heading(to, dataset)
    for finding in evidence.findings:
        to.print(marked(finding.severity, finding.sentence))
    counts = table("check", ">checked", ">listed")
    for row in kept.summary(dataset, rows).to_dict("records"):
        what = "properties" if row["check"] == kept.SHORTCUTS else "items"
        counts.add_row(row["check"], f"{row['n_checked']:,} {what}", f"{row['n_listed']:,}")
    to.print(counts)
    for check in kept.CHECKS:
        if check != kept.SHORTCUTS:
            _listed(to, check, kept.ranked(rows, check))


def _listed(to: Console, check: str, items: pd.DataFrame) -> None:
    """The first items on a check's list."""
    if items.empty:
        return
    rows = table(check, "label", "suggested", ">probability", "remark")
    for item in items.head(LISTED).to_dict("records"):
        probability = _number(item["probability"])
        rows.add_row(
            safe(item["key"]), safe(item["label"]), safe(item["suggested"]),
            "" if probability is None else f"{probability:.2f}", safe(item["remark"]),
        )  # fmt: skip
    to.print(rows)
    if len(items) > LISTED:
        to.print(f"  and {len(items) - LISTED:,} more; --csv FILE writes them all.", style="dim")


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
