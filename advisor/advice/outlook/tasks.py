"""The outlook of each task behind one table: what is expected before any training of classes, answers and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from advisor.advice.outlook import answering, classification, multilabel, tagging
from advisor.advice.outlook.experience import CompletedTask, Experience, TaskKey
from advisor.advice.outlook.forecast import Forecast
from advisor.advice.outlook.steps import Steps
from advisor.core.kinds import TaskName, kind_row
from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Estimate, Evidence, Goal, Kind, Situation
from advisor.data.features import load_backbone
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Load


class Outlook(Protocol):
    """What a module of one task says of a dataset before any training."""

    def time_steps(
        self,
        dataset: Dataset,
        evidence: Evidence,
        rungs: tuple[RungName, ...],
        progress: Progress = silent,
        load: Load = load_backbone,
    ) -> Steps:
        """The training steps of the rungs, timed where they can be. load: how the evidence's backbone is loaded."""

    def situation_fields(self, evidence: Evidence) -> dict[str, Any]:
        """What was measured, as fields of the situation."""

    def estimates(
        self, situation: Situation, evidence: Evidence, goal: Goal, experience: Experience | None = None
    ) -> tuple[Estimate, ...]:
        """All five rungs, cheapest first; experience: LadderBench and this machine's ledger where none is given."""

    def asides(self, evidence: Evidence, chosen: Estimate, kind: Kind) -> tuple[str, ...]:
        """Sentences on what the evidence shows beside the ladder."""

    def measured_values(self, s: Situation) -> dict[RungName, float]:
        """The value of every rung that a probe measured."""

    def replayed(self, task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
        """What advice would expect of a completed task, knowing no more than `experience`."""

    def misses(self, experience: Experience, kind: Kind) -> dict[RungName, dict[TaskKey, float]]:
        """How far each task came out above its forecast without its dataset, by rung, in logits."""


OUTLOOKS: dict[TaskName, Outlook] = {
    "classification": classification,
    "answering": answering,
    "multilabel": multilabel,
    "tagging": tagging,
}


def outlook_of(kind: Kind) -> Outlook:
    """The outlook of the task on a kind of data."""
    return OUTLOOKS[kind_row(kind).task]


def situation_of(dataset: Dataset, evidence: Evidence, steps: Steps) -> Situation:
    """What is known of a dataset before any training, as the numbers that the outcome model is fitted to."""
    return Situation(
        kind=dataset.kind,
        metric=dataset.metric,
        n_classes=len(dataset.classes),
        n_labels=evidence.n_train,
        n_test=evidence.n_test,
        input_size=evidence.input_size,
        n_sample=evidence.n_sample,
        probe_seconds=evidence.seconds,
        tuned_speed=steps.tuned,
        fresh_speed=steps.fresh,
        steps_seconds=steps.seconds,
        **outlook_of(dataset.kind).situation_fields(evidence),
    )
