"""What duplicates mean: copies, copies with another label, and copies that leak across an official split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from advisor.profile.findings import finding
from advisor.records import Dataset, Finding


@dataclass(frozen=True)
class Cluster:
    """Items that show the same thing: their keys, and whether byte for byte or nearly."""

    keys: tuple[str, ...]
    kind: Literal["exact", "near"]


def placed(dataset: Dataset, clusters: list[Cluster]) -> pd.DataFrame:
    """One row per item of a cluster: cluster, key, label, part."""
    where = dataset.items.set_index("key")[["label", "part"]]
    rows = [(number, key) for number, cluster in enumerate(clusters) for key in cluster.keys]
    table = pd.DataFrame(rows, columns=["cluster", "key"])
    return table.join(where, on="key", how="inner")


def leaking(dataset: Dataset, clusters: list[Cluster]) -> pd.DataFrame:
    """The test items of which a copy stands in the train or validation part."""
    table = placed(dataset, clusters)
    known = set(table.loc[table["part"].isin(["train", "val"]), "cluster"])
    return table[(table["part"] == "test") & table["cluster"].isin(known)]


def n_leaks(dataset: Dataset, clusters: list[Cluster]) -> int:
    """How many test items have a copy among the training items."""
    return len(leaking(dataset, clusters))


def duplicate_findings(dataset: Dataset, clusters: list[Cluster]) -> list[Finding]:
    """Copies, conflicting labels among them, and leaks."""
    if not clusters:
        return []
    table = placed(dataset, clusters)
    found = [copies(dataset, clusters, kind) for kind in ("exact", "near")]
    labels = table.groupby("cluster")["label"].nunique()
    torn = table[table["cluster"].isin(labels[labels > 1].index)]
    if len(torn):
        found.append(
            finding(
                "conflicting labels",
                "problem",
                f"{labels.gt(1).sum():,} clusters of copies carry different labels ({len(torn):,} items); at least one "
                f"label in each is wrong or the classes overlap.",
                torn["key"].tolist(),
            )
        )
    leaks = leaking(dataset, clusters)
    if len(leaks):
        n_test = int((dataset.items["part"] == "test").sum())
        found.append(
            finding(
                "leak",
                "problem",
                f"{len(leaks):,} of {n_test:,} test items have a copy in the training part of the official split, so "
                f"the test value flatters every rung.",
                leaks["key"].tolist(),
            )
        )
    return [one for one in found if one is not None]


def copies(dataset: Dataset, clusters: list[Cluster], kind: str) -> Finding | None:
    """How many items are copies of an earlier one."""
    own = [cluster for cluster in clusters if cluster.kind == kind]
    if not own:
        return None
    extra = [key for cluster in own for key in cluster.keys[1:]]
    share = len(extra) / max(dataset.n_used, 1)
    word = "exact copies of another item" if kind == "exact" else "near duplicates of another item"
    side = "" if dataset.official_split else " The split keeps each with its copies on one side."
    return finding(
        f"{kind} duplicates",
        "warning" if share > 0.05 else "note",
        f"{len(extra):,} items ({100 * share:.1f} %) are {word}.{side}",
        extra,
    )
