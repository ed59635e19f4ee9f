"""Backbone × fold probes side by side: the same numbers here, one after the other, as on a Ray cluster.

One job is one fold under one backbone: features of the training part (from the workspace's cache where they are
there), a head on the other folds with its regularisation chosen on them alone, scored on the fold. A job depends on
nothing but its arguments, so where it runs does not matter, and Ray may repeat one whose machine was lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from advisor.core.errors import RunError
from advisor.core.records import Dataset
from advisor.core.workspace import DatasetFiles
from advisor.runs import launchers
from probes.progress import Progress, silent

#: Cores that a job asks of Ray: half a core lets two jobs share one while the other reads.
CORES = 0.5
RETRIES = 2


@dataclass(frozen=True)
class Job:
    """One fold of `folds` under one backbone at an input size (pixels or tokens)."""

    dataset_folder: str
    backbone: str
    input_size: int
    fold: int
    folds: int
    seed: int = 0


@dataclass(frozen=True)
class FoldValue:
    """What a job came to: the metric on the fold's `n` items, and which head was chosen."""

    backbone: str
    fold: int
    value: float
    n: int
    recipe: str


def fan_out(
    dataset: Dataset,
    backbones: Sequence[str],
    folds: int = 4,
    where: Literal["here", "ray"] = "here",
    input_size: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[FoldValue, ...]:
    """Every backbone × fold, in that order. Raises RunError without Ray, BackboneError for an unknown backbone."""
    jobs = jobs_of(dataset, backbones, folds, input_size, seed)
    if where == "here":
        return tuple(_told(probe_fold(job), i, len(jobs), progress) for i, job in enumerate(jobs))
    if missing := launchers.find("ray").missing():
        raise RunError(missing)
    import ray

    from advisor.runs.on_ray import connect

    if not ray.is_initialized():
        connect()
    task = ray.remote(probe_fold).options(num_cpus=CORES, max_retries=RETRIES)
    waiting = [task.remote(job) for job in jobs]
    return tuple(_told(ray.get(one), i, len(jobs), progress) for i, one in enumerate(waiting))


def jobs_of(dataset: Dataset, backbones: Sequence[str], folds: int, input_size: int | None, seed: int) -> list[Job]:
    """The jobs of a fan-out; without `input_size` each backbone's own."""
    from probes.backbones import catalog

    entries = [catalog.find(name, _kind(dataset)) for name in backbones]
    return [
        Job(dataset.folder, entry.name, input_size or entry.usual_input, fold, folds, seed)
        for entry in entries
        for fold in range(folds)
    ]


def probe_fold(job: Job) -> FoldValue:
    """Carry out one job."""
    from advisor.data.features import features_of, load_backbone
    from advisor.evidence.sample import related
    from probes import device
    from probes.backbones import catalog
    from probes.folds import assign_folds
    from probes.heads import fit_head
    from probes.interval import score
    from probes.linear import linear_probe

    dataset = Dataset.load(DatasetFiles(Path(job.dataset_folder)).record)
    backbone = load_backbone(catalog.find(job.backbone, _kind(dataset)), job.input_size, device.pick())
    rows = dataset.where("train")
    found = features_of(dataset, rows, backbone)
    features, rows = found.array[found.ok], rows[found.ok]
    labels, groups = dataset.labels[rows], related(dataset)[rows]
    held_out = assign_folds(labels, groups, job.folds, job.seed) == job.fold
    kept, classes = ~held_out, len(dataset.classes)
    recipe = linear_probe(
        features[kept], labels[kept], dataset.metric, groups[kept], seed=job.seed, n_classes=classes
    ).recipe
    head = fit_head(features[kept], labels[kept], recipe, dataset.metric != "accuracy", classes)
    predicted = head.logits(features[held_out]).argmax(axis=1)
    value = score(dataset.metric, labels[held_out], predicted, classes)
    return FoldValue(job.backbone, job.fold, value, int(np.count_nonzero(held_out)), str(recipe.settings))


def _kind(dataset: Dataset) -> Literal["image", "text"]:
    return "image" if dataset.kind == "image" else "text"


def _told(value: FoldValue, done: int, n: int, progress: Progress) -> FoldValue:
    progress(f"Fold {value.fold + 1} under {value.backbone}", (done + 1) / n)
    return value
