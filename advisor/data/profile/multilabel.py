"""What the labels of items with several show: how many an item has, which go together, and which are rare."""

from __future__ import annotations

from collections import Counter

import numpy as np

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted, listed, percent
from advisor.data.profile.findings import finding

#: Two labels go together where at least so many of the rarer one's items have the other too.
TOGETHER, LEAST_ITEMS = 0.9, 10


def label_facts(dataset: Dataset) -> dict[str, str]:
    """Labels per item, the share without any, and the number of combinations."""
    targets = dataset.targets
    each = targets.sum(axis=1)
    combinations = Counter(dataset.items["labels"])
    most = max(combinations, key=lambda own: (combinations[own], own))
    row = dataset.items["labels"].tolist().index(most)
    words = dataset.label_words(row)
    return {
        "Labels per item": f"{each.mean():.2f} on average, at most {int(each.max())}",
        "Items without a label": f"{int((each == 0).sum()):,} ({percent(float((each == 0).mean()))})",
        "Combinations": f"{len(combinations):,}; the commonest is {words} ({combinations[most]:,})",
    }


def label_findings(dataset: Dataset) -> list[Finding]:
    """Labels that hardly occur without another one."""
    together = cooccurrence(dataset)
    counts = together.diagonal()
    pairs = [
        (a, b)
        for a in range(len(counts))
        for b in range(len(counts))
        if a != b and counts[a] >= LEAST_ITEMS and together[a, b] >= TOGETHER * counts[a]
    ]
    if not pairs:
        return []
    names = dataset.classes
    said = [f"{names[a]} with {names[b]} ({together[a, b]:,} of {counts[a]:,})" for a, b in pairs]
    sentence = (
        f"{counted(len(pairs), 'label')} hardly ever {'stands' if len(pairs) == 1 else 'stand'} without another: "
        f"{listed(said, 4)}. What is learned of the one is mostly the other."
    )
    return [finding("labels that go together", "note", sentence)]


def cooccurrence(dataset: Dataset) -> np.ndarray:
    """Items that have both labels, the label's own number on the diagonal. Shape: (C, C) int64."""
    targets = dataset.targets[(dataset.items["part"] != "ood").to_numpy()]
    both: np.ndarray = (targets.T @ targets).round().astype(np.int64)
    return both
