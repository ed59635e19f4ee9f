"""Correcting a dataset: suggestions, decisions, versions, and what a version changed.

Every `x` is a path, a sample, a version (``version:`` and its digits) or a Dataset already read, as in `advisor.api`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.advice.advise import advise_dataset
from advisor.advice.wishes import checked_budget
from advisor.core.errors import DatasetError
from advisor.core.records import Advice, Dataset, Evidence, Goal
from advisor.data.reading import read
from advisor.data.task import task_of
from advisor.data.versions import export, family, table
from advisor.data.versions.decisions import standing, take
from advisor.data.versions.family import Undone
from advisor.data.versions.make import make
from advisor.evidence.gather import gather
from advisor.evidence.judged import is_whole, judge_all, judged
from advisor.evidence.worklist import proposals, worklist
from advisor.runs.measured import of_dataset
from advisor.runs.version_effect import Effect, effect
from probes.progress import Progress, silent, within

if TYPE_CHECKING:
    import pandas as pd

Source = str | Path | Dataset
MEASURING_SECONDS = 60.0
#: What `advisor` itself gives.
PUBLIC = ("fix", "suggestions")


def opened(x: Source, progress: Progress = silent) -> Dataset:
    """The dataset at hand, or read. Raises DatasetError."""
    dataset = x if isinstance(x, Dataset) else read(x, progress=progress)
    if not task_of(dataset).correctable:
        raise DatasetError(
            f"{dataset.name} has several labels per item, which are not corrected here. Take the list of suspect "
            f"labels from the Evidence page (CSV), correct your own file, and read it again."
        )
    return dataset


def suggestions(
    x: Source, *, backbone: str | None = None, budget: float = MEASURING_SECONDS, progress: Progress = silent
) -> pd.DataFrame:
    """What could be corrected: every training item is judged, and each one on a list has a row.

    Columns: key, row, part, label, check, action (relabel, drop or ""), suggested, document (of questions),
    probability, other, reason. Questions are listed by their answers and documents, and nothing is measured. Raises
    BackboneError, AdviceError, DatasetError.
    """
    dataset = opened(x, within(progress, 0.0, 0.1))
    if not task_of(dataset).has_classes:
        return worklist(dataset, None)
    evidence = gather(dataset, backbone, checked_budget(budget), within(progress, 0.1, 0.6))
    return worklist(dataset, judge_all(dataset, evidence, within(progress, 0.6, 1.0)))


def fix(
    x: Source,
    decisions: Mapping[str, str | None] | str | Path | None = None,
    *,
    suggested: bool = False,
    backbone: str | None = None,
    budget: float = MEASURING_SECONDS,
    progress: Progress = silent,
) -> Dataset:
    """A version of the dataset with the decisions kept so far and those given here; its own files stay as they are.

    decisions: the class (of a question, the answer) that an item gets, by its key, None to drop it; or a CSV file with
    the columns key, decision and new_label. suggested: also what `suggestions` proposes for items that are not decided
    yet. The version is read again by its source (``version:`` and its digits). Raises DatasetError where nothing
    changes.
    """
    dataset = opened(x, within(progress, 0.0, 0.1))
    taken = table.given(dataset, decisions)
    if suggested:
        work = suggestions(dataset, backbone=backbone, budget=budget, progress=within(progress, 0.1, 0.9))
        named = {one.key for one in taken}
        taken += [one for one in proposals(dataset, work, standing(dataset)) if one.key not in named]
    take(dataset, taken)
    return make(dataset)


def decisions(x: Source) -> pd.DataFrame:
    """The decisions that hold on a dataset: key, part, label, decision, new_label, check, digest."""
    dataset = opened(x)
    return table.table(dataset, standing(dataset))


def versions_of(x: Source) -> list[Dataset]:
    """The versions made of a dataset, by number."""
    return family.versions_of(opened(x))


def undo(x: Source) -> Undone:
    """Undo what was done last on a dataset: the decisions taken last, or the version made of them, which is deleted.

    Raises DatasetError where there is nothing to undo.
    """
    return family.undo(opened(x))


def version_effect(x: Source, *, measure: bool = False, progress: Progress = silent) -> Effect:
    """A version beside what it was made from: data, evidence, advice and, where both were trained, test values.

    measure: advise on the version first, with the question that its parent was asked. Raises DatasetError for a dataset
    that is no version, or whose parent is gone.
    """
    dataset = opened(x)
    before = family.parent_of(dataset)
    if before is None:
        raise DatasetError(f"{dataset.name} is no version of a dataset that is still here, so nothing can be compared.")
    if measure:
        asked = Advice.saved(before.files.advice)
        question = asked.question if asked else Goal()
        advise_dataset(dataset, question, within(progress, 0.0, 0.6), of_dataset(dataset.fingerprint))
        judge_as_before(before, dataset, within(progress, 0.6, 1.0))
    found = effect(dataset, before)
    assert found is not None
    return found


def judge_as_before(before: Dataset, after: Dataset, progress: Progress = silent) -> None:
    """Judge all training items of a version where all of its parent's were: the lists can be compared then."""
    evidence = [Evidence.saved(one.files.evidence) for one in (before, after)]
    if evidence[0] is not None and evidence[1] is not None and is_whole(before, judged(before, evidence[0])):
        judge_all(after, evidence[1], progress)


def export_items(x: Source, to: str | Path, *, progress: Progress = silent) -> Path:
    """Write a dataset or a version as a table (a name that ends in .csv) or as a new folder of copies; returns it.

    The split is kept, and both are read back as they are. Raises DatasetError, StorageError.
    """
    dataset, path = opened(x, progress), Path(to)
    if path.suffix.lower() == ".csv":
        return export.save_csv(dataset, path)
    return export.save_folder(dataset, path, progress)
