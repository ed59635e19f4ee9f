"""The things on the line: dataset → profile → evidence → estimates → advice → plan → run → report.

Each is a small frozen pydantic record that writes itself to readable JSON and reads itself back; an
unknown key is an error, and a file of another schema version says so.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from advisor import storage
from advisor.errors import StorageError
from advisor.ladder import RungName
from probes.measured import Measured, Provenance

Kind = Literal["image", "text"]
Part = Literal["train", "val", "test", "ood"]
Metric = Literal["accuracy", "balanced accuracy"]
Severity = Literal["note", "warning", "problem"]
State = Literal["queued", "running", "stopping", "stopped", "done", "failed"]
PARTS: tuple[Part, ...] = ("train", "val", "test", "ood")


class Record(BaseModel):
    """Base of the records: frozen, strict about keys, versioned, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    schema_version: int = 1
    SCHEMA: ClassVar[int] = 1

    def save(self, path: Path) -> Path:
        """Write the record as JSON, atomically."""
        storage.write_json(path, self.model_dump(mode="json"))
        return path

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a record back; raises StorageError for a damaged file or an unknown version."""
        content = storage.read_json(path)
        if content.get("schema_version") != cls.SCHEMA:
            raise StorageError(
                f"{path} has schema version {content.get('schema_version')}, this program reads version {cls.SCHEMA}. "
                f"Update Transfer Advisor, or make the file again."
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise StorageError(
                f"{path} is not a readable {cls.__name__} ({error.error_count()} wrong fields)."
            ) from error


class ReadOptions(Record):
    """How the user wants the input read; None means "found by looking"."""

    kind: Kind | None = None
    text_column: str | None = None
    label_column: str | None = None
    path_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None


class SetAside(Record):
    """One item that is not used, and why; it is listed, never silently dropped."""

    key: str
    reason: str


class Dataset(Record):
    """A dataset: what it is, and a table of items that lies beside it as Parquet and is read when needed.

    ``items`` has one row per used item: ``key`` (path inside the folder, or ``row 17``), ``label`` (index
    into ``classes``), ``part`` (train, val, test, ood), ``group`` (str or None), ``digest`` (of the content),
    and ``path`` (absolute, images) or ``text`` (texts). ``n_in == n_used + n_set_aside``.
    ``folder`` is the workspace folder of this fingerprint, where all that is known about it is kept.
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

    @cached_property
    def items(self) -> pd.DataFrame:
        """The items table, n_used rows, read from Parquet on first use."""
        return pd.read_parquet(Path(self.folder) / "items.parquet")

    @cached_property
    def labels(self) -> np.ndarray:
        """Class index of each item, (n_used,) int64."""
        return self.items["label"].to_numpy(dtype=np.int64)

    def where(self, *parts: Part) -> np.ndarray:
        """Row numbers of the items in the named parts, ascending, int64."""
        return np.flatnonzero(self.items["part"].isin(parts).to_numpy())

    @property
    def metric(self) -> Metric:
        """Accuracy where the largest class has at most 1.5 times the smallest's items, else balanced accuracy."""
        in_task = self.items["part"] != "ood"
        counts = np.bincount(self.labels[in_task.to_numpy()], minlength=len(self.classes))
        return "accuracy" if counts.max() <= 1.5 * counts.min() else "balanced accuracy"


class Finding(Record):
    """One thing about the data that matters, in a plain sentence with its number.

    ``items`` lists the keys concerned (at most 200; ``n_items`` counts all of them).
    """

    check: str
    severity: Severity
    sentence: str
    n_items: int = 0
    items: tuple[str, ...] = ()


