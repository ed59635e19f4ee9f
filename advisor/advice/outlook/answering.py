"""Answers from documents: an estimate for each of the five rungs.

The first three are measured on training questions. Fine-tuning starts from the score with retrieved passages and adds
what low-rank adapters (LoRA) gained on other sets. Nothing that is measured before training predicts that gain yet, as
four sets are too few to regress on. So it is the mean over the completed sets, each counting alike, and one more set
without any gain, as nothing was known before them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.advice.outlook import scratch_language
from advisor.advice.outlook.common import (
    TRAINING_SECONDS,
    excluded,
    expected_then,
    misses_of,
    needed,
    standing_on,
    value_of,
)
from advisor.advice.outlook.elsewhere import informed
from advisor.advice.outlook.experience import CompletedTask, Experience, TaskKey
from advisor.advice.outlook.forecast import Forecast
from advisor.advice.outlook.signals import Z
from advisor.advice.outlook.steps import Steps
from advisor.core.ladder import RUNG_NAMES, TUNED, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Dataset, Estimate, Evidence, Goal, Kind, ProbeResult, Situation
from advisor.data.features import load_backbone
from advisor.llm.models import ENDPOINT
from probes.bootstrap import predictive_mean
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Load

#: The rung that the adapters' run starts from.
START: RungName = row_of(TUNED).falls_back_to["answering"]
#: Fewer sets than this tell nothing: no gain is counted on, give or take so much.
LEAST_SETS, SPREAD = 3, 0.15
#: The final answers differ from those measured by about this much beyond sampling noise.
ANSWER_SPREAD = 0.015
NO_READER = (
    "Not measured: too few answers to the training questions stand word for word in their passages to train a head "
    "that marks answers. Give a longer budget, or add questions."
)


def estimates(
    situation: Situation, evidence: Evidence, goal: Goal, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; a rung that is excluded or cannot be had says so in its reason.

    experience: what was carried out before; LadderBench and this machine's ledger where none is given.
    """
    known = Experience.here() if experience is None else experience
    return informed(tuple(one(evidence, goal, rung, known) for rung in RUNG_NAMES), situation.kind, known)


def one(evidence: Evidence, goal: Goal, rung: RungName, known: Experience) -> Estimate:
    """The estimate of one rung."""
    if rung not in goal.rungs:
        return excluded(rung)
    build: dict[RungName, Callable[[Evidence], Estimate]] = {
        "prompting": prompting,
        "rag": rag,
        "frozen": frozen,
        "fine-tune": lambda evidence: fine_tune(evidence, known),
        "scratch": scratch_language.estimate,
    }
    return build[rung](evidence)


def prompting(evidence: Evidence) -> Estimate:
    """Measured: the language model closed-book; it never refuses."""
    probe = needed(evidence, "closed book")
    details = f"{probe.backbone} answers closed-book: it reads no document."
    return built("prompting", evidence, probe, 1.0, 0.0, 1.0, details, prompt=probe.settings["prompt"])


def rag(evidence: Evidence) -> Estimate:
    """Measured with retrieved passages, less what the threshold wrongly refuses."""
    probe = needed(evidence, "retrieved")
    k = probe.settings["k"]
    details = f"{probe.backbone} reads {passages(k)}, retrieved by words and meaning, and cites what it used."
    return built(
        "rag", evidence, probe, kept(evidence), 0.0, 5.0, details, k=k, prompt=probe.settings["prompt"],
        threshold=limit(evidence)["similarity"],
    )  # fmt: skip


def frozen(evidence: Evidence) -> Estimate:
    """Measured in two folds with half of the pairs; all of them help a little."""
    probe = evidence.result("reader")
    if probe is None:
        return Estimate(rung="frozen", available=False, reason=NO_READER)
    k, n = probe.settings["k"], probe.settings["n_fit"]
    details = (
        f"A head on the frozen {probe.backbone} marks the answer in {passages(k)}. "
        f"It was trained on {n:,} questions here, in two folds."
    )
    seconds = min(TRAINING_SECONDS, probe.measured.seconds * max(1.0, evidence.n_train / max(2 * n, 1)))
    return built(
        "frozen", evidence, probe, kept(evidence), 0.01, seconds, details, k=k,
        threshold=limit(evidence)["similarity"],
    )  # fmt: skip


def fine_tune(evidence: Evidence, known: Experience) -> Estimate:
    """Predicted: retrieval, and what adapters gained over it on other sets."""
    probe = needed(evidence, "retrieved")
    if probe.backbone is None or evidence.backbone == ENDPOINT:
        reason = "The language model runs behind an endpoint, so its weights cannot be changed here."
        return Estimate(rung=TUNED, available=False, reason=reason)
    gain, _ = adapter_gain(known)
    gained = f"gained {100 * gain:.1f} points of token F1" if gain else "have no known gain"
    details = (
        f"Low-rank adapters (LoRA) of {probe.backbone}, trained on questions with their passages, {gained} over "
        f"retrieval on other datasets. The run rolls back to retrieval when they do not help here."
    )
    start = built(
        TUNED, evidence, probe, kept(evidence), 0.0, TRAINING_SECONDS, details,
        k=1, prompt=probe.settings["prompt"], threshold=limit(evidence)["similarity"],
    )  # fmt: skip
    assert start.value is not None and start.low is not None and start.high is not None
    value, low, high = with_adapter(start.value, start.low, start.high, known)
    return start.model_copy(update={"value": value, "low": low, "high": high, "provenance": "predicted"})


