"""LadderBench's tables, CSV in ``data/ladderbench/``: what was seen before training, what came out, and short runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from advisor.advice.outlook import experience, ledger
from advisor.advice.outlook.experience import KEYS, OUTCOMES


def folder() -> Path:
    """Where the tables lie (`experience.shipped_folder`)."""
    return experience.shipped_folder()


def read(name: str) -> pd.DataFrame:
    """The table "situations", "outcomes" or "short_runs"; an empty one where there is none. "fresh/..." lie apart."""
    return experience.read(folder() / f"{name}.csv")


def append(name: str, rows: list[dict[str, Any]]) -> None:
    """Add rows to a table; several processes may write to it. A row of the same keys is replaced."""
    ledger.append(folder() / f"{name}.csv", rows)


def has(table: pd.DataFrame, **keys: Any) -> bool:
    """Whether a row with these keys is there."""
    mask = pd.Series(True, index=table.index)
    for name, wanted in keys.items():
        mask &= table[name].astype(str) == str(wanted)
    return bool(mask.any())


__all__ = ["KEYS", "OUTCOMES", "append", "folder", "has", "read"]
