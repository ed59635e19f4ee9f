"""Test items that an official split also shows in training: how many they are, and what the others alone come to."""

from __future__ import annotations

import numpy as np

from advisor.core.records import Dataset, Plan
from advisor.core.wording import between, count, percent
from advisor.data.profile.duplicates import leaking, placed
from advisor.data.profile.profile import read_clusters
from probes.interval import measured_score

#: Fewer test items without a copy say nothing of the value.
LEAST = 10


def copies_apart(
    plan: Plan, dataset: Dataset, rows: np.ndarray, truth: np.ndarray, predicted: np.ndarray
) -> tuple[str, ...]:
    """A sentence with the metric on the test items that have no copy in training; () where none has one.

    rows, truth, predicted: (n,) of the test items that were read.
    """
    copied = np.isin(rows, copied_rows(dataset))
    if not copied.any():
        return ()
    n, are = int(copied.sum()), "is an exact or near copy" if copied.sum() == 1 else "are exact or near copies"
    said = f"{count(n)} of {count(len(rows))} test items {are} of items in training"
    left = int((~copied).sum())
    if left < LEAST:
        return (f"{said}, so the test value says little about new data.",)
    clean = measured_score(plan.metric, truth[~copied], predicted[~copied], len(dataset.classes), 0.0)
    return (
        f"{said}. On the other {count(left)}, {plan.metric} is {percent(clean.value)} "
        f"({between(clean.low, clean.high)}).",
    )


def copied_rows(dataset: Dataset) -> np.ndarray:
    """Rows of the test part of which the official split holds a copy in training or validation. Shape: (n,) int64."""
    if not dataset.official_split:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(dataset.items["key"].isin(leaking(placed(dataset, read_clusters(dataset)))["key"]))
