"""What duplicates mean: copies, copies with another label, and copies or groups that cross an official split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from advisor.core.records import Dataset, Finding
from advisor.core.wording import counted
from advisor.data.profile.findings import finding

#: From this share of copies on, the number of items says much more than there is to learn from.
MANY = 0.05


@dataclass(frozen=True)
class Cluster:
    """Items that show the same thing: their keys, and whether all are exact copies or some only nearly the same."""

    keys: tuple[str, ...]
    kind: Literal["exact", "near"]


def placed(dataset: Dataset, clusters: list[Cluster]) -> pd.DataFrame:
    """One row per item of a cluster: cluster, kind, key, label, part, digest."""
    label = "labels" if "labels" in dataset.items else "label"
    where = dataset.items.set_index("key")[[label, "part", "digest"]].rename(columns={label: "label"})
    rows = [(number, cluster.kind, key) for number, cluster in enumerate(clusters) for key in cluster.keys]
    return pd.DataFrame(rows, columns=["cluster", "kind", "key"]).join(where, on="key", how="inner")


def leaking(table: pd.DataFrame) -> pd.DataFrame:
    """Of the rows that `placed` gives: the test items of which a copy stands in the train or validation part."""
    known = set(table.loc[table["part"].isin(["train", "val"]), "cluster"])
    return table[(table["part"] == "test") & table["cluster"].isin(known)]


def n_leaks(dataset: Dataset, clusters: list[Cluster]) -> int:
    """How many test items have a copy among the training or validation items."""
    return len(leaking(placed(dataset, clusters)))


def duplicate_findings(dataset: Dataset, clusters: list[Cluster]) -> list[Finding]:
    """Copies, copies with different labels, copies and groups on both sides of an official split."""
    table = placed(dataset, clusters)
    findings = [
        *copies(dataset, table),
        conflicts(table, "exact"),
        conflicts(table, "near"),
        leaks(dataset, table),
        group_leaks(dataset),
    ]
    return [one for one in findings if one is not None]


def copies(dataset: Dataset, table: pd.DataFrame) -> list[Finding]:
    """How many items are exact copies of an earlier one, and how many more are nearly the same as one."""
    later = table.duplicated("cluster")
    exact = later & ((table["kind"] == "exact") | table.duplicated(["cluster", "digest"]))
    findings = []
    for check, rows, one, several in (
        ("exact duplicates", table[exact], "an exact copy", "exact copies"),
        ("near duplicates", table[later & ~exact], "a near copy", "near copies"),
    ):
        if rows.empty:
            continue
        n, share = len(rows), len(rows) / dataset.n_used
        copy, kept = (
            one if n == 1 else several,
            "" if dataset.official_split else " The split keeps copies on one side.",
        )
        repeats = "repeats" if n == 1 else "repeat"
        sentence = f"{counted(n, 'item')} ({100 * share:.1f} %) only {repeats} another item, as {copy}.{kept}"
        findings.append(finding(check, "warning" if share > MANY else "note", sentence, rows["key"].tolist()))
    return findings


def conflicts(table: pd.DataFrame, likeness: str) -> Finding | None:
    """Clusters of copies whose labels differ: exact ones are mistakes, near ones may be real small differences."""
    own = table[table["kind"] == likeness]
    torn = own[own.groupby("cluster")["label"].transform("nunique") > 1]
    if torn.empty:
        return None
    n = torn["cluster"].nunique()
    carry = f"{counted(n, 'set')} of {'exact' if likeness == 'exact' else 'near'} copies carr{'ies' if n == 1 else 'y'}"
    if likeness == "exact":
        wrong = "at least one of its labels" if n == 1 else "at least one label in each"
        return finding(
            "conflicting labels",
            "problem",
            f"{carry} different labels ({counted(len(torn), 'item')}), so {wrong} is wrong, or the "
            f"classes overlap. Check them and correct the labels.",
            torn["key"].tolist(),
        )
    return finding(
        "labels of near copies",
        "warning",
        f"{carry} different labels ({counted(len(torn), 'item')}): wrong labels, or small differences that matter.",
        torn["key"].tolist(),
    )


def leaks(dataset: Dataset, table: pd.DataFrame) -> Finding | None:
    """Test items that the official split also shows in training."""
    known = leaking(table)
    if known.empty:
        return None
    n, n_test = len(known), int((dataset.items["part"] == "test").sum())
    return finding(
        "leak",
        "problem" if n > 0.01 * n_test else "warning",
        f"{n:,} of {n_test:,} test items {'has' if n == 1 else 'have'} an exact or near copy in the training or "
        f"validation part of the official split, so test values may be up to {100 * n / n_test:.1f} points too high.",
        known["key"].tolist(),
    )


def group_leaks(dataset: Dataset) -> Finding | None:
    """Groups of which the official split puts some items in the test part and some in training."""
    if not (dataset.has_groups and dataset.official_split):
        return None
    named = dataset.items.dropna(subset=["group"])
    learned = set(named.loc[named["part"].isin(["train", "val"]), "group"])
    torn = named[(named["part"] == "test") & named["group"].isin(learned)]
    if torn.empty:
        return None
    n = torn["group"].nunique()
    return finding(
        "groups across the split",
        "warning",
        f"{counted(n, 'group')} {'is' if n == 1 else 'are'} on both sides of the official split "
        f"({counted(len(torn), 'test item')}), so the test value says little about new groups.",
        torn["key"].tolist(),
    )