def built(
    rung: RungName, evidence: Evidence, probe: ProbeResult, keep: float, spread: float, seconds: float,
    details: str, **settings: Any,
) -> Estimate:  # fmt: skip
    """An estimate whose interval holds the measured answers' noise, the gain's and the test part's own."""
    values = np.array(probe.settings["values"])
    shift = (keep - 1.0) * float(values.mean())
    span = predictive_mean(
        values, evidence.n_test, probe.settings["groups"], shift, float(np.hypot(ANSWER_SPREAD, spread))
    )
    settings = {**settings, "choices": needed(evidence, "closed book").settings["choices"]}
    each = probe.settings["seconds_per_question"]
    return standing_on(
        probe, rung, span, train_seconds=seconds, seconds_per_prediction=each, settings=settings, details=details
    )


def kept(evidence: Evidence) -> float:
    """Share of the answers that the threshold does not wrongly refuse."""
    return 1.0 - float(limit(evidence)["wrongly_refused"])


def limit(evidence: Evidence) -> dict[str, float]:
    """The threshold of "not in the documents" and its error rates, as the evidence keeps them."""
    kept_with = evidence.result("retrieval") or needed(evidence, "retrieved")
    threshold: dict[str, float] = kept_with.settings["threshold"]
    return threshold


def passages(k: int) -> str:
    """How many passages, in words."""
    return "the best passage" if k == 1 else f"the best {k} passages"


@lru_cache(maxsize=128)
def adapter_gain(experience: Experience) -> tuple[float, float]:
    """(mean, standard deviation over sets) of the gain in token F1, a share."""
    gains: dict[str, list[float]] = defaultdict(list)
    for task in experience.of_kind("qa"):
        tuned, start = task.value(TUNED), task.value(START)
        if tuned is not None and start is not None:
            gains[task.dataset].append(tuned - start)
    if len(gains) < LEAST_SETS:
        return 0.0, SPREAD
    means = [0.0, *(sum(each) / len(each) for each in gains.values())]
    mean = sum(means) / len(means)
    return max(mean, 0.0), math.sqrt(sum((one - mean) ** 2 for one in means) / (len(means) - 1))


def with_adapter(value: float, low: float, high: float, experience: Experience) -> tuple[float, float, float]:
    """Retrieval's expected value and 90 % interval, with an adapter trained; the run rolls back where that is no gain.

    So the lower bound stays, and the upper one moves by the gain and its spread.
    """
    gain, spread = adapter_gain(experience)
    return min(value + gain, 1.0), low, min(high + gain + Z * spread, 1.0)


def time_steps(
    dataset: Dataset,
    evidence: Evidence,
    rungs: tuple[RungName, ...],
    progress: Progress = silent,
    load: Load = load_backbone,
) -> Steps:
    """None: what a language model's training takes is set by the budget."""
    return Steps()


def situation_fields(evidence: Evidence) -> dict[str, Any]:
    """What the probes measured, as fields of the situation."""
    retrieval = evidence.result("retrieval")
    return {
        "closed_book": value_of(evidence.result("closed book")),
        "retrieved": value_of(evidence.result("retrieved")),
        "gold_passage": value_of(evidence.result("gold passage")),
        "reader": value_of(evidence.result("reader")),
        "kept_share": None if retrieval is None else kept(evidence),
    }


def measured_values(s: Situation) -> dict[RungName, float]:
    """The value of every rung that a probe measured, as measured."""
    values: dict[RungName, float | None] = {"prompting": s.closed_book, "rag": s.retrieved, "frozen": s.reader}
    return {rung: value for rung, value in values.items() if value is not None}


def asides(evidence: Evidence, chosen: Estimate, kind: Kind) -> tuple[str, ...]:
    """What is worth knowing beside the ladder: whether knowledge, search or skill is missing."""
    return tuple(evidence.notes[:2])


def replayed(task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
    """What advice expected of a completed task, from its row; of fine-tuning, retrieval with an adapter.

    `experience` should not hold the task's dataset.
    """
    forecasts = expected_then(task)
    if TUNED in forecasts and START in forecasts:
        start = forecasts[START]
        value, low, high = with_adapter(start.value, start.low, start.high, experience)
        forecasts[TUNED] = Forecast(value, low, high, (high - low) / (2 * Z), "predicted")
    return forecasts


def misses(experience: Experience, kind: Kind) -> dict[RungName, dict[TaskKey, float]]:
    """How far each task came out above its forecast without its dataset, by rung, in logits."""
    return misses_of(replayed, experience, kind)
