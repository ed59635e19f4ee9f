"""The profile of a dataset: counts, sizes, duplicates and leaks, and a plain sentence for each finding that matters.

Nothing is decoded here again: reading the dataset has looked into every item and kept what it saw.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from advisor.core.errors import StorageError
from advisor.core.records import PARTS, Dataset, Finding, Profile
from advisor.core.wording import counted, listed
from advisor.data.profile.duplicates import Cluster, duplicate_findings, n_leaks
from advisor.data.profile.findings import finding, is_are
from advisor.data.profile.image import image_facts, image_findings
from advisor.data.profile.qa import Look, question_facts, question_findings
from advisor.data.profile.text import text_facts, text_findings
from advisor.data.store import kept_clusters
from probes.progress import Progress, silent

#: Below this many training items a class is learned from luck.
FEW_ITEMS = 10
SHOWN_SIZES = 5000
SIZE_COLUMNS = {
    "image": ("width_px", "height_px"),
    "text": ("n_characters", "n_words"),
    "qa": ("n_characters", "n_words"),
}


def profile(dataset: Dataset, progress: Progress = silent) -> Profile:
    """Count and describe a dataset that has been read; kept as profile.json in its folder and used again."""
    path = dataset.files.profile
    known = saved(path)
    if known is not None:
        return known
    started = time.monotonic()
    progress("Counting and describing", 0.0)
    measures = pd.read_parquet(dataset.files.inspection)
    measures = measures.dropna(subset=list(SIZE_COLUMNS[dataset.kind]))  # of a very large set only a sample is decoded
    clusters = read_clusters(dataset)
    counts = count(dataset)
    totals = [sum(n for part, n in by_part.items() if part != "ood") for by_part in counts.values()]
    described = describe(dataset, measures)
    findings = [
        *(class_findings(dataset, counts) if dataset.classes else []),
        *set_aside_findings(dataset),
        *sample_findings(dataset, len(measures)),
        *duplicate_findings(dataset, clusters),
        *described.findings,
    ]
    made = Profile(
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
    )
    made.save(path)
    progress("The profile is ready", 1.0)
    return made


@dataclass(frozen=True)
class Described:
    """What a kind's own module says of the items: sizes to plot, facts by title, and findings."""

    sizes: dict[str, list[float]]
    facts: dict[str, str]
    findings: list[Finding]


def describe(dataset: Dataset, measures: pd.DataFrame) -> Described:
    """The items as the module of their kind sees them. measures: rows that were inspected."""
    plotted = sizes(measures, SIZE_COLUMNS[dataset.kind])
    if dataset.kind == "image":
        return Described(plotted, image_facts(dataset, measures), image_findings(dataset, measures))
    if dataset.kind == "text":
        return Described(plotted, text_facts(dataset, measures), text_findings(dataset, measures))
    look = Look.at(dataset)
    more = {name: taken(pd.Series(values)) for name, values in look.sizes().items()}
    return Described({**plotted, **more}, question_facts(look), question_findings(look))


def saved(path: Path) -> Profile | None:
    """The profile kept at `path`; None when there is none, or none that this version can read: it is made anew."""
    try:
        return Profile.load(path) if path.is_file() else None
    except StorageError:
        return None


def count(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Items per class and part; every class has every part that the dataset has. Questions count as one class."""
    table = pd.crosstab(dataset.items["label"], dataset.items["part"])
    parts = [part for part in PARTS if part in table.columns]
    return {
        name: {part: int(table[part].get(label, 0)) for part in parts}
        for label, name in enumerate(dataset.classes or ("questions",))
    }


def sizes(measures: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, list[float]]:
    """The size columns over at most 5,000 items, evenly taken."""
    return {column: taken(measures[column]) for column in columns}


def taken(values: pd.Series) -> list[float]:
    """At most 5,000 of the values, evenly taken."""
    return values.iloc[:: max(1, -(-len(values) // SHOWN_SIZES))].astype(float).tolist()


def read_clusters(dataset: Dataset) -> list[Cluster]:
    """Duplicate clusters as reading the dataset found them."""
    return [Cluster(tuple(cluster["keys"]), cluster["kind"]) for cluster in kept_clusters(dataset)]


def class_findings(dataset: Dataset, counts: dict[str, dict[str, int]]) -> list[Finding]:
    """Imbalance, tiny classes, classes that the test part does not hold, and names that differ in case only."""
    found = [imbalance(counts)]
    few = [name for name, by_part in counts.items() if by_part.get("train", 0) + by_part.get("val", 0) < FEW_ITEMS]
    if few:
        sentence = (
            f"{len(few)} of {counted(len(counts), 'class', 'classes')} {'has' if len(few) == 1 else 'have'} fewer than "
            f"{FEW_ITEMS} items to learn from ({listed(few)}); more labels there would help most."
        )
        found.append(finding("few labels", "warning", sentence))
    untested = [name for name, by_part in counts.items() if by_part.get("test", 0) == 0]
    if untested:
        sentence = f"The test part has no item of {listed(untested)}, so the report cannot say how well that is known."
        found.append(finding("untested classes", "warning", sentence))
    names = pd.Series(dataset.classes)
    alike = names[names.str.casefold().str.split().str.join(" ").duplicated(keep=False)].tolist()
    if alike:
        sentence = f"The classes {listed(alike)} differ only in case or spaces; if they mean the same, rename them."
        found.append(finding("class names", "warning", sentence))
    return [one for one in found if one is not None]


def imbalance(counts: dict[str, dict[str, int]]) -> Finding | None:
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
        f"many, so the metric counts every class alike (balanced accuracy).",
    )


def sample_findings(dataset: Dataset, n_inspected: int) -> list[Finding]:
    """That only some items were decoded, which bounds what the other findings can say."""
    if n_inspected >= dataset.n_used:
        return []
    sentence = (
        f"{n_inspected:,} of {counted(dataset.n_used, 'image')} were decoded, spread over the set, so unreadable and "
        f"nearly equal images among the others are not known yet. Exact copies were looked for among all."
    )
    return [finding("sample", "note", sentence)]


def set_aside_findings(dataset: Dataset) -> list[Finding]:
    """What is not used, and the commonest reason."""
    if not dataset.n_set_aside:
        return []
    reasons = pd.Series([item.reason for item in dataset.set_aside])
    share = dataset.n_set_aside / dataset.n_in
    common = f" Most often: {reasons.mode().iloc[0]}" if len(reasons) else ""
    n = dataset.n_set_aside
    sentence = f"{n:,} of {counted(dataset.n_in, 'item')} {is_are(n)} set aside and not used."
    keys = [item.key for item in dataset.set_aside]
    return [finding("set aside", "warning" if share > 0.01 else "note", sentence + common, keys, n)]
