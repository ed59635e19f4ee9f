"""The ledger: every run finished on this machine beside the situation before it, so that the next advice knows.

Two tables in the workspace, with LadderBench's columns. Only numbers are kept: no item, no class name. The situation
comes with the run's plan, so that it belongs to the run whatever was asked in the meantime.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from advisor.advice.outlook.experience import KEYS, OUTCOMES, SEAL, SEEN, ledger_folder, read
from advisor.core import seals, storage
from advisor.core.records import Plan, RunReport, Situation

#: What a situation says of the machine's pace: it may be added later, and the situation is still the same.
PACE = {"tuned_speed", "fresh_speed", "steps_seconds", "steps_cpu_seconds"}


def note_outcome(plan: Plan, report: RunReport, items: int | None) -> bool:
    """Add a finished run to the ledger; False where its plan carries no situation.

    items: those that passed through the training's steps, counted each time; None where not all were counted.
    A run of the same rung and seed in the same situation replaces the earlier one.
    """
    if plan.situation is None:
        return False
    keys = {
        "dataset": f"local:{plan.fingerprint[:16]}", "kind": plan.kind, "labels": "all", "seed": plan.seed,
        SEEN: digest(plan, plan.situation),
    }  # fmt: skip
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
        "items": items,
        "validation": report.validation.get("value"),
        "expected": promised.value if promised else None,
        "expected_low": promised.low if promised else None,
        "expected_high": promised.high if promised else None,
        "device": report.device,
    }
    situations, outcomes = tables()
    append(situations, [{**keys, **plan.situation.model_dump(exclude={"kind"})}], seal=True)
    append(outcomes, [row], seal=True)
    return True


def tables() -> tuple[Path, Path]:
    """The workspace's situations and outcomes."""
    return ledger_folder() / "situations.csv", ledger_folder() / "outcomes.csv"


def digest(plan: Plan, situation: Situation) -> str:
    """What tells situations of one dataset apart: the backbone, and what was measured with it."""
    content = f"{plan.backbone} {plan.backbone_hash} {situation.model_dump_json(exclude=PACE)}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def append(path: Path, rows: list[dict[str, Any]], seal: bool = False) -> None:
    """Add rows to a table; several processes may write to it. A row of the same keys is replaced.

    Columns that the new rows lack are kept: of short runs, say, only those of images have a value from scratch. With a
    seal, a last line holds the hash of the others. Raises StorageError where the table is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        before, new = read(path), pd.DataFrame(rows)
        outcomes = "rung" in new.columns
        both = pd.concat([before, new], ignore_index=True) if len(before) else new
        keys = [*KEYS, *([SEEN] if SEEN in both.columns else [])]
        kept = both[~both.duplicated([*keys, "rung"] if outcomes else keys, keep="last")]
        names = [*keys, *(OUTCOMES if outcomes else [*new.columns, *both.columns])]
        kept = kept.reindex(columns=list(dict.fromkeys(names)))
        content = kept.to_csv(index=False, float_format="%.6g").encode()
        storage.write_bytes(path, seals.sealed(content + SEAL + seals.BLANK.encode() + b'"\n') if seal else content)
