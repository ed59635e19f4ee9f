"""Making a model better: which items to label next, labels that come back, and whether one run beats another.

Every `x` is a path, a sample, a version (``version:`` and its digits) or a Dataset already read, as in `advisor.api`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from advisor.advice.wishes import checked_budget
from advisor.core.errors import StorageError
from advisor.core.records import Dataset, Evidence, NextLabels
from advisor.data import labelling
from advisor.data.pool import pool_of
from advisor.data.reading import known_dataset, read
from advisor.data.versions.grow import Grown, grow
from advisor.evidence.gather import gather
from advisor.evidence.next_labels import next_labels
from advisor.runs.compare import Comparison
from advisor.runs.compare import compare as compare_runs
from probes.progress import Progress, silent, within

Source = str | Path | Dataset
MEASURING_SECONDS = 60.0
#: What `advisor` itself gives.
PUBLIC = ("add_labels", "compare", "label_next")


def label_next(
    x: Source,
    items: str | Path | Sequence[str | Path] | None = None,
    *,
    n: int = 50,
    out: str | Path | None = None,
    column: str | None = None,
    backbone: str | None = None,
    budget: float = MEASURING_SECONDS,
    progress: Progress = silent,
) -> NextLabels:
    """The n unlabelled items whose labels would help most, with what they should bring.

    items: a folder or archive of images, a table or file of texts, a list of either; None: those of the dataset that
    have no label. out: a folder that gets them as a CSV table and as a project for Label Studio; `add_labels` reads
    either back. column: of a table, what it holds items in. backbone: by default that of the evidence gathered last,
    which is gathered within `budget` seconds where there is none. Raises DatasetError, BackboneError, AdviceError.
    """
    dataset = x if isinstance(x, Dataset) else read(x, progress=within(progress, 0.0, 0.1))
    pool = pool_of(dataset, items, column, within(progress, 0.1, 0.2))
    seconds = checked_budget(budget)
    evidence = Evidence.saved(dataset.files.evidence) if backbone is None else None
    if evidence is None:
        evidence = gather(dataset, backbone, seconds, within(progress, 0.2, 0.6))
    chosen = next_labels(dataset, evidence, pool, n, progress=within(progress, 0.6, 1.0))
    chosen.save(dataset.files.next_labels)
    if out is not None:
        labelling.write(chosen, Path(out))
    return chosen


def add_labels(x: Source, labelled: str | Path, *, progress: Progress = silent) -> Grown:
    """A version of the dataset whose training part has the items that were labelled; the test part stays as it is.

    labelled: the table of `label_next` with its labels filled in, or the export of the project of Label Studio. Raises
    DatasetError where nothing in it can be added, StorageError.
    """
    dataset = x if isinstance(x, Dataset) else read(x, progress=within(progress, 0.0, 0.2))
    return grow(dataset, labelling.read(Path(labelled), chosen_for(dataset)), within(progress, 0.2, 1.0))


def chosen_for(dataset: Dataset) -> NextLabels | None:
    """The items that were chosen last for this dataset; None where none were, or the file cannot be read."""
    try:
        return NextLabels.saved(dataset.files.next_labels)
    except StorageError:
        return None


def compare(runs: Sequence[str | Path], *, latency: bool = False, progress: Progress = silent) -> Comparison:
    """Runs side by side, the first as the base: settings that differ, and what each reached on the same test items.

    runs: ids, names or folders of two or more. latency: time a prediction of each model that nobody has timed yet.
    Raises RunError for fewer than two or an unknown one, StorageError for a damaged report.
    """
    return compare_runs([str(run) for run in runs], known_dataset, latency, progress)
