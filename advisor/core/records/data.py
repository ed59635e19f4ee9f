"""Dataset and profile: what there is, and what is wrong with it."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field

from advisor import __version__
from advisor.core import notebook, places
from advisor.core.errors import StorageError
from advisor.core.kinds import SeveralLabels, kind_row
from advisor.core.records.base import PARTS, Kind, Metric, Part, Record, Severity
from advisor.core.records.pixels import PixelRange
from advisor.core.records.versions import VersionOf
from advisor.core.tables import read_table
from advisor.core.wording import counted, label_words
from advisor.core.workspace import DatasetFiles
from probes.tagging.schemes import spans_of

#: The parts as a notebook shows them.
IN_FULL: dict[str, str] = {"train": "Training", "val": "Validation", "test": "Test", "ood": "Out of distribution"}


class ReadOptions(Record):
    """How the user wants the input read; None means "found by looking".

    ``text_column`` and ``label_column`` may name several, apart by commas: texts are joined by a blank line, columns of
    zeros and ones are one label. ``number_ranges``: a label that is a measured number is read as so many ranges with as
    many items each; None refuses it.
    """

    kind: Kind | None = None
    text_column: str | None = None
    label_column: str | None = None
    path_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    question_column: str | None = None
    answer_column: str | None = None
    document_column: str | None = None
    several_labels: SeveralLabels | None = None
    number_ranges: int | None = Field(default=None, ge=2, le=20)


class SetAside(Record):
    """One item that is not used, and why; it is listed, never silently dropped."""

    key: str
    reason: str


class Dataset(Record):
    """A dataset: what it is, and a table of items that lies beside it as Parquet and is read when needed.

    ``items`` has one row per used item: ``key`` (path inside the folder, or ``row 17``), ``label`` (index
    into ``classes``), ``part`` (train, val, test, ood), ``group`` (str or None), ``digest`` (of the content),
    and ``path`` (absolute, images) or ``text`` (texts). ``n_in == n_used + n_set_aside``.
    ``folder`` is the workspace folder of this fingerprint, where all that is known about it is kept. Name, source,
    options, notes and paths are those of the source at hand, since several may hold this content. ``content_notes``:
    the notes that follow from the content; None where a former version read it.
    ``columns``: of the table that it was read from, by the names that `ReadOptions` has for their roles; none of
    folders, and of tables that a former version read.
    ``pixel_range``: what the values of 16-bit and float images mean; None without such images, and in datasets of
    earlier versions, where each is scaled by itself.
    ``version``: what it was made from where decisions on another dataset made it; None for one that was read.

    Question answering (kind "qa"): ``classes`` is empty and every label 0. ``text`` is the question; ``answers`` (JSON
    list of str, empty where the documents do not answer it) and ``document`` (id of the document that answers it, or
    "") come beside it, and the documents lie in a table of their own. Items of one document share its group.

    Several labels (the kinds with "multilabel"): ``labels`` (JSON list of indices into ``classes``, empty where none
    applies) comes beside ``label``, which is the rarest of them, or ``len(classes)`` where there is none: what samples
    are stratified by, and no class to be learned. ``targets`` is what is learned.
    Tagging (kind "tags"): ``classes`` is empty and every label 0. ``words`` and ``tags`` (JSON lists of str, equally
    long) come beside the text; the tags are in BIO.
    """

    name: str
    kind: Kind
    source: str
    folder: str
    options: ReadOptions
    classes: tuple[str, ...]
    n_in: int
    n_used: int
    n_set_aside: int
    set_aside: tuple[SetAside, ...] = ()
    fingerprint: str
    official_split: bool
    has_groups: bool
    notes: tuple[str, ...] = ()
    pixel_range: PixelRange | None = None
    content_notes: tuple[str, ...] | None = None
    columns: dict[str, tuple[str, ...]] = {}
    version: VersionOf | None = None

    @property
    def files(self) -> DatasetFiles:
        """The files in the dataset's folder."""
        return DatasetFiles(Path(self.folder))

    @cached_property
    def items(self) -> pd.DataFrame:
        """The items table, n_used rows, read on first use. Raises StorageError when it is damaged."""
        table = self._table(self.files.items)
        return places.located(table, self.files, self.source) if places.PATH in table else table

    @cached_property
    def documents(self) -> pd.DataFrame:
        """The documents of a "qa" dataset: document (its id), title, text, place, digest; read on first use."""
        return self._table(self.files.documents)

    @cached_property
    def unlabelled(self) -> pd.DataFrame:
        """Items set aside for want of a label alone: key, and path or text; no rows where there are none."""
        path = self.files.unlabelled(self.source)
        if not path.is_file():
            return pd.DataFrame({"key": [], kind_row(self.kind).column: []}, dtype=object)
        return self._table(path)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """What one look into every item measured, a row for each item: key, then sizes and the like."""
        return self._table(self.files.inspection)

    def _table(self, path: Path) -> pd.DataFrame:
        """A table of this dataset. Raises StorageError when it is missing or damaged: reading again makes it anew."""
        try:
            return read_table(path)
        except StorageError as error:
            raise StorageError(f"{error} To make it again, read the dataset: advisor profile {self.source}") from error

    @cached_property
    def span_types(self) -> tuple[str, ...]:
        """The types of spans that a model can learn: of the training and validation part, by name; () without tags."""
        if "tags" not in self.items:
            return ()
        learned = self.items.loc[self.items["part"].isin(["train", "val"]), "tags"]
        return tuple(sorted({span.type for cell in learned for span in spans_of(json.loads(cell))}))

    @cached_property
    def labels(self) -> np.ndarray:
        """Class index of each item, (n_used,) int64."""
        return self.items["label"].to_numpy(dtype=np.int64)

    @cached_property
    def targets(self) -> np.ndarray:
        """Whether each item has each label, (n_used, classes) float32 of 0 and 1; a single 1 where it has one class."""
        hot = np.zeros((len(self.items), len(self.classes)), dtype=np.float32)
        if not self.classes:
            return hot
        if "labels" not in self.items:
            hot[np.arange(len(hot)), self.labels] = 1.0
            return hot
        for row, written in enumerate(self.items["labels"]):
            hot[row, json.loads(written)] = 1.0
        return hot

    def label_counts(self, rows: np.ndarray) -> np.ndarray:
        """How many of these rows have each label. Shape: (n,) to (classes,) int64."""
        if "labels" in self.items:
            several: np.ndarray = self.targets[rows].sum(axis=0).astype(np.int64)
            return several
        return np.bincount(self.labels[rows], minlength=len(self.classes))

    def label_words(self, row: int) -> str:
        """The label of an item in words: its class, or all of its labels."""
        if "labels" not in self.items:
            return self.classes[self.labels[row]] if self.classes else ""
        return label_words([self.classes[c] for c in np.flatnonzero(self.targets[row])])

    def where(self, *parts: Part) -> np.ndarray:
        """Row numbers of the items in the named parts, ascending, int64."""
        return np.flatnonzero(self.items["part"].isin(parts).to_numpy())

    @property
    def metric(self) -> Metric:
        """The metric of the task; without one, accuracy where the classes are balanced, else balanced accuracy.

        Balanced: the largest class has at most 1.5 times the items of the smallest.
        """
        if fixed := kind_row(self.kind).metric:
            return fixed
        in_task = self.items["part"] != "ood"
        counts = np.bincount(self.labels[in_task.to_numpy()], minlength=len(self.classes))
        return "accuracy" if counts.max() <= 1.5 * counts.min() else "balanced accuracy"