class Profile(Record):
    """What is in the dataset and what is wrong with it.

    ``counts[class][part]`` are item counts. ``sizes`` holds one plottable table of item sizes: images
    ``width_px``, ``height_px``, texts ``n_characters``, ``n_words`` (each a list over inspected items, at most 5,000).
    ``duplicates`` are clusters of row keys (exact or near, see ``duplicate_kind``), each of two or more.
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


class ProbeResult(Record):
    """One probe's answer: what was asked, how, and the value of each metric."""

    name: str
    title: str
    backbone: str | None = None
    measured: Measured
    settings: dict[str, Any] = {}
    per_class: dict[str, float] = {}


class Evidence(Record):
    """What the probes measured on the training part, each with n, an interval and its seconds.

    ``n_train``: items of the training part; ``n_sample``: how many of them the probes were to look at.
    """

    fingerprint: str
    metric: Metric
    backbone: str
    backbone_hash: str
    device: str
    device_reason: str
    input_size: int
    n_train: int
    n_sample: int = 0
    n_test: int
    n_test_per_class: tuple[int, ...]
    results: tuple[ProbeResult, ...]
    notes: tuple[str, ...] = ()
    seconds: float

    def result(self, name: str) -> ProbeResult | None:
        """The probe result called `name`, or None when it was not run."""
        return next((r for r in self.results if r.name == name), None)


class Estimate(Record):
    """What one rung is expected to reach on the locked test part, and what it costs on this device.

    ``value``, ``low``, ``high``: the metric with its 90 % prediction interval, None when not available.
    ``train_seconds``: expected training time here. ``details``: what the number rests on, for the page.
    """

    rung: RungName
    available: bool
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    provenance: Provenance | None = None
    train_seconds: float | None = None
    milliseconds_per_prediction: float | None = None
    settings: dict[str, Any] = {}
    details: str = ""
    reason: str = ""


class Question(Record):
    """What the user wants: target (share, 0 to 1), seconds for the advice, allowed rungs, backbone."""

    target: float | None = None
    budget_seconds: float = 60.0
    rungs: tuple[RungName, ...] = ("prompting", "rag", "frozen", "fine-tune", "scratch")
    backbone: str | None = None


class Advice(Record):
    """The chosen rung, the runner-up, a reason for every rung, and what would flip the decision."""

    fingerprint: str
    metric: Metric
    question: Question
    recommended: RungName
    runner_up: RungName | None
    headline: str
    sentences: tuple[str, ...]
    flips: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    seconds: float

    def estimate(self, rung: RungName) -> Estimate:
        """The estimate of one rung (all five are always there)."""
        return next(e for e in self.estimates if e.rung == rung)


class Plan(Record):
    """Everything a run needs to be repeated to the same number."""

    run: str
    rung: RungName
    dataset_folder: str
    dataset_name: str
    fingerprint: str
    kind: Kind
    metric: Metric
    backbone: str
    backbone_hash: str
    input_size: int
    settings: dict[str, Any] = {}
    seed: int = 0
    budget_seconds: float = 300.0
    device: str = "auto"
    promised: Measured | None = None


class Mistake(Record):
    """One wrong prediction on the test part."""

    key: str
    row: int
    label: str
    predicted: str
    probability: float


class RunReport(Record):
    """What came out, against what was promised. ``confusion[i][j]``: items of class i predicted as j."""

    run: str
    rung: RungName
    metric: Metric
    test: Measured
    promised: Measured | None
    classes: tuple[str, ...]
    confusion: list[list[int]]
    per_class: list[dict[str, Any]]
    mistakes: tuple[Mistake, ...]
    ood: Measured | None = None
    validation: dict[str, float] = {}
    seconds: float
    device: str
    precision: str
    sentences: tuple[str, ...] = ()


class RunStatus(Record):
    """The state of a run as its folder and the store tell it."""

    run: str
    state: State
    rung: RungName
    dataset_name: str
    created: str
    directory: str
    attempts: int = 0
    cause: str = ""
    progress: float = 0.0
    eta_seconds: float | None = None
    stage: str = ""


class Prediction(Record):
    """One answer of a trained model: the label, its probability, and every class's probability."""

    input: str
    label: str
    probability: float
    probabilities: dict[str, float] = {}
