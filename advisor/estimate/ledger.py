"""The ledger: every run finished on this machine beside what had been seen before it, so that the next advice knows.

Two tables in the workspace, with LadderBench's columns. Only numbers are kept: no item, no class name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from advisor import storage
from advisor.errors import StorageError
from advisor.estimate.experience import KEYS, OUTCOMES, ledger_folder, read
from advisor.records import Dataset, Plan, RunReport, Situation

#: What was seen before training, beside the dataset's evidence; the run's worker reads it.
SEEN = "situation.json"


def note_situation(dataset: Dataset, situation: Situation) -> None:
    """Keep what the probes saw in the dataset's folder."""
    situation.save(Path(dataset.folder) / SEEN)


def note_outcome(plan: Plan, dataset: Dataset, report: RunReport) -> bool:
    """Add a finished run to the ledger; False where the advice before it is not kept.

    A run of the same rung and seed on the same data replaces the earlier one.
    """
    try:
        situation = Situation.load(Path(dataset.folder) / SEEN)
    except (StorageError, OSError):
        return False
    keys = {"dataset": f"local:{dataset.fingerprint[:16]}", "kind": plan.kind, "labels": "all", "seed": plan.seed}
    promised = report.promised
    row = {
        **keys,
        "rung": plan.rung,
        "metric": report.metric,
        "value": report.test.value,
        "low": report.test.low,
        "high": report.test.high,
        "n_test": report.test.n,
        "seconds": report.seconds,
        "validation": report.validation.get("value"),
        "expected": promised.value if promised else None,
        "expected_low": promised.low if promised else None,
        "expected_high": promised.high if promised else None,
        "device": report.device,
    }
    append(ledger_folder() / "situations.csv", [{**keys, **situation.model_dump(exclude={"kind"})}])
    append(ledger_folder() / "outcomes.csv", [row])
    return True


def append(path: Path, rows: list[dict[str, Any]]) -> None:
    """Add rows to a table; several processes may write to it. A row of the same keys is replaced.

    Columns that the new rows lack are kept: of short runs, say, only those of images have a value from scratch.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        before, new = read(path), pd.DataFrame(rows)
        outcomes = "rung" in new.columns
        both = pd.concat([before, new], ignore_index=True) if len(before) else new
        kept = both[~both.duplicated([*KEYS, "rung"] if outcomes else KEYS, keep="last")]
        columns = OUTCOMES if outcomes else list(dict.fromkeys([*KEYS, *new.columns, *both.columns]))
        storage.write_bytes(path, kept.reindex(columns=columns).to_csv(index=False, float_format="%.6g").encode())
