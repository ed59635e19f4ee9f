"""What is wrong with the labels and items of the training part: one row per item and check, one summary per check.

Checks: labels that look wrong, items whose neighbours all carry another label, outliers, copies (found while the
dataset was read), look-alikes by features, and shortcuts. Only the probes' sample is judged, and never the locked test
part. The rows lie beside the dataset as Parquet; the findings are sentences about them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.records import Dataset, Evidence, Finding
from advisor.core.shown import without_formula
from advisor.core.tables import read_table, write_table
from advisor.data.store import kept_clusters
from advisor.evidence import issue_wording
from advisor.evidence.modality_probes import probes_of
from advisor.evidence.sample import Sample
from probes.progress import Progress, silent
from probes.timings import stage

if TYPE_CHECKING:
    from probes.labels import SuspectLabels
    from probes.neighbourhood import LookAlikes, Neighbourhood
    from probes.ridge import Spectrum
    from probes.shortcuts import Shortcut

#: Columns of the table: ``score`` is the check's own measure, ``verdict`` whether the item is on its list, ``other``
#: the key of the item it is a copy of or looks like.
COLUMNS = ("key", "row", "label", "check", "score", "verdict", "suggested", "probability", "other", "remark")
LABELS, NEIGHBOURS, OUTLIERS, COPIES, LOOK_ALIKES, SHORTCUTS = CHECKS = (
    "suspect label", "lonely label", "outlier", "copy", "look-alike", "shortcut"
)  # fmt: skip


class MeasuredOn(Protocol):
    """With which backbone, and on how many items, something was measured: evidence, or a judgement of all items."""

    @property
    def backbone_hash(self) -> str:
        """The hash of the backbone's weights."""
        ...

    @property
    def n_sample(self) -> int:
        """How many items were to be looked at."""
        ...


@stage("issues")
def measure_issues(
    dataset: Dataset,
    sample: Sample,
    oof_probability: np.ndarray,
    oof_predicted: np.ndarray,
    *,
    backbone_hash: str,
    n_sample: int,
    seconds_limit: float = 4.0,
    sure: float | None = None,
    axes: Spectrum | None = None,
    progress: Progress = silent,
) -> tuple[Finding, ...]:
    """Run every check on the sample, keep one row per item, and return the findings.

    Shape: oof_probability (n, C) and oof_predicted (n,) are the linear probe's out-of-fold answers on the sample.
    `backbone_hash` and `n_sample` are the evidence's and name the table. `seconds_limit` bounds the one probe that is
    trained again (on labels flipped on purpose). `sure`: see `probes.labels.suspect_labels`. `axes`: of the sample's
    features, where a probe has computed them.
    """
    from probes.labels import planted_check, suspect_labels
    from probes.neighbourhood import look_alikes, neighbourhood

    if len(sample.rows) < 2:
        return ()
    n_classes = len(dataset.classes)
    progress("Looking for wrong labels", 0.0)
    near = sample.near
    suspects = suspect_labels(oof_probability, sample.labels, sample.features, sample.groups, sure, near)
    check = planted_check(
        sample.features, sample.labels, dataset.metric, sample.groups, n_classes, seconds_limit=seconds_limit,
        near=near, axes=axes,
    )  # fmt: skip
    progress("Looking for outliers", 0.6)
    around = neighbourhood(sample.features, sample.labels, sample.groups, near=near)
    alike = look_alikes(sample.features, sample.groups, near)
    progress("Looking for shortcuts", 0.8)
    properties = find_shortcuts(dataset, sample, oof_predicted)
    table = pd.concat(
        [
            label_rows(dataset, sample, suspects),
            neighbour_rows(dataset, sample, around),
            outlier_rows(dataset, sample, around),
            copy_rows(dataset),
            look_alike_rows(dataset, sample, alike),
            shortcut_rows(dataset, properties),
        ],
        ignore_index=True,
    )
    write_table(issues_path(dataset, backbone_hash, n_sample), table[list(COLUMNS)])
    findings = (
        issue_wording.suspect_labels(
            listed(table, LABELS), len(sample.rows), check, float(np.mean(oof_predicted != sample.labels))
        ),
        issue_wording.lonely_labels(listed(table, NEIGHBOURS), len(sample.rows)),
        issue_wording.outliers(listed(table, OUTLIERS), len(sample.rows)),
        issue_wording.look_alikes(
            listed(table, LOOK_ALIKES), int((alike.alike & differently_labelled(sample, alike)).sum()), len(sample.rows)
        ),
        *(issue_wording.shortcut(dataset, one) for one in properties if one.named),
    )
    progress("Checked labels and items", 1.0)
    return tuple(one for one in findings if one is not None)


