"""The profile of a dataset: counts, sizes, duplicates and leaks, and a plain sentence for each finding that matters.

Nothing is decoded here again: reading the dataset has looked into every item and kept what it saw.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pandas as pd

from advisor.profile.duplicates import Cluster, duplicate_findings, n_leaks
from advisor.profile.findings import finding
from advisor.profile.image import image_facts, image_findings
from advisor.profile.text import text_facts, text_findings
from advisor.records import PARTS, Dataset, Finding, Profile, Severity
from probes.progress import Progress, silent

#: Below this many training items a class is learned from luck.
FEW_ITEMS = 10
SHOWN_SIZES = 5000
SIZE_COLUMNS = {"image": ("width_px", "height_px"), "text": ("n_characters", "n_words")}


def profile(dataset: Dataset, progress: Progress = silent) -> Profile:
    """Count and describe a dataset that has been read; kept as profile.json in its folder and used again."""
    path = Path(dataset.folder) / "profile.json"
    if path.is_file():
        return Profile.load(path)
    started = time.monotonic()
    progress("Counting and describing", 0.0)
    measures = pd.read_parquet(Path(dataset.folder) / "inspection.parquet")
    clusters = read_clusters(dataset)
    counts = count(dataset)
    totals = [sum(n for part, n in by_part.items() if part != "ood") for by_part in counts.values()]
    describe, find = (image_facts, image_findings) if dataset.kind == "image" else (text_facts, text_findings)
    findings = [
        *class_findings(dataset, counts),
        *set_aside_findings(dataset),
        *duplicate_findings(dataset, clusters),
        *find(dataset, measures),
    ]
    made = Profile(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        counts=counts,
        imbalance=max(totals) / max(min(totals), 1),
        n_inspected=len(measures),
        sizes=sizes(measures, SIZE_COLUMNS[dataset.kind]),
        facts=describe(dataset, measures),
        duplicates=tuple(cluster.keys for cluster in clusters),
        duplicate_kind=tuple(cluster.kind for cluster in clusters),
        n_leaks=n_leaks(dataset, clusters),
        findings=tuple(findings),
        seconds=time.monotonic() - started,
    )
    made.save(path)
    progress("The profile is ready", 1.0)
    return made


def count(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Items per class and part; every class has every part that the dataset has."""
    table = pd.crosstab(dataset.items["label"], dataset.items["part"])
    parts = [part for part in PARTS if part in table.columns]
    return {
        name: {part: int(table[part].get(label, 0)) for part in parts} for label, name in enumerate(dataset.classes)
    }


def sizes(measures: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, list[float]]:
    """The size columns over at most 5,000 items, evenly taken."""
    step = max(1, -(-len(measures) // SHOWN_SIZES))
    return {column: measures[column].iloc[::step].astype(float).tolist() for column in columns}


def read_clusters(dataset: Dataset) -> list[Cluster]:
    """Duplicate clusters as reading the dataset found them."""
    path = Path(dataset.folder) / "clusters.json"
    found = json.loads(path.read_text()) if path.is_file() else []
    return [Cluster(tuple(cluster["keys"]), cluster["kind"]) for cluster in found]


def class_findings(dataset: Dataset, counts: dict[str, dict[str, int]]) -> list[Finding]:
    """Imbalance, tiny classes, and classes that the test part does not hold."""
    found = []
    totals = {name: sum(n for part, n in by_part.items() if part != "ood") for name, by_part in counts.items()}
    largest, smallest = max(totals, key=lambda c: totals[c]), min(totals, key=lambda c: totals[c])
    ratio = totals[largest] / max(totals[smallest], 1)
    if ratio > 1.5:
        grave: Severity = "warning" if ratio > 5 else "note"
        found.append(
            finding(
                "imbalance",
                grave,
                f"{largest} has {totals[largest]:,} items and {smallest} {totals[smallest]:,}, {ratio:.1f} times as "
                f"many, so every class counts alike in the metric (balanced accuracy).",
            )
        )
    few = [name for name, by_part in counts.items() if by_part.get("train", 0) + by_part.get("val", 0) < FEW_ITEMS]
    if few:
        found.append(
            finding(
                "few labels",
                "warning",
                f"{len(few)} of {len(counts)} classes have fewer than {FEW_ITEMS} training items ({listed(few)}); more "
                f"labels there would help most.",
            )
        )
    untested = [name for name, by_part in counts.items() if by_part.get("test", 0) == 0]
    if untested:
        found.append(
            finding(
                "untested classes",
                "warning",
                f"The test part has no item of {listed(untested)}, so the report cannot say how well they are known.",
            )
        )
    return found


def set_aside_findings(dataset: Dataset) -> list[Finding]:
    """What is not used, and the commonest reason."""
    if not dataset.n_set_aside:
        return []
    reasons = pd.Series([item.reason for item in dataset.set_aside])
    share = dataset.n_set_aside / max(dataset.n_in, 1)
    common = f" Most often: {reasons.mode().iloc[0]}" if len(reasons) else ""
    return [
        finding(
            "set aside",
            "warning" if share > 0.01 else "note",
            f"{dataset.n_set_aside:,} of {dataset.n_in:,} items are set aside and not used.{common}",
            [item.key for item in dataset.set_aside],
            dataset.n_set_aside,
        )
    ]


def listed(names: list[str], most: int = 5) -> str:
    """Names in a sentence, the first few."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
