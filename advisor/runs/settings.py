"""What was set in a run, name by name, and what differs between several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.core.records import Plan
from advisor.core.wording import short
from advisor.core.workspace import RunFiles
from advisor.runs.processes import read_small

#: Of a plan, in this order; what follows from other lines, or names the run itself, is left out.
OF_PLAN = (
    "rung", "backbone", "dataset_name", "fingerprint", "metric", "input_size", "budget_seconds", "seed", "device",
    "launcher", "processes",
)  # fmt: skip
#: Of the resolved settings: measured while the run went, or marks of a file.
NOT_SET = ("seal", "seconds", "items_per_second", "read_per_second", "tried", "raced", "race", "rung", "device", "seed")
MOST_CHARACTERS = 120
#: Shown of a run that has no such setting.
NONE = "–"


def of(plan: Plan, files: RunFiles) -> dict[str, str]:
    """Every setting of a run as words: its plan's, then those resolved while it ran, nested ones as ``a.b``."""
    row = plan.model_dump(mode="json")
    chosen: dict[str, Any] = {name: row[name] for name in OF_PLAN}
    chosen["fingerprint"] = chosen["fingerprint"][:12]
    resolved = read_small(files.resolved)
    chosen |= flat(plan.settings) | {k: v for k, v in flat(resolved).items() if k.split(".")[0] not in NOT_SET}
    return {name: worded(value) for name, value in chosen.items()}


def n_learned(resolved: Mapping[str, Any]) -> int | None:
    """The items that a run learned from, as its resolved settings say; None where they do not.

    >>> n_learned({"n_train": 256, "n_items": 300}), n_learned({"n_items": 300}), n_learned({})
    (256, 300, None)
    """
    return next((resolved[name] for name in ("n_train", "n_items") if isinstance(resolved.get(name), int)), None)


def flat(content: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings by their paths.

    >>> flat({"a": 1, "b": {"c": 2}})
    {'a': 1, 'b.c': 2}
    """
    rows: dict[str, Any] = {}
    for name, value in content.items():
        path = f"{before}{name}"
        rows |= flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return rows


def worded(value: Any) -> str:
    """A setting's value in words.

    >>> worded(0.0006), worded(None), worded(["block 5", "block 6"]), worded(True)
    ('0.0006', 'none', 'block 5, block 6', 'yes')
    """
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return short(", ".join(map(worded, value)), MOST_CHARACTERS) or "none"
    return short(str(value), MOST_CHARACTERS)


def differing(runs: Sequence[Mapping[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Name and values of what is not the same in all, in the order in which it stands.

    >>> differing([{"seed": "0", "rung": "frozen"}, {"seed": "1", "rung": "frozen"}])
    (('seed', ('0', '1')),)
    """
    names = dict.fromkeys(name for run in runs for name in run)
    rows = ((name, tuple(run.get(name, NONE) for run in runs)) for name in names)
    return tuple((name, values) for name, values in rows if len(set(values)) > 1)
