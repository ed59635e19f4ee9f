"""From a dataset and a question to advice: evidence, timed steps, estimates, decision, words."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from advisor.advice import explain
from advisor.advice.decide import decide
from advisor.advice.exchange import exchange
from advisor.advice.outlook.answering import estimates as estimate_answers
from advisor.advice.outlook.cost import priced
from advisor.advice.outlook.estimates import can_move, with_labels
from advisor.advice.outlook.estimates import estimates as estimate_rungs
from advisor.advice.outlook.situation import situation_of
from advisor.advice.outlook.steps import Steps, time_steps
from advisor.advice.what_if import flips
from advisor.core.records import Advice, Dataset, Estimate, Evidence, Goal, Situation
from advisor.core.wording import percent
from advisor.data.features import load_backbone
from advisor.evidence import gather
from advisor.evidence.curve import labels_needed
from advisor.evidence.gather import within
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Load


def advise_dataset(dataset: Dataset, question: Goal, progress: Progress = silent) -> Advice:
    """Answer a question and keep the advice as advice.json in the dataset's folder."""
    advice = answer(dataset, question, progress)
    advice.save(dataset.files.advice)
    progress("Advice is ready", 1.0)
    return advice


def answer(dataset: Dataset, question: Goal, progress: Progress = silent) -> Advice:
    """Gather what is missing and decide; raises AdviceError, BackboneError."""
    started = time.monotonic()
    load = lru_cache(maxsize=1)(load_backbone)  # the steps are timed on the backbone that the probes have loaded
    evidence = gather(dataset, question.backbone, question.budget_seconds, within(progress, 0.0, 0.9), load)
    plain, situation = estimated(dataset, evidence, question, progress, load)
    load.cache_clear()

    def price(found: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
        return priced(found, question, evidence.n_train, evidence.curve, evidence.device)

    def at(times: float) -> tuple[Estimate, ...]:
        return price(with_labels(plain, situation, times))

    made = price(plain)
    more = at if can_move(situation) else None
    decision = decide(made, question)
    reasons = explain.reasons(decision, made, question)
    explained = tuple(e.model_copy(update={"reason": reasons[e.rung]}) for e in made)
    return Advice(
        fingerprint=dataset.fingerprint,
        metric=dataset.metric,
        question=question,
        recommended=decision.recommended,
        runner_up=decision.runner_up,
        race=decision.race,
        headline=explain.headline(decision, made, dataset.metric, question),
        sentences=(
            *explain.summary(decision, made, question),
            *more_labels(evidence, explain.find(made, "frozen"), question.target),
            *asides(evidence, explain.find(made, decision.recommended)),
        ),
        flips=flips(
            made,
            question,
            decision,
            more,
            n_labels=evidence.n_train,
            n_classes=len(dataset.classes),
            device=evidence.device,
        ),
        exchange=exchange(more, evidence.n_train),
        estimates=explained,
        seconds=time.monotonic() - started,
    )


def estimated(
    dataset: Dataset, evidence: Evidence, question: Goal, progress: Progress, load: Load = load_backbone
) -> tuple[tuple[Estimate, ...], Situation]:
    """The estimates of this kind of data, and what they were made from; images and texts have training steps timed."""
    if dataset.kind == "qa":
        return estimate_answers(evidence, question), situation_of(dataset, evidence, Steps())
    steps = time_steps(dataset, evidence, question.rungs, progress, load)
    situation = situation_of(dataset, evidence, steps)
    return estimate_rungs(situation, evidence, question), situation


def more_labels(evidence: Evidence, frozen: Estimate, target: float | None) -> tuple[str, ...]:
    """How many labels the frozen rung needs for the target; nothing to say without one, or when it is there.

    The curve is of the last features, and the rung may stand on better ones: its own value speaks first.
    """
    if target is None or evidence.curve is None or (frozen.value is not None and frozen.value >= target):
        return ()
    needed = labels_needed(evidence.curve, target, evidence.n_train)
    return () if needed.value is not None and needed.value <= evidence.n_train else (f"Frozen: {needed.sentence}",)


def asides(evidence: Evidence, chosen: Estimate) -> tuple[str, ...]:
    """What the evidence says beside the ladder: a trivial or a word-count model that comes close is worth knowing.

    Of answers to questions: which is missing, knowledge, search or skill.
    """
    found = list(evidence.notes[:2]) if evidence.metric == "token F1" else []
    majority, tfidf = evidence.result("majority"), evidence.result("tfidf")
    if majority and chosen.low is not None and chosen.low <= majority.measured.value:
        found.append(
            f"Always answering the largest class reaches {percent(majority.measured.value)}, so nothing is "
            f"clearly learned here yet: check the labels, or add more."
        )
    if tfidf and chosen.value is not None and tfidf.measured.value > chosen.value:
        found.append(
            f"A plain TF-IDF model with a linear classifier measured {percent(tfidf.measured.value)} here, "
            f"which is above the recommended rung: the words themselves decide in this data."
        )
    return tuple(found)
