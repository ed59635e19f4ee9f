"""LadderBench's two tables, as CSV in ``data/ladderbench/``: what was seen before training, and what came out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from advisor import storage

FOLDER = Path(__file__).parents[3] / "data" / "ladderbench"
KEYS = ["dataset", "kind", "labels", "seed"]
OUTCOMES = [
    *KEYS, "rung", "metric", "value", "low", "high", "n_test", "seconds", "cpu_seconds", "test_cpu_seconds",
    "peak_memory_mb", "validation", "kept", "expected", "expected_low", "expected_high", "expected_seconds", "device",
    "version", "remark",
]  # fmt: skip


def folder() -> Path:
    """Where the tables lie: ``ADVISOR_LADDERBENCH``, or the repository's own."""
    return Path(os.environ.get("ADVISOR_LADDERBENCH", FOLDER))


def read(name: str) -> pd.DataFrame:
    """The table "situations" or "outcomes"; an empty one where there is none yet. Labels are text ("all" or a count)."""
    path = folder() / f"{name}.csv"
    if not path.is_file():
        return pd.DataFrame(columns=KEYS if name == "situations" else OUTCOMES)
    return pd.read_csv(path, dtype={"labels": str}, keep_default_na=False, na_values=[""])


def append(name: str, rows: list[dict[str, Any]]) -> None:
    """Add rows to a table; several processes may write to it. A row of the same keys is replaced."""
    path = folder() / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        before, new = read(name), pd.DataFrame(rows)
        keys = KEYS if name == "situations" else [*KEYS, "rung"]
        both = pd.concat([before, new], ignore_index=True) if len(before) else new
        kept = both[~both.duplicated(keys, keep="last")]
        columns = OUTCOMES if name == "outcomes" else list(dict.fromkeys([*KEYS, *both.columns]))
        text = kept.reindex(columns=columns).to_csv(index=False, float_format="%.6g")
        storage.write_bytes(path, text.encode())


def has(table: pd.DataFrame, **keys: Any) -> bool:
    """Whether a row with these keys is there."""
    if not len(table):
        return False
    mask = pd.Series(True, index=table.index)
    for name, wanted in keys.items():
        mask &= table[name].astype(str) == str(wanted)
    return bool(mask.any())
