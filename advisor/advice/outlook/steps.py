"""Training steps, timed on the data at hand: what an item of fine-tuning and of training from scratch costs here.

Two steps tell what a training will take on this device; they tell nothing of what it will reach. Short runs of some
seconds used to be made for that. On the 58 tasks that LadderBench had then the outcome model's advice was the same with
and without them, at two fifths of its cost, so a race (`advisor.advice.racing`) is offered where a run is wanted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.errors import StorageError
from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Evidence, Record
from advisor.data.features import load_backbone
from advisor.evidence import stratified
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from advisor.training.recipes import TrainedRung

#: Rows that are enough to time a step on.
ROWS = 64


class Steps(Record):
    """Training items a second, None where no step was timed; kept beside the evidence, so that they are timed once.

    ``tuned``: fine-tuning at the evidence's input; ``fresh``: the small network that scratch trains on images, at its
    own. Counted words take no steps.
    """

    tuned: float | None = None
    fresh: float | None = None
    seconds: float = 0.0


def time_steps(
    dataset: Dataset,
    evidence: Evidence,
    rungs: tuple[RungName, ...],
    progress: Progress = silent,
    load: Load = load_backbone,
) -> Steps:
    """Time a step of the trained rungs among `rungs`; what is kept of this evidence is not timed again.

    load: gives the evidence's backbone, whose weights stay as they are; the one that the probes have loaded, say.
    """
    from probes.backbones import catalog
    from probes.backbones.small import SMALL

    kept, started = kept_steps(dataset, evidence), time.monotonic()
    found = kept
    if "fine-tune" in rungs and found.tuned is None:
        progress("Timing a step of fine-tuning", 0.9)
        entry = catalog.find(evidence.backbone, dataset.kind)
        backbone = load(entry, evidence.input_size, evidence.device)
        found = found.model_copy(update={"tuned": speed(dataset, backbone, "fine-tune")})
    if "scratch" in rungs and found.fresh is None and dataset.kind == "image":
        progress("Timing a step from scratch", 0.95)
        backbone = load_backbone(SMALL, SMALL.input_size, evidence.device, pretrained=False)
        found = found.model_copy(update={"fresh": speed(dataset, backbone, "scratch")})
    if found is not kept:
        found = found.model_copy(update={"seconds": kept.seconds + time.monotonic() - started})
        found.save(_place(dataset, evidence))
    return found


def kept_steps(dataset: Dataset, evidence: Evidence) -> Steps:
    """The steps timed under this evidence's backbone; none where there are none, or of another version."""
    try:
        return Steps.load(_place(dataset, evidence))
    except StorageError:
        return Steps()


def _place(dataset: Dataset, evidence: Evidence) -> Path:
    return dataset.files.steps(evidence.backbone, evidence.backbone_hash)


def speed(dataset: Dataset, backbone: Backbone, rung: TrainedRung) -> float:
    """Items a second through forward and backward pass of a rung's training, decoding not counted."""
    from advisor.training.gradients import learning_groups
    from advisor.training.network import build
    from advisor.training.recipes import hold_batch_norm, settings_for, task_of
    from advisor.training.search import training_speed

    rows = dataset.where("train")
    some = stratified(rows, dataset.labels[rows], ROWS)
    network = build(backbone, len(dataset.classes), hold_batch_norm(rung, len(rows)))
    task, _ = task_of(dataset, rung, network, backbone, some, some[:1])
    learning_groups(task, settings_for(rung, dataset.kind, len(rows), 0.0, seed=0))  # the rest stands still
    return training_speed(task)