def issues_path(dataset: Dataset, backbone_hash: str, n_sample: int) -> Path:
    """Where the rows lie of the evidence with this backbone and sample."""
    return dataset.files.issues(backbone_hash, n_sample)


def load_issues(dataset: Dataset, evidence: MeasuredOn) -> pd.DataFrame:
    """The rows of every check, as measured with this evidence; empty where it was measured before there were checks.

    Raises StorageError when they are damaged.
    """
    path = issues_path(dataset, evidence.backbone_hash, evidence.n_sample)
    table = read_table(path) if path.is_file() else pd.DataFrame(columns=list(COLUMNS))
    return table if tuple(table.columns) == COLUMNS else pd.DataFrame(columns=list(COLUMNS))


def issues_are_whole(dataset: Dataset, evidence: Evidence) -> bool:
    """Whether the rows measured with this evidence can be read; where it has none, whether it found nothing."""
    path = issues_path(dataset, evidence.backbone_hash, evidence.n_sample)
    if not path.exists():
        return not evidence.findings
    try:
        read_table(path)
    except StorageError:
        return False
    return True


def listed(table: pd.DataFrame, check: str) -> list[str]:
    """Keys on a check's list, the gravest first."""
    keys: list[str] = ranked(table, check)["key"].tolist()
    return keys


def ranked(table: pd.DataFrame, check: str) -> pd.DataFrame:
    """The rows on a check's list, the gravest first (a low score is grave for labels, a high one elsewhere)."""
    on_list = table[(table["check"] == check) & table["verdict"].astype(bool)]
    return on_list.sort_values("score", ascending=check in (LABELS, NEIGHBOURS), kind="stable")


def summary(dataset: Dataset, table: pd.DataFrame) -> pd.DataFrame:
    """One row per check: check, n_checked, n_listed.

    n_checked counts the sample's items; for copies, every item that is not locked away (only copies have a row); for
    shortcuts, the groups of properties.
    """
    rows = []
    for check in CHECKS:
        of_check = table[table["check"] == check]
        n_checked = len(dataset.where("train", "val")) if check == COPIES and len(table) else len(of_check)
        rows.append({"check": check, "n_checked": n_checked, "n_listed": int(of_check["verdict"].astype(bool).sum())})
    return pd.DataFrame(rows)


def export_csv(table: pd.DataFrame) -> str:
    """The rows on a list as CSV, the gravest first within each check; no cell can be read as a formula."""
    lists = pd.concat([ranked(table, check) for check in CHECKS], ignore_index=True) if len(table) else table
    safe = lists.drop(columns="verdict", errors="ignore").copy()
    for name in ("key", "label", "check", "suggested", "other", "remark"):
        safe[name] = [without_formula(str(cell)) for cell in safe[name]]
    return safe.to_csv(index=False, lineterminator="\n", float_format="%.4f")


def save_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write `export_csv` to a file, atomically."""
    storage.write_bytes(path, export_csv(table).encode("utf-8"))
    return path


def find_shortcuts(dataset: Dataset, sample: Sample, oof_predicted: np.ndarray) -> list[Shortcut]:
    """Every group of simple properties against the probe's answers."""
    from probes.errors import ProbeError
    from probes.shortcuts import shortcuts

    properties = probes_of(dataset).properties(dataset, sample.rows)
    try:
        return shortcuts(properties, sample.labels, oof_predicted, dataset.metric, len(dataset.classes), sample.groups)
    except ProbeError:  # nothing can be held out
        return []


def label_rows(dataset: Dataset, sample: Sample, suspects: SuspectLabels) -> pd.DataFrame:
    """One row per item: how far its label is believed, and the class suggested instead."""
    names = np.array(dataset.classes, dtype=object)
    return rows_of(
        dataset, sample.rows, LABELS, suspects.score, suspects.suspect,
        suggested=np.where(suspects.suspect, names[suspects.suggested], ""), probability=suspects.probability,
    )  # fmt: skip


