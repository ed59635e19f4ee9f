"""The rows kept in data/rung_outcomes.csv, the lab note's table, and the comparisons with their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from advisor.core.ladder import RUNG_NAMES
from benchmarks.rungs.tasks import TASKS, Task
from probes.measured import side

TARGET = Path(__file__).parents[2] / "data" / "rung_outcomes.csv"
FIELDS = (
    "task", "dataset", "kind", "per_class", "way", "metric", "test", "low", "high", "n_test", "seconds",
    "budget_seconds", "promised_low", "promised_high", "remark",
)  # fmt: skip
#: The rung that stands against each opponent.
AGAINST = {"newsletter": "frozen", "logistic_cv": "frozen", "fastai": "fine-tune", "setfit": "fine-tune"}
SHARES = ("test", "low", "high", "promised_low", "promised_high")


def rows() -> pd.DataFrame:
    """Every row kept, none where nothing was measured yet."""
    return pd.read_csv(TARGET) if TARGET.is_file() else pd.DataFrame(columns=list(FIELDS))


def known(task: Task, way: str) -> bool:
    """Whether the row is there."""
    kept = rows()
    return bool(((kept["task"] == task.name) & (kept["way"] == way)).any())


def keep(task: Task, way: str, row: dict[str, Any]) -> None:
    """Put a row in its place; two processes may measure at once."""
    made = {
        "task": task.name, "dataset": task.dataset, "kind": task.kind, "per_class": task.per_class or "all",
        "way": way, "budget_seconds": task.budget_seconds, **row,
    }  # fmt: skip
    made |= {key: round(float(made[key]), 4) for key in SHARES if made.get(key) is not None}
    made["seconds"] = round(float(made["seconds"]), 1)
    with FileLock(TARGET.with_suffix(".lock")):
        kept = rows()
        kept = kept[~((kept["task"] == task.name) & (kept["way"] == way))]
        both = pd.concat([kept.astype(object), pd.DataFrame([made], columns=list(FIELDS)).astype(object)])
        order = {task.name: place for place, task in enumerate(TASKS)}
        both = both.sort_values("task", key=lambda names: names.map(order), kind="stable")
        both.to_csv(TARGET, index=False)


def show() -> None:
    """Print the table of rungs, the comparison with each opponent, and how many promises were kept."""
    kept = rows()
    kept = kept[kept["test"].notna()]
    print(markdown(kept))
    for line in comparisons(kept):
        print(line)


def markdown(kept: pd.DataFrame) -> str:
    """Rows are tasks, columns the rungs and opponents: test value in per cent, its 90 % interval, seconds."""
    ways = [way for way in (*RUNG_NAMES, *AGAINST) if (kept["way"] == way).any()]
    lines = [f"| task | metric | n | {' | '.join(ways)} |", f"|---|---|---|{'---|' * len(ways)}"]
    for task in TASKS:
        own = {row["way"]: row for row in kept[kept["task"] == task.name].to_dict("records")}
        if not own:
            continue
        cells = [cell(own[way]) if way in own else "" for way in ways]
        first = next(iter(own.values()))
        lines.append(f"| {task.name} | {first['metric']} | {int(first['n_test'])} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(row: Mapping[Any, Any]) -> str:
    """Such as "88.2 (84.6-91.3), 41 s"."""
    return f"{100 * row['test']:.1f} ({100 * row['low']:.1f}-{100 * row['high']:.1f}), {row['seconds']:.0f} s"


def comparisons(kept: pd.DataFrame) -> list[str]:
    """For each opponent: tasks on which our rung is at or above it, the mean difference, and the ratio of seconds."""
    found = []
    for opponent, rung in AGAINST.items():
        theirs = kept[kept["way"] == opponent].set_index("task")
        mine = kept[kept["way"] == rung].set_index("task")
        both = theirs.join(mine, lsuffix="_theirs", rsuffix="_ours", how="inner")
        if both.empty:
            continue
        gain = 100 * (both["test_ours"] - both["test_theirs"])
        ratio = both["seconds_theirs"] / both["seconds_ours"]
        behind = ", ".join(f"{name} {points:+.1f}" for name, points in gain.items() if points < 0)
        found.append(
            f"{rung} against {opponent}: at or above on {(gain >= 0).sum()} of {len(gain)} tasks, mean "
            f"{gain.mean():+.1f} points, median {ratio.median():.1f} times as fast"
            f"{f'; behind on {behind}' if behind else ''}."
        )
    promised = kept.loc[kept["promised_low"].notna(), ["test", "promised_low", "promised_high"]]
    inside = [side(*row) == "inside" for row in promised.itertuples(index=False)]
    found.append(f"{sum(inside)} of {len(inside)} test values lie inside their promised 90 % interval.")
    return found
