"""From advice to a plan: everything a run needs to be repeated to the same number."""

from __future__ import annotations

from typing import Any, cast

from advisor.advice.advise import answer
from advisor.advice.finished import without_runs
from advisor.advice.outlook.elsewhere import without_luck
from advisor.advice.outlook.steps import kept_steps
from advisor.advice.outlook.tasks import situation_of
from advisor.advice.wishes import checked_constraints
from advisor.core.errors import AdviceError
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Advice, Dataset, Evidence, Plan
from advisor.evidence.backbones import NONE
from advisor.evidence.gather import gather, kept, model_of
from probes.measured import Measured
from probes.progress import Progress, silent


def advice_for_run(
    dataset: Dataset, advice: Advice, rung: RungName | None, backbone: str | None, progress: Progress = silent
) -> Advice:
    """The advice, asked anew where a run takes another backbone or a rung that it left out; the kept one stays.

    Raises AdviceError where the advice's constraints rule the backbone out, BackboneError.
    """
    goal = advice.question
    if backbone is not None:
        checked_constraints(goal.constraints, backbone)
        goal = goal.model_copy(update={"backbone": backbone})
    if rung and not advice.estimate(rung).available:
        goal = goal.model_copy(update={"rungs": RUNG_NAMES})
    return advice if goal == advice.question else answer(dataset, goal, progress)


def make_plan(dataset: Dataset, advice: Advice, rung: str, seconds: float, device: str, seed: int) -> Plan:
    """The plan of the recommended rung (``auto``) or of the one named, with what was predicted and measured."""
    if advice.fingerprint != dataset.fingerprint:
        raise AdviceError(f"This advice is for another dataset than {dataset.name}. Run `advisor advise` on it first.")
    name = advice.recommended if rung == "auto" else cast(RungName, rung)
    estimate = advice.estimate(name)
    backbone, budget = advice.measured_with, advice.question.budget_seconds
    evidence = kept(dataset, model_of(dataset, backbone), budget) or gather(dataset, backbone, budget, backbones=NONE)
    plan = plan_of(dataset, evidence, name, estimate.settings, seconds, device, seed)
    situation = situation_of(dataset, evidence, kept_steps(dataset, evidence))
    if situation.seconds_per_item is None and estimate.milliseconds_per_prediction is not None:
        each = estimate.milliseconds_per_prediction / 1000.0  # of questions what an answer of this rung takes
        situation = situation.model_copy(update={"seconds_per_item": each})
    return plan.model_copy(update={"promised": promise(advice, name), "situation": situation})


def plan_of(
    dataset: Dataset,
    evidence: Evidence,
    rung: RungName,
    settings: dict[str, Any],
    seconds: float,
    device: str,
    seed: int,
) -> Plan:
    """The plan of a rung with the backbone that the evidence was measured with."""
    return Plan(
        run="",
        rung=rung,
        dataset_folder=dataset.folder,
        dataset_name=dataset.name,
        dataset_source=dataset.source,
        fingerprint=dataset.fingerprint,
        kind=dataset.kind,
        metric=dataset.metric,
        backbone=evidence.backbone,
        backbone_hash=evidence.backbone_hash,
        input_size=evidence.input_size,
        settings=settings,
        seed=seed,
        budget_seconds=seconds,
        device=device,
    )


def promise(advice: Advice, rung: RungName) -> Measured | None:
    """What the advice shows for a rung, or None without an estimate; of one that is measured, what was expected."""
    estimate = advice.estimate(rung)
    if estimate.run:
        former = without_runs(estimate)
        estimate = without_luck(former, former.curse)
    if estimate.value is None or estimate.low is None or estimate.high is None or estimate.provenance is None:
        return None
    return Measured(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n=estimate.n,
        seconds=advice.seconds,
        provenance=estimate.provenance,
        note=estimate.details,
    )
