"""From a dataset and a goal to advice: evidence, timed steps, estimates, decision, words."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from advisor.advice import explain
from advisor.advice.decide import decide
from advisor.advice.exchange import exchange
from advisor.advice.outlook.classification import with_labels
from advisor.advice.outlook.cost import priced
from advisor.advice.outlook.tasks import outlook_of, situation_of
from advisor.advice.what_if import what_ifs
from advisor.core.ladder import BASE
from advisor.core.records import Advice, Dataset, Estimate, Evidence, Goal, Situation
from advisor.data.features import load_backbone
from advisor.evidence import gather
from advisor.evidence.curve import labels_needed
from probes.progress import Progress, silent, within

if TYPE_CHECKING:
    from advisor.data.features import Load


def advise_dataset(dataset: Dataset, goal: Goal, progress: Progress = silent) -> Advice:
    """Advise on a dataset for a goal, and keep the advice in the dataset's folder."""
    advice = answer(dataset, goal, progress)
    advice.save(dataset.files.advice)
    progress("Advice is ready", 1.0)
    return advice


def answer(dataset: Dataset, goal: Goal, progress: Progress = silent) -> Advice:
    """Gather what is missing and decide. Raises AdviceError, BackboneError."""
    started = time.monotonic()
    load = lru_cache(maxsize=1)(load_backbone)  # the steps are timed on the backbone that the probes have loaded
    evidence = gather(dataset, goal.backbone, goal.budget_seconds, within(progress, 0.0, 0.9), load)
    plain, situation = estimated(dataset, evidence, goal, progress, load)
    load.cache_clear()

    def price(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
        return priced(estimates, goal, evidence.n_train, evidence.curve, evidence.device)

    def at(times: float) -> tuple[Estimate, ...]:
        return price(with_labels(plain, situation, times))

    estimates = price(plain)
    more = at if situation.curve_b is not None else None
    decision = decide(estimates, goal)
    reasons = explain.reasons(decision, estimates, goal)
    chosen, base = (explain.find(estimates, rung) for rung in (decision.recommended, BASE))
    return Advice(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        question=goal,
        recommended=decision.recommended,
        runner_up=decision.runner_up,
        race=decision.race,
        headline=explain.headline(decision, estimates, dataset.metric, goal),
        sentences=(
            *explain.summary(decision, estimates, goal),
            *more_labels(evidence, base, goal.target),
            *outlook_of(dataset.kind).asides(evidence, chosen),
        ),
        flips=what_ifs(
            estimates,
            goal,
            decision,
            more,
            n_labels=evidence.n_train,
            n_classes=len(dataset.classes),
            device=evidence.device,
        ),
        exchange=exchange(more, evidence.n_train),
        estimates=tuple(e.model_copy(update={"reason": reasons[e.rung]}) for e in estimates),
        seconds=time.monotonic() - started,
    )


def estimated(
    dataset: Dataset, evidence: Evidence, goal: Goal, progress: Progress, load: Load = load_backbone
) -> tuple[tuple[Estimate, ...], Situation]:
    """The estimates of this kind of data, and the situation that they were made from."""
    outlook = outlook_of(dataset.kind)
    steps = outlook.time_steps(dataset, evidence, goal.rungs, progress, load)
    situation = situation_of(dataset, evidence, steps)
    return outlook.estimates(situation, evidence, goal), situation


def more_labels(evidence: Evidence, base: Estimate, target: float | None) -> tuple[str, ...]:
    """How many labels the frozen rung needs for the target; nothing without one, or where it is expected already.

    The curve is of the last features, and the rung may use better ones, so its own value is looked at first.
    """
    if target is None or evidence.curve is None or (base.value is not None and base.value >= target):
        return ()
    needed = labels_needed(evidence.curve, target, evidence.n_train)
    if needed.value is not None and needed.value <= evidence.n_train:
        return ()
    return (needed.sentence,)
