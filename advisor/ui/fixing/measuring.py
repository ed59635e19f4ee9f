"""What the page of corrections has done by another process, as `advisor.ui.work`: each is called with ``progress=``."""

from __future__ import annotations

from advisor import api, fixing
from advisor.core.records import Dataset, Plan
from advisor.core.workspace import Workspace
from advisor.data.reading import open_dataset
from advisor.evidence.embedding import How, embedding
from advisor.evidence.judged import Judged, judge_all
from probes.progress import Progress


def judge(dataset: Dataset, progress: Progress) -> None:
    """Judge every training item."""
    judge_all(dataset, api.probe(dataset, progress=progress), progress)


def embed(dataset: Dataset, of: Judged, how: How, progress: Progress) -> None:
    """The map of the items, with the neighbours of each."""
    embedding(dataset, of, how, progress)


def effect(version: Dataset, progress: Progress) -> None:
    """Measure and advise on a version, with the question that its parent was asked."""
    fixing.version_effect(version, measure=True, progress=progress)


def train_as(version: Dataset, run: str, progress: Progress) -> str:
    """Start on a version what a run did on its parent; returns the new run's id."""
    before = Plan.load(Workspace.here().run(run).plan)
    plan = api.plan(
        open_dataset(version.fingerprint[:16]),
        rung=before.rung,
        budget=before.budget_seconds,
        backbone=before.backbone,
        seed=before.seed,
        progress=progress,
    )
    return api.start(plan)
