"""An estimate for each of the five rungs: what it is expected to reach, and what it costs here.

The outcome model (`forecast`) gives values and intervals, the timed steps (`timing`) seconds and memory; what a rung's
plan needs and what its number rests on is drafted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.advice.outlook.common import MILLISECONDS_OF_WORDS, TRAINING_SECONDS, forecast_of, left_out, needed
from advisor.advice.outlook.experience import Experience
from advisor.advice.outlook.forecast import Forecast, forecast
from advisor.advice.outlook.situation import asked_prompting, asked_rag
from advisor.advice.outlook.timing import peak_bytes, train_seconds, tuned_items
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Evidence, Goal, ProbeResult, Situation
from advisor.evidence.prompts import settings_of as prompt_settings

UNPROBED = "Not measured: there was nothing to probe it on. Add labelled items, or give a longer budget."
#: What a plan takes over from the linear probe.
RECIPE = ("head", "penalty")
#: Share of the labelled items that the probes must have seen for the plan to name their depths.
NEARLY_ALL = 0.9
EPOCHS = {"fine-tune": 12, "scratch": 40}


@dataclass(frozen=True)
class Draft:
    """A rung before its numbers: the probe it rests on, and what the plan needs."""

    probe: ProbeResult
    details: str
    settings: dict[str, Any] = field(default_factory=dict)
    milliseconds: float | None = None


def estimates(
    situation: Situation, evidence: Evidence, goal: Goal, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; a rung that is excluded or cannot be had says so in its reason.

    experience: what was carried out before; LadderBench and this machine's ledger where none is given.
    """
    known = Experience.here() if experience is None else experience
    values = forecast(situation, known)
    return tuple(one(rung, evidence, goal, situation, values.get(rung), known) for rung in RUNG_NAMES)


def one(
    rung: RungName,
    evidence: Evidence,
    goal: Goal,
    situation: Situation,
    value: Forecast | None,
    known: Experience,
) -> Estimate:
    """The estimate of one rung."""
    if rung not in goal.rungs:
        return left_out(rung)
    if value is None:
        return Estimate(rung=rung, available=False, reason=UNPROBED)
    draft = DRAFTS[rung](evidence)
    seconds = train_seconds(situation, rung, items_of(rung, situation), known)
    return forecast_of(
        rung,
        value,
        n=draft.probe.measured.n,
        train_seconds=None if seconds is None else min(seconds, TRAINING_SECONDS),
        peak_memory_bytes=peak_bytes(known, situation.kind, rung),
        milliseconds_per_prediction=draft.milliseconds or 1000.0 * seconds_per_item(evidence),
        settings=draft.settings,
        details=draft.details,
    )


def with_labels(
    made: Sequence[Estimate], situation: Situation, times: float, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """The same estimates with so many times the labels: values as forecast there, training times in proportion."""
    known = Experience.here() if experience is None else experience
    values = forecast(situation, known, times * situation.n_labels)
    return tuple(_moved(estimate, values.get(estimate.rung), times) for estimate in made)


def can_move(situation: Situation) -> bool:
    """Whether there is a learning curve along which `with_labels` may go."""
    return situation.kind != "qa" and situation.curve_b is not None


def _moved(estimate: Estimate, value: Forecast | None, times: float) -> Estimate:
    if value is None or not estimate.available:
        return estimate
    assert estimate.value is not None and estimate.low is not None and estimate.high is not None
    further = max if times >= 1 else min  # more labels take nothing away
    numbers = {
        "value": further(value.value, estimate.value),
        "low": further(value.low, estimate.low),
        "high": further(value.high, estimate.high),
        "gain_error": value.gain_error,
    }
    seconds = estimate.train_seconds
    if seconds is not None and estimate.rung != "prompting":
        numbers["train_seconds"] = min(seconds * times, TRAINING_SECONDS)
    return estimate.model_copy(update=numbers)


def prompting(evidence: Evidence) -> Draft:
    """Class names, or a language model's prompt where it was better; nothing is trained."""
    asked = asked_prompting(evidence)
    if asked is not None:
        return by_prompt(asked)
    probe = needed(evidence, "zero-shot")
    return Draft(probe, f"{probe.settings.get('method', 'class names')}, no labels used.")


def rag(evidence: Evidence) -> Draft:
    """The nearest examples vote, or go into a language model's prompt where that was better."""
    asked = asked_rag(evidence)
    if asked is not None:
        return by_prompt(asked)
    probe = needed(evidence, "knn")
    details = f"The {probe.settings['k']} nearest of {evidence.n_train:,} labelled examples vote."
    return Draft(probe, details, {"k": probe.settings["k"]})


def by_prompt(asked: ProbeResult) -> Draft:
    """A rung that a language model carries out: slower for each prediction, and the plan carries the prompt."""
    details = f"{asked.settings['method']}, measured on {asked.measured.n} items."
    each = 1000.0 * asked.settings["seconds_per_item"]
    return Draft(asked, details, prompt_settings(asked), milliseconds=each)


def frozen(evidence: Evidence) -> Draft:
    """A linear head on the last features, or on joined depths where they are better.

    The plan names the depths where the probes saw nearly all labelled items; with more to compare on than they had,
    the run chooses anew.
    """
    probe = evidence.result("joined") or needed(evidence, "linear")
    depths = probe.settings.get("depths")
    where = f"{len(depths)} depths of {evidence.backbone} joined" if depths else evidence.backbone
    details = f"Linear probe on {where}, cross-validated on {probe.measured.n:,} items."
    keys = (*RECIPE, "depths") if evidence.n_sample >= NEARLY_ALL * evidence.n_train else RECIPE
    return Draft(probe, details, {key: probe.settings[key] for key in keys if key in probe.settings})


def fine_tune(evidence: Evidence) -> Draft:
    """The frozen rung, and what tuning brought over it on other data like this.

    The run starts from, and may fall back to, the frozen rung's head. With few labels that is the very one that was
    measured: chosen anew on the training part alone it may be another, and with 37 images of 47 it was 27 points worse.
    """
    details = "The frozen rung and what fine-tuning brought over it on other sets. A run tells, or a race with frozen."
    return Draft(needed(evidence, "linear"), details, {**frozen(evidence).settings, "learning_rate": "race"})


def scratch(evidence: Evidence) -> Draft:
    """Texts: counted words, measured. Images: the frozen rung and what networks from random weights lost against it."""
    counted = evidence.result("tfidf")
    if counted is not None:
        details = f"TF-IDF with a linear model, which needs nothing pre-trained, on {counted.measured.n:,} items."
        return Draft(counted, details, milliseconds=MILLISECONDS_OF_WORDS)
    details = "The frozen rung and how networks from random weights came out against it on other sets."
    return Draft(needed(evidence, "linear"), details)


DRAFTS: dict[RungName, Callable[[Evidence], Draft]] = {
    "prompting": prompting,
    "rag": rag,
    "frozen": frozen,
    "fine-tune": fine_tune,
    "scratch": scratch,
}


def items_of(rung: RungName, s: Situation) -> float:
    """Items that pass through a step in a whole run."""
    if rung == "fine-tune":
        return tuned_items(s, EPOCHS[rung])
    return EPOCHS[rung] * s.n_labels if rung == "scratch" and s.kind == "image" else 0.0


def seconds_per_item(evidence: Evidence) -> float:
    """Seconds for one item through the backbone, as timed."""
    return float(needed(evidence, "linear").settings["seconds_per_item"])
