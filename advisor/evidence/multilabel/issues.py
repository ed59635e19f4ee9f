"""What is wrong with items of several labels: labels that are missing or too many, outliers, copies, look-alikes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.core.records import Dataset, Finding
from advisor.core.tables import write_table
from advisor.core.wording import counted
from advisor.data.profile.findings import finding
from advisor.evidence import issue_wording
from advisor.evidence.issues import (
    COLUMNS,
    LABELS,
    LOOK_ALIKES,
    OUTLIERS,
    issues_path,
    listed,
    look_alike_rows,
    outlier_rows,
    rows_of,
)
from advisor.evidence.sample import Sample

#: Neighbours that are asked for each label.
NEIGHBOURS = 20


def measure_issues(
    dataset: Dataset, sample: Sample, probability: np.ndarray, backbone_hash: str
) -> tuple[Finding, ...]:
    """Run every check on the sample, keep one row per item, and return the findings. Shape: probability (n, L)."""
    from probes.multilabel.neighbours import shares_of_others
    from probes.multilabel.suspects import suspect_sets
    from probes.neighbourhood import look_alikes, neighbourhood

    if len(sample.rows) < 2:
        return ()
    truth = dataset.targets[sample.rows]
    shares = shares_of_others(sample.features, truth, sample.groups, NEIGHBOURS)
    suspects = suspect_sets(probability, truth, shares)
    around = neighbourhood(sample.features, sample.labels, sample.groups)
    alike = look_alikes(sample.features, sample.groups)
    changes = [_change(dataset, more, less) for more, less in zip(suspects.missing, suspects.surplus, strict=True)]
    table = pd.concat(
        [
            rows_of(
                dataset, sample.rows, LABELS, suspects.score, suspects.suspect,
                suggested=np.array(changes, dtype=object), probability=1.0 - suspects.score,
            ),
            outlier_rows(dataset, sample, around),
            look_alike_rows(dataset, sample, alike),
        ],
        ignore_index=True,
    )  # fmt: skip
    write_table(issues_path(dataset, backbone_hash, sample.size), table[list(COLUMNS)])
    keys = listed(table, LABELS)
    findings = [
        missing_labels(keys, int(suspects.missing.sum()), int(suspects.surplus.sum()), len(sample.rows)),
        issue_wording.outliers(listed(table, OUTLIERS), len(sample.rows)),
        issue_wording.look_alikes(listed(table, LOOK_ALIKES), _differently(dataset, sample, alike), len(sample.rows)),
    ]
    return tuple(one for one in findings if one is not None)


def _differently(dataset: Dataset, sample: Sample, alike: object) -> int:
    """Look-alikes that have other labels."""
    truth = dataset.targets[sample.rows]
    differs = (truth != truth[alike.nearest]).any(axis=1)  # type: ignore[attr-defined]
    return int((alike.alike & differs).sum())  # type: ignore[attr-defined]


def missing_labels(keys: list[str], n_missing: int, n_surplus: int, n_checked: int) -> Finding | None:
    """How many labels look missing or wrong, and on how many items."""
    if not keys:
        return None
    share = len(keys) / n_checked
    sentence = (
        f"{counted(len(keys), 'item')} of {n_checked:,} ({100 * share:.1f} %) may be labelled wrongly: "
        f"{counted(n_missing, 'label')} may be missing and {counted(n_surplus, 'label')} may not apply, by confident "
        f"learning on each label. Hard items look the same, so look at them before you change anything."
    )
    return finding("suspect labels", "warning" if share > 0.02 else "note", sentence, keys)


def _change(dataset: Dataset, missing: np.ndarray, surplus: np.ndarray) -> str:
    """What is suggested: "+ food, - good"; "" for nothing."""
    more = [f"+ {dataset.classes[c]}" for c in np.flatnonzero(missing)]
    return ", ".join([*more, *(f"- {dataset.classes[c]}" for c in np.flatnonzero(surplus))])
