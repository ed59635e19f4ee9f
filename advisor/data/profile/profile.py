"""The profile of a dataset: counts, sizes, duplicates and leaks, and a plain sentence for each finding that matters.

Nothing is decoded here again: reading the dataset has looked into every item and kept what it saw.
"""

from __future__ import annotations

import time

import pandas as pd

from advisor import __version__
from advisor.core.kinds import kind_row
from advisor.core.records import PARTS, Dataset, Finding, Metric, Profile
from advisor.core.wording import counted, listed
from advisor.data.modality import modality_of
from advisor.data.profile.duplicates import Cluster, duplicate_findings, n_leaks
from advisor.data.profile.findings import finding, is_are
from advisor.data.store import kept_clusters
from advisor.data.task import task_of
from probes.progress import Progress, silent

#: Below this many training items a class is learned from luck.
FEW_ITEMS = 10


def profile(dataset: Dataset, progress: Progress = silent) -> Profile:
    """Count and describe a dataset that has been read; kept as profile.json in its folder and used again."""
    path = dataset.files.profile
    known = Profile.saved(path)
    if known is not None:
        return known
    started = time.monotonic()
    progress("Counting and describing", 0.0)
    modality = modality_of(dataset)
    measures = dataset.measures  # of a very large set only a sample is decoded
    measures = measures.dropna(subset=list(modality.size_columns))
    clusters = read_clusters(dataset)
    counts = count(dataset)
    totals = [sum(n for part, n in by_part.items() if part != "ood") for by_part in counts.values()]
    described = task_of(dataset).describe(dataset, modality, measures)
    findings = [
        *(class_findings(dataset, counts) if dataset.classes else []),
        *set_aside_findings(dataset),
        *sample_findings(dataset, len(measures)),
        *duplicate_findings(dataset, clusters),
        *described.findings,
    ]
    result = Profile(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        counts=counts,
        imbalance=max(totals) / max(min(totals), 1),
        n_inspected=len(measures),
        sizes=described.sizes,
        facts=described.facts,
        duplicates=tuple(cluster.keys for cluster in clusters),
        duplicate_kind=tuple(cluster.kind for cluster in clusters),
        n_leaks=n_leaks(dataset, clusters),
        findings=tuple(findings),
        seconds=time.monotonic() - started,
        program=__version__,
    )
    result.save(path)
    progress("The profile is ready", 1.0)
    return result


def count(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Items per class and part; every class has every part of the dataset. Without classes all items count as one."""
    of_part = {part: dataset.where(part) for part in PARTS}
    if not dataset.classes:
        return {kind_row(dataset.kind).items: {part: len(rows) for part, rows in of_part.items() if len(rows)}}
    sums = {part: dataset.label_counts(rows) for part, rows in of_part.items() if len(rows)}
    return {name: {part: int(n[label]) for part, n in sums.items()} for label, name in enumerate(dataset.classes)}


def read_clusters(dataset: Dataset) -> list[Cluster]:
    """Duplicate clusters as reading the dataset found them."""
    return [Cluster(tuple(cluster["keys"]), cluster["kind"]) for cluster in kept_clusters(dataset)]


def class_findings(dataset: Dataset, counts: dict[str, dict[str, int]]) -> list[Finding]:
    """Imbalance, tiny classes, classes that the test part does not hold, and names that differ in case only."""
    findings = [imbalance(counts, dataset.metric)]
    few = [name for name, by_part in counts.items() if by_part.get("train", 0) + by_part.get("val", 0) < FEW_ITEMS]
    if few:
        sentence = (
            f"{len(few)} of {counted(len(counts), 'class', 'classes')} {'has' if len(few) == 1 else 'have'} fewer than "
            f"{FEW_ITEMS} items to learn from ({listed(few)}). More labels help most there."
        )
        findings.append(finding("few labels", "warning", sentence))
    untested = [name for name, by_part in counts.items() if by_part.get("test", 0) == 0]
    if untested:
        sentence = f"The test part has no item of {listed(untested)}, so what is reached on it stays unknown."
        findings.append(finding("untested classes", "warning", sentence))
    names = pd.Series(dataset.classes)
    alike = names[names.str.casefold().str.split().str.join(" ").duplicated(keep=False)].tolist()
    if alike:
        sentence = f"The classes {listed(alike)} differ only in case or spaces. Rename them if they mean the same."
        findings.append(finding("class names", "warning", sentence))
    return [one for one in findings if one is not None]


def imbalance(counts: dict[str, dict[str, int]], metric: Metric) -> Finding | None:
    """The largest class against the smallest, from 1.5 times on (as the metric changes there)."""
    totals = {name: sum(n for part, n in by_part.items() if part != "ood") for name, by_part in counts.items()}
    largest, smallest = max(totals, key=lambda c: totals[c]), min(totals, key=lambda c: totals[c])
    ratio = totals[largest] / max(totals[smallest], 1)
    if ratio <= 1.5:
        return None
    return finding(
        "imbalance",
        "warning" if ratio > 5 else "note",
        f"{largest} has {counted(totals[largest], 'item')} and {smallest} {totals[smallest]:,}, {ratio:.1f} times as "
        f"many, so the metric counts every class alike ({metric}).",
    )


def sample_findings(dataset: Dataset, n_inspected: int) -> list[Finding]:
    """That only some items were decoded, which bounds what the other findings can say."""
    if n_inspected >= dataset.n_used:
        return []
    row = kind_row(dataset.kind)
    sentence = (
        f"{n_inspected:,} of {row.counted(dataset.n_used)} were decoded, spread over the set. The others may "
        f"hold unreadable {row.items} and near copies; exact copies were searched for among all."
    )
    return [finding("sample", "note", sentence)]


def set_aside_findings(dataset: Dataset) -> list[Finding]:
    """What is not used, and the commonest reason."""
    if not dataset.n_set_aside:
        return []
    reasons = pd.Series([item.reason for item in dataset.set_aside])
    share = dataset.n_set_aside / dataset.n_in
    most = "Most often: " if reasons.nunique() > 1 else ""
    common = f" {most}{reasons.mode().iloc[0]}" if len(reasons) else ""
    n = dataset.n_set_aside
    sentence = f"{n:,} of {counted(dataset.n_in, 'item')} {is_are(n)} set aside."
    keys = [item.key for item in dataset.set_aside]
    return [finding("set aside", "warning" if share > 0.01 else "note", sentence + common, keys, n)]
