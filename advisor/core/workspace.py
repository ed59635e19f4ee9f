"""Every file name of the workspace, in one place: its own folders, a dataset's folder and a run's folder.

Other modules ask for a path by what lies there (`dataset.files.evidence`), never by a name of their own.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from advisor.core.errors import StorageError

#: A dataset's record, by which its folder is known.
RECORD = "dataset.json"
#: The record of an unpacked archive, written last into its folder.
UNPACKED = ".unpacked.json"


@dataclass(frozen=True)
class Folder:
    """A folder of the workspace."""

    folder: Path


#: The caller's own folder below the whole workspace, where several people share one process.
Own = Callable[[Path], Path]
_own: Own | None = None


def share(own: Own | None) -> None:
    """Let `Workspace.here` ask `own` for the caller's folder from now on; None: the workspace has one user."""
    global _own
    _own = own


class Inside:
    """The path of one name inside a `Folder`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, owner: Folder, kind: type[Folder]) -> Path:
        return owner.folder / self.name


class Workspace(Folder):
    """What datasets and runs share."""

    datasets = Inside("datasets")  # one folder each, named by the first 16 digits of the fingerprint
    runs = Inside("runs")  # one folder each, named by the run's id
    climbs = Inside("climbs")  # one record each, and beside it an empty file while the climb is under way
    store = Inside("runs.sqlite")  # the table of runs
    supervisor_lock = Inside("supervisor.lock")  # held by the one supervisor
    supervisor_log = Inside("supervisor.log")
    features = Inside("features")  # cached features and calibrations; `advisor cache` shows and clears them
    answers = Inside("prompts/answers.sqlite")  # remembered answers of language models
    ledger = Inside("ledger")  # outcomes of this workspace's own runs, as LadderBench's tables are
    score = Inside("score.json")  # how good the advice was on LadderBench, as it was computed last
    prices = Inside("prices.json")  # what a new question on the dashboard starts from
    samples = Inside("samples")  # sample datasets, written once and then read like anybody's folder
    recognised = Inside("recognised")  # text recognised in scans, by the content of the file
    unpacked = Inside("unpacked")  # archives, by the hash of their content
    archive_hashes = Inside("unpacked/.known")  # what each archive hashed to, by its place
    sources = Inside("sources")  # which content each source had when it was read last
    uploads = Inside("uploads")  # files that came through the dashboard, by the hash of their content

    @classmethod
    def here(cls) -> Workspace:
        """The workspace in use, made when it is not there yet; `ADVISOR_HOME` overrides the platform's place.

        Where several people share a process (see `share`) it is the caller's own. Raises StorageError where it cannot
        be made.
        """
        whole = cls.whole()
        return whole if _own is None else cls._at(_own(whole.folder))

    @classmethod
    def whole(cls) -> Workspace:
        """The workspace as a whole, whoever calls. Raises StorageError where it cannot be made."""
        from platformdirs import user_data_path

        configured = os.environ.get("ADVISOR_HOME")
        return cls._at(
            Path(configured).expanduser() if configured else user_data_path("transfer-advisor", appauthor=False)
        )

    @classmethod
    def _at(cls, path: Path) -> Workspace:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The workspace {path} cannot be created ({error.strerror}). Set ADVISOR_HOME to a writable folder."
            ) from error
        return cls(path.resolve())

    def dataset(self, fingerprint: str) -> DatasetFiles:
        """The files of a dataset, by its fingerprint (64 hex digits, or the first 16)."""
        return DatasetFiles(self.datasets / fingerprint[:16])

    def source(self, source: str) -> Path:
        """Which content a source had when it was read last."""
        return self.sources / f"{mark(source)}.json"

    def run(self, run: str) -> RunFiles:
        """The files of a run, by its id."""
        return RunFiles(self.runs / run)


class DatasetFiles(Folder):
    """The files in a dataset's folder. ``record`` is written last, so its presence says that the rest is whole."""

    record = Inside(RECORD)
    items = Inside("items.parquet")
    documents = Inside("documents.parquet")  # beside questions
    inspection = Inside("inspection.parquet")  # what one look into every item measured
    clusters = Inside("clusters.json")  # items that are copies of each other
    profile = Inside("profile.json")
    evidence = Inside("evidence.json")  # gathered last
    evidence_so_far = Inside("evidence-so-far.json")  # while it is gathered
    advice = Inside("advice.json")  # given last
    advice_so_far = Inside("advice-so-far.json")  # from the evidence so far, while it is gathered
    next_labels = Inside("next-labels.json")  # the items to label next, as they were chosen last
    index = Inside("index")  # the search index of the documents, a folder
    sources = Inside("sources")  # what belongs to one source of this content: its record, and where its items lie
    decisions = Inside("decisions.json")  # what the user decided about items
    judged = Inside("judged.json")  # with what the checks were made on the whole training part
    applied = Inside("applied.json")  # in a version's folder: the decisions that made it of its parent

    def source(self, source: str) -> Path:
        """The record as it was when this source was read last."""
        return self.sources / f"{mark(source)}.json"

    def unlabelled(self, source: str) -> Path:
        """The items of this source that were set aside for want of a label alone."""
        return self.sources / f"{mark(source)}-unlabelled.parquet"

    def places(self, source: str) -> Path:
        """The path of each item in this source; none for texts."""
        return self.sources / f"{mark(source)}.parquet"

    def evidence_of(self, model: str, digest: str, budget_seconds: float) -> Path:
        """The evidence of one model (name and weight hash) and budget."""
        return self.folder / f"evidence-{slug(model)}-{digest[:8]}-{budget_seconds:g}.json"

    def backbones(self, key: str) -> Path:
        """The comparison of backbones, by what was compared."""
        return self.folder / f"backbones-{key[:16]}.json"

    def issues(self, backbone_hash: str, n_sample: int) -> Path:
        """What is wrong with each item, one row per finding."""
        return self.folder / f"issues-{backbone_hash[:8]}-{n_sample}.parquet"

    def embedding(self, backbone_hash: str, n_sample: int, how: str) -> Path:
        """The items as points of the plane, with the neighbours of each."""
        return self.folder / f"embedding-{how}-{backbone_hash[:8]}-{n_sample}.parquet"

    def steps(self, backbone: str, backbone_hash: str) -> Path:
        """How long a training step takes here."""
        return self.folder / f"steps-{slug(backbone)}-{backbone_hash[:8]}.json"


