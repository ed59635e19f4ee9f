"""Every file name of the workspace, in one place: its own folders, a dataset's folder and a run's folder.

Other modules ask for a path by what lies there (`DatasetFiles(folder).evidence`), never by a name of their own.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from advisor.core.errors import StorageError

#: A dataset's record, by which its folder is known.
RECORD = "dataset.json"


def home() -> Path:
    """The workspace's own folder; `ADVISOR_HOME` overrides the platform's place. Made when it is not there yet.

    Raises StorageError where it cannot be made.
    """
    from platformdirs import user_data_path

    configured = os.environ.get("ADVISOR_HOME")
    path = Path(configured).expanduser() if configured else user_data_path("transfer-advisor", appauthor=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The workspace {path} cannot be created ({error.strerror}). Set ADVISOR_HOME to a writable folder."
        ) from error
    return path.resolve()


@dataclass(frozen=True)
class Workspace:
    """The folders and files that datasets and runs share."""

    root: Path

    @classmethod
    def here(cls) -> Workspace:
        """The workspace in use. Raises StorageError as `home` does."""
        return cls(home())

    @property
    def datasets(self) -> Path:
        """One folder for each dataset, named by the first 16 digits of its fingerprint."""
        return self.root / "datasets"

    def dataset(self, fingerprint: str) -> DatasetFiles:
        """The files of a dataset, by its fingerprint (64 hex digits, or the first 16)."""
        return DatasetFiles(self.datasets / fingerprint[:16])

    @property
    def runs(self) -> Path:
        """One folder for each run, named by its id."""
        return self.root / "runs"

    def run(self, run: str) -> RunFiles:
        """The files of a run, by its id."""
        return RunFiles(self.runs / run)

    @property
    def store(self) -> Path:
        """The SQLite table of runs."""
        return self.root / "runs.sqlite"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the one supervisor of this workspace."""
        return self.root / "supervisor.lock"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor prints."""
        return self.root / "supervisor.log"

    @property
    def features(self) -> Path:
        """Cached features and calibrations; `advisor cache` shows and clears them."""
        return self.root / "features"

    @property
    def answers(self) -> Path:
        """Remembered answers of language models, an SQLite file."""
        return self.root / "prompts" / "answers.sqlite"

    @property
    def ledger(self) -> Path:
        """Outcomes of this workspace's own runs, as LadderBench's tables are."""
        return self.root / "ledger"

    @property
    def samples(self) -> Path:
        """Sample datasets, written once and then read like anybody's folder."""
        return self.root / "samples"

    @property
    def unpacked(self) -> Path:
        """Archives, unpacked once, by the hash of their content."""
        return self.root / "unpacked"

    @property
    def uploads(self) -> Path:
        """Files that came through the dashboard, by the hash of their content."""
        return self.root / "uploads"


@dataclass(frozen=True)
class DatasetFiles:
    """The files in a dataset's folder. ``record`` is written last, so its presence says that the rest is whole."""

    folder: Path

    @property
    def record(self) -> Path:
        """The dataset's record."""
        return self.folder / RECORD

    @property
    def items(self) -> Path:
        """The table of items."""
        return self.folder / "items.parquet"

    @property
    def documents(self) -> Path:
        """The documents beside questions."""
        return self.folder / "documents.parquet"

    @property
    def inspection(self) -> Path:
        """What one look into every item measured."""
        return self.folder / "inspection.parquet"

    @property
    def clusters(self) -> Path:
        """Items that are copies of each other."""
        return self.folder / "clusters.json"

    @property
    def profile(self) -> Path:
        """The profile."""
        return self.folder / "profile.json"

    @property
    def evidence(self) -> Path:
        """The evidence gathered last."""
        return self.folder / "evidence.json"

    def evidence_of(self, model: str, digest: str, budget_seconds: float) -> Path:
        """The evidence of one model (name and weight hash) and budget."""
        return self.folder / f"evidence-{slug(model)}-{digest[:8]}-{budget_seconds:g}.json"

    def issues(self, backbone_hash: str, n_sample: int) -> Path:
        """What is wrong with each item, one row per finding."""
        return self.folder / f"issues-{backbone_hash[:8]}-{n_sample}.parquet"

    def steps(self, backbone: str, backbone_hash: str) -> Path:
        """How long a training step takes here."""
        return self.folder / f"steps-{slug(backbone)}-{backbone_hash[:8]}.json"

    @property
    def advice(self) -> Path:
        """The advice given last."""
        return self.folder / "advice.json"

    @property
    def index(self) -> Path:
        """The search index of the documents, a folder."""
        return self.folder / "index"


@dataclass(frozen=True)
class RunFiles:
    """The files in a run's folder; ``model`` and ``weights`` are the trained model."""

    folder: Path

    @property
    def plan(self) -> Path:
        """What the run is to do."""
        return self.folder / "plan.json"

    @property
    def resolved(self) -> Path:
        """The settings as they were resolved."""
        return self.folder / "resolved.json"

    @property
    def state(self) -> Path:
        """How the run stands: state, share done, stage."""
        return self.folder / "state.json"

    @property
    def metrics(self) -> Path:
        """Numbers of the training, JSON lines."""
        return self.folder / "metrics.jsonl"

    @property
    def events(self) -> Path:
        """What happened when, JSON lines."""
        return self.folder / "events.jsonl"

    @property
    def log(self) -> Path:
        """What the worker printed."""
        return self.folder / "log.txt"

    @property
    def heartbeat(self) -> Path:
        """Written every few seconds by a living worker."""
        return self.folder / "heartbeat"

    @property
    def stop(self) -> Path:
        """The request to stop; its presence is the request."""
        return self.folder / "stop"

    @property
    def lock(self) -> Path:
        """Held by the run's worker."""
        return self.folder / "worker.lock"

    @property
    def checkpoint(self) -> Path:
        """Checkpoints of the training, a folder."""
        return self.folder / "checkpoint"

    @property
    def outcome(self) -> Path:
        """What the rung came to, kept until the report is written."""
        return self.folder / "outcome.json"

    @property
    def report(self) -> Path:
        """What came out, against what was promised."""
        return self.folder / "report.json"

    @property
    def model(self) -> Path:
        """What the trained model is."""
        return self.folder / "model.json"

    @property
    def weights(self) -> Path:
        """The numbers of the trained model."""
        return self.folder / "model.safetensors"

    @property
    def lasting(self) -> tuple[Path, ...]:
        """The files that a finished run consists of; the manifest keeps their hashes."""
        return self.plan, self.resolved, self.report, self.metrics, self.model, self.weights, self.outcome


def slug(name: str) -> str:
    """A name as part of a file name.

    >>> slug("all-MiniLM-L6-v2"), slug("a/b")[:4]
    ('all-MiniLM-L6-v2', 'a-b-')
    """
    plain = "".join(ch if ch.isalnum() or ch in "-." else "-" for ch in name)[:60]
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
