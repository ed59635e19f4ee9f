"""Tagged sentences: an estimate for each of the five rungs.

Four are measured by cross-validation on training sentences. Fine-tuning starts from the frozen head and adds what it
gained on other sets. Where fewer than `LEAST_SETS` are known, no gain is counted on, give or take `SPREAD`: that
interval is assumed, not measured, and the details say so.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

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
from advisor.core.ladder import BASE, FRESH, RUNG_NAMES, TUNED, RungName
from advisor.core.records import Dataset, Estimate, Evidence, Goal, Kind, ProbeResult, Situation
from advisor.data.features import load_backbone
from probes.progress import Progress, silent
from probes.tagging.scoring import predictive_f1

if TYPE_CHECKING:
    from advisor.data.features import Load

#: Fewer sets than this tell nothing of the gain: it is taken as none, give or take so much.
LEAST_SETS, SPREAD = 3, 0.10
#: What a cross-validated value misses of the final one beside sampling: other sentences, more of them.
MODEL_SPREAD = 0.02
#: The probe of each rung that is measured, and what is said of it.
PROBES: dict[RungName, str] = {
    "prompting": "type names",
    "rag": "word memory",
    "frozen": "word head",
    "scratch": "random field",
}
DETAILS: dict[str, str] = {
    "type names": "Runs of words take the type whose name is most like them; no labelled sentence is used.",
    "word memory": "The nearest labelled words vote, together with the list of spans that are marked in training.",
    "word head": "A linear head on the frozen states of words, with a transition matrix between tags.",
    "random field": "A conditional random field on words, shapes and pieces of their spelling, trained from nothing.",
}
#: Seconds of a sentence for reading, fitting the head and the rest, in frozen states and in the random field.
HEAD_EACH, FIELD_EACH, LOADING = 0.02, 0.03, 5.0


def estimates(
    situation: Situation, evidence: Evidence, goal: Goal, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; experience: LadderBench and this machine's ledger where none is given."""
    known = Experience.here() if experience is None else experience
    return informed(tuple(one(evidence, goal, rung, known) for rung in RUNG_NAMES), situation.kind, known)


def one(evidence: Evidence, goal: Goal, rung: RungName, known: Experience) -> Estimate:
    """The estimate of one rung."""
    if rung not in goal.rungs:
        return excluded(rung)
    if rung == TUNED:
        return fine_tune(evidence, known)
    probe = needed(evidence, PROBES[rung])
    return built(rung, evidence, probe, training_seconds(rung, evidence, probe), DETAILS[probe.name])


def fine_tune(evidence: Evidence, known: Experience) -> Estimate:
    """Predicted: the frozen head, and what fine-tuning gained over it on other sets."""
    probe = needed(evidence, PROBES[BASE])
    gain, spread, n_sets = tuning_gain(known)
    rests = (
        f"Fine-tuning gained {100 * gain:.1f} points of entity F1 over the frozen head on {n_sets} other datasets."
        if n_sets >= LEAST_SETS
        else f"No gain over the frozen head is counted on, give or take {100 * SPREAD:.0f} points. That is assumed: "
        f"too few datasets of tagged sentences are completed yet."
    )
    details = (
        f"The encoder is trained with the head, which starts from the frozen one. {rests} The run rolls back to the "
        f"frozen head where tuning does not help."
    )
    start = built(TUNED, evidence, probe, TRAINING_SECONDS, details, gain, spread)
    assert start.low is not None
    frozen = built(BASE, evidence, probe, 0.0, "")
    assert frozen.low is not None
    return start.model_copy(
        update={"low": max(start.low, min(frozen.low, start.value or 0.0)), "provenance": "predicted"}
    )


