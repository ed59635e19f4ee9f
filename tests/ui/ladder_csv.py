"""LadderBench's two tables made by hand, written where `ADVISOR_LADDERBENCH` points."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from advisor.core.ladder import RUNG_NAMES

#: Values in the ladder's order: fine-tuning is ideal on the even datasets, frozen on the odd ones.
VALUES = {0: (0.3, 0.6, 0.8, 0.9, 0.5), 1: (0.4, 0.7, 0.85, 0.855, 0.4)}
SECONDS = (1.0, 1.0, 2.0, 20.0, 60.0)


def write_tables(folder: Path, n_datasets: int = 4) -> Path:
    """Datasets of images, two sizes each, one seed; the last one's name is HTML."""
    folder.mkdir(parents=True, exist_ok=True)
    situations, outcomes = [], []
    for number in range(n_datasets):
        name = "<b>last</b>" if number == n_datasets - 1 else f"set{number}"
        for labels in ("50", "all"):
            keys = {"dataset": name, "kind": "image", "labels": labels, "seed": 0}
            values = VALUES[number % 2]
            situations.append(
                {
                    **keys, "metric": "accuracy", "n_classes": 4, "n_labels": 50, "n_test": 500, "input_size": 64,
                    "n_sample": 50, "n_fit": 40, "seconds_per_item": 0.01, "linear": values[2],
                    "linear_low": values[2] - 0.03, "linear_high": values[2] + 0.03,
                    "knn": values[1], "zero_shot": values[0], "probe_cpu_seconds": 2.0,
                    "steps_cpu_seconds": 1.0, "probe_seconds": 2.0, "steps_seconds": 1.0,
                }
            )  # fmt: skip
            outcomes += [
                {
                    **keys, "rung": rung, "metric": "accuracy", "value": value, "low": value - 0.02,
                    "high": value + 0.02, "n_test": 500,
                    "seconds": seconds, "cpu_seconds": seconds, "test_cpu_seconds": 1.0,
                    "items": 400, "peak_memory_mb": 900.0, "validation": value, "device": "cpu", "version": "test",
                }
                for rung, value, seconds in zip(RUNG_NAMES, values, SECONDS, strict=True)
            ]  # fmt: skip
    pd.DataFrame(situations).to_csv(folder / "situations.csv", index=False)
    pd.DataFrame(outcomes).to_csv(folder / "outcomes.csv", index=False)
    return folder