def neighbour_rows(dataset: Dataset, sample: Sample, around: Neighbourhood) -> pd.DataFrame:
    """One row per item: the share of its neighbours that carry its label."""
    names = np.array(dataset.classes, dtype=object)
    return rows_of(
        dataset, sample.rows, NEIGHBOURS, around.own_share, around.alone,
        suggested=np.where(around.alone, names[around.majority], ""), probability=around.majority_share,
    )  # fmt: skip


def outlier_rows(dataset: Dataset, sample: Sample, around: Neighbourhood) -> pd.DataFrame:
    """One row per item: its distance to the nearest others."""
    return rows_of(dataset, sample.rows, OUTLIERS, around.distance, around.outlier)


def copy_rows(dataset: Dataset) -> pd.DataFrame:
    """One row per training item that is a copy of an earlier one; a copy with another label says so."""
    rows = dataset.where("train", "val")
    row_of = dict(zip(dataset.items["key"].to_numpy()[rows].tolist(), rows.tolist(), strict=True))
    copies, originals, remarks, torn = [], [], [], []
    for cluster in kept_clusters(dataset):
        original, *others = [key for key in cluster["keys"] if key in row_of] or [""]
        for key in others:
            label, other = int(dataset.labels[row_of[key]]), int(dataset.labels[row_of[original]])
            copies.append(row_of[key])
            originals.append(original)
            torn.append(float(label != other))
            known = _labelled(dataset, row_of[original]) if label != other else ""
            remarks.append(f"{cluster['kind']} copy of {original}{known}")
    return rows_of(dataset, np.array(copies, dtype=np.int64), COPIES, torn, True, other=originals, remark=remarks)


def differently_labelled(sample: Sample, alike: LookAlikes) -> np.ndarray:
    """Whether an item has another label than the one nearest to it. Shape: (n,) bool."""
    return np.asarray(sample.labels != sample.labels[alike.nearest])


def look_alike_rows(dataset: Dataset, sample: Sample, alike: LookAlikes) -> pd.DataFrame:
    """One row per item: the cosine with the nearest other one; on the list with its key, and its label if another."""
    keys = dataset.items["key"].to_numpy()[sample.rows]
    remarks = [
        f"like {keys[other]}{_labelled(dataset, int(sample.rows[other])) if differs else ''}" if listed else ""
        for other, listed, differs in zip(alike.nearest, alike.alike, differently_labelled(sample, alike), strict=True)
    ]
    return rows_of(
        dataset, sample.rows, LOOK_ALIKES, np.where(np.isfinite(alike.cosine), alike.cosine, np.nan), alike.alike,
        other=np.where(alike.alike, keys[alike.nearest], ""), remark=remarks,
    )  # fmt: skip


def shortcut_rows(dataset: Dataset, properties: list[Shortcut]) -> pd.DataFrame:
    """One row per group of properties: the metric it reaches by itself."""
    rows = [
        {
            "key": "", "row": -1, "label": "", "check": SHORTCUTS, "score": one.measured.value, "verdict": one.named,
            "suggested": "", "probability": np.nan, "other": "",
            "remark": f"{one.name}: {one.measured.value:.3f} (chance {one.chance:.3f}, probe {one.probe:.3f})",
        }
        for one in properties
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rows_of(
    dataset: Dataset,
    rows: np.ndarray,
    check: str,
    score: np.ndarray | list[float],
    verdict: np.ndarray | bool,
    *,
    suggested: np.ndarray | str = "",
    probability: np.ndarray | float = np.nan,
    other: np.ndarray | list[str] | str = "",
    remark: list[str] | str = "",
) -> pd.DataFrame:
    """One row per item of `rows`, with every column of the table."""
    keys = dataset.items["key"].to_numpy()[rows]
    labels = [dataset.label_words(row) for row in rows]
    table = pd.DataFrame({"key": keys, "row": rows, "label": labels, "check": check})
    return table.assign(
        score=score, verdict=verdict, suggested=suggested, probability=probability, other=other, remark=remark
    )


def _labelled(dataset: Dataset, row: int) -> str:
    return f", which is labelled {dataset.label_words(row)}"
