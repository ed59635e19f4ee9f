"""Training steps, timed on the data at hand: what an item of fine-tuning and of training from scratch costs here.

Two steps tell how long a training will take on this device, not what it will reach. Short runs of some seconds used to
answer that. On the 58 tasks that LadderBench had then, the outcome model gave the same advice without them at two
fifths of the cost, so a race (`advisor.advice.racing`) is offered where a run is wanted.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core.errors import AdviceError, StorageError
from advisor.core.kinds import kind_row
from advisor.core.ladder import FRESH, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Dataset, Evidence, Record
from advisor.data.features import load_backbone
from advisor.evidence.sample import stratified
from probes.backbones import catalog
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone, Load
    from advisor.training.settings import TrainedRung

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
    """Time a step of the rungs that take steps on this kind of data; what is kept of this evidence is not timed again.

    load: gives the evidence's backbone, whose weights stay as they are; the one that the probes have loaded, say.
    """
    kept, started = Steps.saved(_place(dataset, evidence)) or Steps(), time.monotonic()
    steps = kept
    if _takes_steps(TUNED, dataset, rungs) and steps.tuned is None:
        progress("Timing a step of fine-tuning", 0.9)
        backbone = load(
            catalog.find(evidence.backbone, kind_row(dataset.kind).modality), evidence.input_size, evidence.device
        )
        steps = steps.model_copy(update={"tuned": speed(dataset, backbone, TUNED)})
    if _takes_steps(FRESH, dataset, rungs) and steps.fresh is None:
        from probes.backbones.small import SMALL  # loads torch

        progress("Timing a step from scratch", 0.95)
        backbone = load_backbone(SMALL, SMALL.input_size, evidence.device, pretrained=False)
        steps = steps.model_copy(update={"fresh": speed(dataset, backbone, FRESH)})
    if steps is not kept:
        steps = steps.model_copy(update={"seconds": kept.seconds + time.monotonic() - started})
        steps.save(_place(dataset, evidence))
    return steps


def _takes_steps(rung: RungName, dataset: Dataset, rungs: tuple[RungName, ...]) -> bool:
    return rung in rungs and dataset.kind in row_of(rung).steps_on


def kept_steps(dataset: Dataset, evidence: Evidence) -> Steps:
    """The steps timed with this evidence's backbone, none where there are none.

    Raises AdviceError where they are damaged: the advice rests on them.
    """
    path = _place(dataset, evidence)
    try:
        return Steps.load(path) if path.exists() else Steps()
    except StorageError as error:
        raise AdviceError(f"{error} Ask for advice again: advisor advise {dataset.source}") from error


def _place(dataset: Dataset, evidence: Evidence) -> Path:
    return dataset.files.steps(evidence.backbone, evidence.backbone_hash)


def speed(dataset: Dataset, backbone: Backbone, rung: TrainedRung) -> float:
    """Items a second through the forward and backward pass of a rung's training, without decoding."""
    from advisor.training.network import build, learning_groups
    from advisor.training.problems import problem_of
    from advisor.training.recipes import hold_batch_norm, settings_for
    from advisor.training.search import training_speed

    rows = dataset.where("train")
    some = stratified(rows, dataset.labels[rows], ROWS)
    network = build(backbone, len(dataset.classes), hold_batch_norm(rung, len(rows)))
    problem, _ = problem_of(dataset, rung, network, backbone, some, some[:1])
    learning_groups(problem, settings_for(rung, dataset.kind, len(rows), 0.0, seed=0))  # the rest stands still
    return training_speed(problem)