class Finding(Record):
    """One thing about the data that matters, in a plain sentence with its number.

    ``items`` lists the keys concerned (at most 200; ``n_items`` counts all of them). ``mostly_hard``: more than half of
    them are expected to be hard items and not mistakes.
    """

    check: str
    severity: Severity
    sentence: str
    n_items: int = 0
    items: tuple[str, ...] = ()
    mostly_hard: bool = False


class Profile(Record):
    """What is in the dataset and what is wrong with it.

    ``counts[class][part]`` are item counts. ``sizes`` holds one plottable table of item sizes: images
    ``width_px``, ``height_px``, texts ``n_characters``, ``n_words`` (each a list over inspected items, at most 5,000).
    ``duplicates`` are clusters of row keys (exact or near, see ``duplicate_kind``), each of two or more.
    ``program``: the version that made it.
    """

    fingerprint: str
    metric: Metric
    counts: dict[str, dict[str, int]]
    imbalance: float
    n_inspected: int
    sizes: dict[str, list[float]]
    facts: dict[str, str] = {}
    duplicates: tuple[tuple[str, ...], ...] = ()
    duplicate_kind: tuple[Literal["exact", "near"], ...] = ()
    n_leaks: int = 0
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    program: str = ""

    @classmethod
    def saved(cls, path: Path) -> Self | None:
        """As any record's; another version's profile is made anew in a second, since it may lack a finding."""
        kept = super().saved(path)
        return kept if kept is not None and kept.program == __version__ else None

    def _repr_html_(self) -> str:
        """What was found, and the items of each class and part, as a notebook shows them."""
        shown_parts = [part for part in PARTS if any(part in counts for counts in self.counts.values())]
        rows = [[name, *(f"{counts.get(part, 0):,}" for part in shown_parts)] for name, counts in self.counts.items()]
        n = counted(sum(sum(counts.values()) for counts in self.counts.values()), "item")
        classes = counted(len(self.counts), "class", "classes")
        shown = notebook.headline(f"{n} in {classes}") if self.counts else ""
        shown += notebook.listing([finding.sentence for finding in self.findings])
        return shown + (notebook.table(["Class", *(IN_FULL[part] for part in shown_parts)], rows) if rows else "")
