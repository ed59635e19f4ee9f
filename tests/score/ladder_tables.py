"""Hand-made tables of LadderBench: a task is its keys, what was seen, and a value and seconds for each rung."""

from __future__ import annotations

from typing import Any

import pandas as pd

from advisor.advice.outlook.experience import Experience
from advisor.core.ladder import RUNG_NAMES


def made(
    dataset: str,
    *values: float | None,
    labels: str = "200",
    seed: int = 0,
    kind: str = "image",
    seconds: tuple[float, ...] = (1, 1, 2, 10, 40),
    validation: tuple[float | None, ...] | None = None,
    short: dict[str, float] | None = None,
    **seen: Any,
) -> dict[str, Any]:
    """Values in the ladder's order; None: the rung could not be carried out."""
    known = {
        "metric": "token F1" if kind == "qa" else "accuracy", "n_classes": 4, "n_labels": 200, "n_test": 500,
        "input_size": 64, "n_sample": 200, "n_fit": 160, "seconds_per_item": 0.01, "linear": 0.7, "knn": 0.6,
        "zero_shot": 0.4, "probe_cpu_seconds": 4.0, "steps_cpu_seconds": 1.0, "probe_seconds": 4.0,
        "steps_seconds": 1.0,
    }  # fmt: skip
    keys = {"dataset": dataset, "kind": kind, "labels": labels, "seed": seed}
    rows = [
        {
            **keys, "rung": rung, "metric": known["metric"], "value": value, "n_test": 500, "seconds": taken,
            "cpu_seconds": taken, "test_cpu_seconds": 0.0, "peak_memory_mb": 900.0, "validation": seen_there,
            "expected": value, "expected_low": 0.1, "expected_high": 0.9, "remark": None if value else "not here",
        }
        for rung, value, taken, seen_there in zip(RUNG_NAMES, values, seconds, validation or values, strict=True)
    ]  # fmt: skip
    return {"situation": {**keys, **known, **seen}, "outcomes": rows, "short": {**keys, **(short or {})}}


def known(*tasks: dict[str, Any]) -> Experience:
    """The tasks as experience."""
    situations = pd.DataFrame([task["situation"] for task in tasks])
    outcomes = pd.DataFrame([row for task in tasks for row in task["outcomes"]])
    return Experience.of(situations, outcomes, short_runs=pd.DataFrame([task["short"] for task in tasks]))
