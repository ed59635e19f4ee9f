"""From a dataset and a goal to advice: evidence, timed steps, estimates, decision, words."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from advisor.advice import explain
from advisor.advice.cases import Case
from advisor.advice.decide import decide
from advisor.advice.exchange import exchange
from advisor.advice.finished import Finished, is_current, moved_along, with_runs, without_runs
from advisor.advice.outlook.classification import with_labels
from advisor.advice.outlook.cost import priced
from advisor.advice.outlook.elsewhere import informed, with_luck
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.shared import shared_misses
from advisor.advice.outlook.steps import Steps, kept_steps
from advisor.advice.outlook.tasks import outlook_of, situation_of
from advisor.advice.what_if import what_ifs
from advisor.advice.what_if_labels import labels_for_target
from advisor.core.errors import AdviceError
from advisor.core.ladder import TUNED, RungName
from advisor.core.records import Advice, Dataset, Estimate, Evidence, Goal, Situation
from advisor.data.features import load_backbone
from advisor.evidence.gather import gather, kept, model_of
from probes.progress import Progress, silent, within
from probes.timings import stage

if TYPE_CHECKING:
    from advisor.data.features import Load


#: What finished runs of a dataset reached, by rung.
Runs = Mapping[RungName, Finished]


def advise_dataset(dataset: Dataset, goal: Goal, progress: Progress = silent, runs: Runs | None = None) -> Advice:
    """Advise on a dataset for a goal, and keep the advice in the dataset's folder. runs: those that have finished."""
    advice = answer(dataset, goal, progress, runs)
    advice.save(dataset.files.advice)
    progress("Advice is ready", 1.0)
    return advice


def answer(dataset: Dataset, goal: Goal, progress: Progress = silent, runs: Runs | None = None) -> Advice:
    """Gather what is missing and decide. Raises AdviceError, BackboneError."""
    started = time.monotonic()
    load = lru_cache(maxsize=1)(load_backbone)  # the steps are timed on the backbone that the probes have loaded
    known_so_far = dataset.files.advice_so_far
    try:
        evidence = gather(
            dataset, goal.backbone, goal.budget_seconds, within(progress, 0.0, 0.9), load, goal.backbones,
            goal.constraints.latency_ms, so_far(dataset, goal),
        )  # fmt: skip
    finally:
        if known_so_far.exists():
            known_so_far.unlink(missing_ok=True)
    plain, situation = estimated(dataset, evidence, goal, progress, load)
    load.cache_clear()
    known = {name: run for name, run in (runs or {}).items() if run.backbone == evidence.backbone}
    shared = shared_misses(Experience.here(), dataset.kind)
    advice = decided(dataset, goal, evidence, situation, with_runs(plain, known, shared))
    return advice.model_copy(update={"seconds": time.monotonic() - started})


def so_far(dataset: Dataset, goal: Goal) -> Callable[[Evidence], None]:
    """Keeps the advice that follows from evidence which is still gathered, once for each size of its sample.

    No step is timed for it, so that training times are not known yet. It lies beside the advice, and goes with the end
    of the measurement.
    """
    sizes: set[int] = set()

    def keep(evidence: Evidence) -> None:
        if evidence.result("linear") is None or evidence.n_sample in sizes:
            return
        sizes.add(evidence.n_sample)
        situation = situation_of(dataset, evidence, Steps())
        with stage("forecast"), contextlib.suppress(AdviceError):  # no rung is left: said at the end
            plain = outlook_of(dataset.kind).estimates(situation, evidence, goal)
            decided(dataset, goal, evidence, situation, plain).save(dataset.files.advice_so_far)

    return keep


def reconsider(dataset: Dataset, advice: Advice, goal: Goal, runs: Runs | None = None) -> Advice:
    """Decide for another goal from advice that was given, and keep the new one in its place. Raises as `again`."""
    anew = again(dataset, advice, goal, runs)
    anew.save(dataset.files.advice)
    return anew


