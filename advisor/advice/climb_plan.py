"""From advice to a climb: its rungs, a plan for each, and the seconds for all of them together."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from advisor.advice.advise import answer
from advisor.advice.climbing import rungs_of
from advisor.advice.planning import make_plan
from advisor.advice.wishes import checked_constraints, checked_rungs, checked_target, checked_tolerance
from advisor.core.ladder import RungName
from advisor.core.records import Advice, Climb, Dataset, Goal
from probes.progress import Progress, silent


def changed(
    goal: Goal,
    target: float | str | None = None,
    tolerance: float | None = None,
    rungs: str | Iterable[str] | None = None,
    backbone: str | None = None,
) -> Goal:
    """A goal with what was named put in its place; a tolerance without a target asks for no target any more.

    Raises AdviceError for the first that cannot be met.
    """
    changes: dict[str, object] = {}
    if target is not None or tolerance is not None:
        changes["target"] = checked_target(target)
    if tolerance is not None:
        changes["tolerance"] = checked_tolerance(tolerance)
    if rungs is not None:
        changes["rungs"] = checked_rungs(rungs)
    if backbone is not None:
        checked_constraints(goal.constraints, backbone)
        changes["backbone"] = backbone
    return goal.model_copy(update=changes)


def advice_for(dataset: Dataset, advice: Advice, goal: Goal, progress: Progress = silent) -> Advice:
    """The advice, given anew where the goal is another one; the one that is kept stays as it is."""
    return advice if goal == advice.question else answer(dataset, goal, progress)


def outlined(advice: Advice, dataset_name: str, budget_seconds: float, every: Sequence[RungName] = ()) -> Climb:
    """A climb without plans, to say what it would do. Raises AdviceError where no rung that trains may be used."""
    return Climb(
        climb=f"{datetime.now():%Y%m%d-%H%M}-climb-{secrets.token_hex(2)}",
        fingerprint=advice.fingerprint,
        dataset_name=dataset_name,
        advice=advice,
        rungs=tuple(every) or rungs_of(advice),
        every=bool(every),
        budget_seconds=budget_seconds,
    )


def planned(
    dataset: Dataset,
    advice: Advice,
    *,
    budget_seconds: float,
    device: str = "auto",
    seed: int = 0,
    every: Sequence[RungName] = (),
) -> Climb:
    """A climb that nothing was trained for yet. ``every``: rungs that are all trained, in place of those to climb.

    Raises AdviceError where no rung that trains may be used, or the advice is for another dataset.
    """
    climb = outlined(advice, dataset.name, budget_seconds, every)
    plans = [make_plan(dataset, advice, rung, budget_seconds, device, seed) for rung in climb.rungs]
    return climb.model_copy(
        update={
            "plans": tuple(plan.model_copy(update={"climb": climb.climb}) for plan in plans),
            "class_shares": class_shares(dataset),
        }
    )


def class_shares(dataset: Dataset) -> tuple[float, ...]:
    """The share of each class among the labelled items outside the test part; () where there are no classes."""
    if not dataset.classes:
        return ()
    counts = dataset.label_counts(dataset.where("train", "val"))
    return tuple(float(share) for share in counts / max(counts.sum(), 1))