class RunFiles(Folder):
    """The files in a run's folder; ``model`` and ``weights`` are the trained model."""

    plan = Inside("plan.json")
    resolved = Inside("resolved.json")  # the settings as they were resolved
    state = Inside("state.json")  # state, share done, stage
    metrics = Inside("metrics.jsonl")  # numbers of the training
    events = Inside("events.jsonl")  # what happened when
    log = Inside("log.txt")
    heartbeat = Inside("heartbeat")  # written every few seconds by a living worker
    launches = Inside("launches.json")  # which launch was the last to keep something, as the supervisor noted it
    stop = Inside("stop")  # its presence is the request to stop
    lock = Inside("worker.lock")  # held by the run's worker
    checkpoint = Inside("checkpoint")  # a folder
    outcome = Inside("outcome.json")  # what the rung came to, kept until the report is written
    report = Inside("report.json")
    predictions = Inside("predictions.parquet")  # of every test item that the report counts: row, truth, predicted
    held_out = Inside("held-out.parquet")  # what the model says of items that it did not learn from
    threshold = Inside("threshold.json")  # from which probability on its owner wants an answer
    notes = Inside("notes.json")  # what its owner calls it and says of it
    tracking = Inside("tracking.json")  # where it is to be logged besides, until it was
    latency = Inside("latency.json")  # how long its model takes for one prediction, where it was measured
    answered = Inside("answered")  # tables that were predicted on its page, one folder each
    exports = Inside("exports")  # the model as it left, one folder for each form
    model = Inside("model.json")
    weights = Inside("model.safetensors")
    onnx = Inside("model.onnx")  # in the folder of an export

    @property
    def has_onnx_alone(self) -> bool:
        """Whether this is the folder of an export without a model.json, which would say more."""
        return self.onnx.is_file() and not self.model.is_file()

    @property
    def lasting(self) -> tuple[Path, ...]:
        """The files that a finished run consists of; the manifest keeps their hashes."""
        model = self.model, self.weights, self.outcome
        return self.plan, self.resolved, self.report, self.predictions, self.held_out, self.metrics, *model


def mark(source: str) -> str:
    """The name under which something is kept about a source: a hash of its path."""
    return hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def slug(name: str) -> str:
    """A name as part of a file name.

    >>> slug("all-MiniLM-L6-v2"), slug("a/b")[:4]
    ('all-MiniLM-L6-v2', 'a-b-')
    """
    plain = "".join(ch if ch.isalnum() or ch in "-." else "-" for ch in name)[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