def again(dataset: Dataset, advice: Advice, goal: Goal, runs: Runs | None = None) -> Advice:
    """The advice for another target, tolerance, prices or constraints, from its own estimates: nothing is measured.

    runs: what finished runs reached; None: those that the advice knows.

    Raises AdviceError where no rung is left, where the goal needs estimates that the advice lacks (another backbone,
    time for measuring or set of rungs), and where the evidence is no longer kept.
    """
    measured = {"backbone", "backbones", "budget_seconds", "rungs"}
    if goal.model_dump(include=measured) != advice.question.model_dump(include=measured):
        raise AdviceError("Another backbone, time or set of rungs is measured anew. Ask for advice again.")
    evidence = kept(dataset, model_of(dataset, advice.measured_with), goal.budget_seconds)
    if evidence is None:
        raise AdviceError(f"What was measured on {dataset.name} is no longer kept. Ask for advice again.")
    evidence = evidence.model_copy(update={"backbones": advice.backbones})
    situation = situation_of(dataset, evidence, kept_steps(dataset, evidence))
    plain = tuple(with_luck(e) for e in advice.estimates)
    plain = informed(plain, dataset.kind, Experience.here()) if is_former(advice) else plain
    if runs is not None:
        plain = with_runs(plain, runs, shared_misses(Experience.here(), dataset.kind))
    anew = decided(dataset, goal, evidence, situation, plain)
    measured_rate = advice.exchange is not None and advice.exchange.provenance == "measured"
    exchange = advice.exchange if measured_rate else anew.exchange
    return anew.model_copy(update={"seconds": advice.seconds, "exchange": exchange})


def holds(advice: Advice, runs: Runs) -> bool:
    """Whether an advice can be shown as it is kept: it knows these runs, and its words are of this version."""
    return not is_former(advice) and is_current(advice, runs)


def is_former(advice: Advice) -> bool:
    """Whether advice was given before it knew what is usual elsewhere, or before values were shown without their luck.

    Its words are of that time too.
    """
    lucky = any(e.curse > 0.0 and e.before_luck is None for e in advice.estimates)
    return lucky or advice.estimate(TUNED).kept_chance is None


@stage("decision")
def decided(
    dataset: Dataset, goal: Goal, evidence: Evidence, situation: Situation, plain: tuple[Estimate, ...]
) -> Advice:
    """The advice that follows from estimates, whatever they were priced for before. Raises AdviceError."""

    def price(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
        return priced(estimates, goal, evidence.n_train, evidence.curve, evidence.device)

    def at(times: float) -> tuple[Estimate, ...]:
        return price(moved_along(with_labels([without_runs(e) for e in plain], situation, times), plain))

    estimates, metric = price(plain), dataset.metric
    more = at if situation.curve_b is not None else None
    decision = decide(estimates, goal)
    case = Case(
        estimates, goal, decision, more, evidence.n_train, n_classes=len(dataset.classes), device=evidence.device
    )
    reasons = explain.reasons(decision, estimates, metric, goal)
    return Advice(
        fingerprint=dataset.fingerprint,
        metric=metric,
        question=goal,
        recommended=decision.recommended,
        runner_up=decision.runner_up,
        race=decision.race,
        headline=explain.headline(decision, estimates, metric, goal),
        sentences=(
            *explain.summary(decision, estimates, metric, goal),
            *labels_for_target(case),
            *outlook_of(dataset.kind).asides(evidence, case.chosen, dataset.kind),
            *([evidence.backbones.sentence] if evidence.backbones else []),
        ),
        flips=what_ifs(case),
        exchange=exchange(more, evidence.n_train),
        backbone=evidence.backbone,
        backbones=evidence.backbones,
        estimates=tuple(e.model_copy(update={"reason": reasons[e.rung]}) for e in estimates),
        seconds=0.0,
    )


@stage("forecast")
def estimated(
    dataset: Dataset, evidence: Evidence, goal: Goal, progress: Progress, load: Load = load_backbone
) -> tuple[tuple[Estimate, ...], Situation]:
    """The estimates of this kind of data, and the situation that they were made from."""
    outlook = outlook_of(dataset.kind)
    with stage("steps"):
        steps = outlook.time_steps(dataset, evidence, goal.rungs, progress, load)
    situation = situation_of(dataset, evidence, steps)
    return outlook.estimates(situation, evidence, goal), situation