def built(
    rung: RungName, evidence: Evidence, probe: ProbeResult, seconds: float, details: str, shift: float = 0.0,
    spread: float = 0.0,
) -> Estimate:  # fmt: skip
    """An estimate from a probe's sentences, whose interval holds their noise, the gain's and the test part's own."""
    settings = probe.settings
    span = predictive_f1(
        np.array(settings["hits"]), np.array(settings["sizes"]), evidence.n_test, settings["groups"], shift,
        float(np.hypot(MODEL_SPREAD, spread)),
    )  # fmt: skip
    kept: dict[str, Any] = {name: settings[name] for name in ("layers", "transition_weight") if name in settings}
    return standing_on(
        probe, rung, span, train_seconds=seconds, seconds_per_prediction=settings["per_sentence"], settings=kept,
        details=details,
    )  # fmt: skip


def training_seconds(rung: RungName, evidence: Evidence, probe: ProbeResult) -> float:
    """What a run takes: reading every sentence, and fitting."""
    n, each = evidence.n_train + evidence.n_test, float(probe.settings["per_sentence"])
    if rung == FRESH:
        return LOADING + FIELD_EACH * evidence.n_train
    reading = each * (n if rung != "prompting" else evidence.n_test)
    return LOADING + reading + (HEAD_EACH * evidence.n_train if rung == BASE else 0.0)


@lru_cache(maxsize=64)
def tuning_gain(experience: Experience) -> tuple[float, float, int]:
    """(mean, standard deviation over sets, sets) of the gain in entity F1 over the frozen head, a share."""
    gains: dict[str, list[float]] = {}
    for task in experience.of_kind("tags"):
        tuned, start = task.value(TUNED), task.value(BASE)
        if tuned is not None and start is not None:
            gains.setdefault(task.dataset, []).append(tuned - start)
    if len(gains) < LEAST_SETS:
        return 0.0, SPREAD, len(gains)
    means = np.array([np.mean(each) for each in gains.values()])
    return max(float(means.mean()), 0.0), float(means.std(ddof=1)), len(gains)


def time_steps(
    dataset: Dataset,
    evidence: Evidence,
    rungs: tuple[RungName, ...],
    progress: Progress = silent,
    load: Load = load_backbone,
) -> Steps:
    """None: a training of words times its own steps and fits its budget."""
    return Steps()


def situation_fields(evidence: Evidence) -> dict[str, Any]:
    """What the probes measured, as fields of the situation."""
    head = evidence.result("word head")
    return {
        **{name.replace(" ", "_"): value_of(evidence.result(name)) for name in PROBES.values()},
        "n_fit": None if head is None else head.settings["n_fit"],
        "seconds_per_item": None if head is None else head.settings["per_sentence"],
    }


def measured_values(s: Situation) -> dict[RungName, float]:
    """The value of every rung that a probe measured, as measured."""
    values: dict[RungName, float | None] = {
        "prompting": s.type_names, "rag": s.word_memory, "frozen": s.word_head, "scratch": s.random_field,
    }  # fmt: skip
    return {rung: value for rung, value in values.items() if value is not None}


def asides(evidence: Evidence, chosen: Estimate, kind: Kind) -> tuple[str, ...]:
    """What the forecast of fine-tuning rests on."""
    return tuple(evidence.notes[1:2])


def replayed(task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
    """What advice would expect of a completed task: what it measured, and of fine-tuning what others gained.

    `experience` should not hold the task's dataset.
    """
    then = expected_then(task)
    if BASE in then and TUNED in then:
        then[TUNED] = tuned_then(then[BASE], *tuning_gain(experience)[:2])
    return then


def tuned_then(frozen: Forecast, gain: float, spread: float) -> Forecast:
    """The forecast of fine-tuning from the frozen one's, whose interval it widens upwards: the run rolls back."""
    value = min(frozen.value + gain, 1.0)
    high = min(value + math.hypot(frozen.high - frozen.value, Z * spread), 1.0)
    low = min(max(frozen.low, value - math.hypot(frozen.value - frozen.low, Z * spread)), value)
    return Forecast(value, low, high, (high - low) / (2 * Z), "predicted")


def misses(experience: Experience, kind: Kind) -> dict[RungName, dict[TaskKey, float]]:
    """How far each task came out above its forecast without its dataset, by rung, in logits."""
    return misses_of(replayed, experience, kind)
