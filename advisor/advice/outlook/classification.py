"""Classes of images and texts: an estimate for each of the five rungs, what it is expected to reach and what it costs.

The outcome model (`forecast`) gives values and intervals, the timed steps (`timing`) seconds and memory; what a rung's
plan needs and what its number rests on is drafted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advisor.advice.outlook.common import (
    MILLISECONDS_OF_WORDS,
    TRAINING_SECONDS,
    excluded,
    forecast_of,
    needed,
    value_of,
)
from advisor.advice.outlook.elsewhere import informed
from advisor.advice.outlook.experience import CompletedTask, Experience
from advisor.advice.outlook.forecast import Forecast, forecast
from advisor.advice.outlook.forecast import misses as misses
from advisor.advice.outlook.signals import measured
from advisor.advice.outlook.signals import measured_values as measured_values
from advisor.advice.outlook.steps import time_steps as time_steps
from advisor.advice.outlook.timing import peak_bytes, train_seconds, tuned_items
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.ladder import rung as row_of
from advisor.core.records import Estimate, Evidence, Goal, Kind, ProbeResult, Situation
from advisor.core.wording import nearest_vote, percent
from advisor.evidence.prompts import settings_of as prompt_settings
from advisor.evidence.prompts import worth_it

UNPROBED = "Not measured: there was nothing to probe it on. Add labelled items, or give a longer budget."
UNKNOWN = "Not predicted: no run of this rung is known yet on data of this kind."
#: What a plan takes over from the linear probe.
RECIPE = ("head", "penalty")
#: Share of the labelled items that the probes must have used for the plan to name their layers.
NEARLY_ALL = 0.9
#: Passes over the labelled items in a whole run.
EPOCHS: dict[RungName, float] = {"fine-tune": 12, "scratch": 40}
#: Names of transferability scores as fields of the situation.
SCORES = {"logme": "logme", "h-score": "h_score", "gbc": "gbc", "leep": "leep"}


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
    every = (one(rung, evidence, goal, situation, values.get(rung), known) for rung in RUNG_NAMES)
    return informed(tuple(every), situation.kind, known)


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
        return excluded(rung)
    if value is None:
        probed = measured(situation, rung, situation.n_labels) is not None
        return Estimate(rung=rung, available=False, reason=UNKNOWN if probed else UNPROBED)
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
    estimates: Sequence[Estimate], situation: Situation, times: float, experience: Experience | None = None
) -> tuple[Estimate, ...]:
    """The same estimates with so many times the labels: values as forecast there, training times in proportion."""
    known = Experience.here() if experience is None else experience
    values = forecast(situation, known, times * situation.n_labels)
    return tuple(_moved(estimate, values.get(estimate.rung), times) for estimate in estimates)


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
    if seconds is not None and row_of(estimate.rung).needs_labels:
        numbers["train_seconds"] = min(seconds * times, TRAINING_SECONDS)
    return estimate.model_copy(update=numbers)


def prompting(evidence: Evidence) -> Draft:
    """Class names, or a language model's prompt where it was better; nothing is trained."""
    prompt = better_prompt(evidence, "prompting")
    if prompt is not None:
        return by_prompt(prompt)
    probe = needed(evidence, "zero-shot")
    return Draft(probe, f"{probe.settings.get('method', 'class names')}, no labels used.")


def rag(evidence: Evidence) -> Draft:
    """The nearest examples vote, or go into a language model's prompt where that was better."""
    prompt = better_prompt(evidence, "rag")
    if prompt is not None:
        return by_prompt(prompt)
    probe = needed(evidence, "knn")
    details = nearest_vote(int(probe.settings["k"]), evidence.n_train, "labelled examples")
    return Draft(probe, details, {"k": probe.settings["k"]})


def by_prompt(prompt: ProbeResult) -> Draft:
    """A rung that a language model carries out: slower for each prediction, and the plan carries the prompt."""
    details = f"{prompt.settings['method']}, measured on {prompt.measured.n} items."
    each = 1000.0 * prompt.settings["seconds_per_item"]
    return Draft(prompt, details, prompt_settings(prompt), milliseconds=each)


def better_prompt(evidence: Evidence, rung: RungName) -> ProbeResult | None:
    """The best prompt, or CLIP model, among the rung's probes that beats its cheaper way by more than noise."""
    results = [evidence.result(name) for name in row_of(rung).probes["classification"]]
    prompts = [result for result in results if result and "gain" in result.settings and worth_it(result)]
    return max(prompts, key=lambda prompt: prompt.measured.value, default=None)


def frozen(evidence: Evidence) -> Draft:
    """A linear head on the last features, or on joined layers where they are better.

    The plan names the layers where the probes used nearly all labelled items; where a run has clearly more to compare
    on, it chooses again.
    """
    probe = evidence.result("joined") or needed(evidence, "linear")
    layers = probe.settings.get("depths")
    details = (
        f"Linear probe on {_layers(layers or [])}{evidence.backbone}, cross-validated on {probe.measured.n:,} items."
    )
    keys = (*RECIPE, "depths") if evidence.n_sample >= NEARLY_ALL * evidence.n_train else RECIPE
    return Draft(probe, details, {key: probe.settings[key] for key in keys if key in probe.settings})


def _layers(names: list[str]) -> str:
    """Which layers a head stands on, in words before the backbone's name; "" for the last one."""
    if len(names) > 1:
        return f"{len(names)} joined layers of "
    return f"the layer {names[0]} of " if names else ""


def fine_tune(evidence: Evidence) -> Draft:
    """The frozen rung, and what fine-tuning gained over it on other data like this.

    The run starts from the frozen rung's head, and may roll back to it. With few labels that is the very head that was
    measured: chosen again on the training part alone it may differ, and with 37 images of 47 it was 27 points worse.
    """
    details = (
        "The frozen rung plus what fine-tuning gained over it on other datasets. A run, or a race with frozen "
        "features, measures it."
    )
    return Draft(needed(evidence, "linear"), details, {**frozen(evidence).settings, "learning_rate": "race"})


def scratch(evidence: Evidence) -> Draft:
    """Texts: counted words, measured. Images: the frozen rung and what networks from random weights lost against it."""
    counted = evidence.result("tfidf")
    if counted is not None:
        details = f"TF-IDF with a linear model, nothing pre-trained, measured on {counted.measured.n:,} items."
        return Draft(counted, details, milliseconds=MILLISECONDS_OF_WORDS)
    details = "The frozen rung, and how networks from random weights compared with it on other datasets."
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
    row = row_of(rung)
    if s.kind not in row.steps_on:
        return 0.0
    return tuned_items(s, EPOCHS[rung]) if row.tunes else EPOCHS[rung] * s.n_labels


def seconds_per_item(evidence: Evidence) -> float:
    """Seconds for one item through the backbone, as timed."""
    return float(needed(evidence, "linear").settings["seconds_per_item"])


def situation_fields(evidence: Evidence) -> dict[str, Any]:
    """What the probes and instruments measured, as fields of the situation."""
    return _probes(evidence) | _instruments(evidence)


def _probes(evidence: Evidence) -> dict[str, Any]:
    linear = needed(evidence, "linear")
    return {
        "n_fit": linear.settings.get("n_fit"),
        "seconds_per_item": linear.settings.get("seconds_per_item"),
        "linear": linear.measured.value,
        "linear_low": linear.measured.low,
        "linear_high": linear.measured.high,
        "majority": value_of(evidence.result("majority")),
        "zero_shot": value_of(evidence.result("zero-shot")),
        "asked_prompting": value_of(better_prompt(evidence, "prompting")),
        "knn": value_of(evidence.result("knn")),
        "asked_rag": value_of(better_prompt(evidence, "rag")),
        "joined": value_of(evidence.result("joined")),
        "tfidf": value_of(evidence.result("tfidf")),
    }


def _instruments(evidence: Evidence) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if evidence.curve:
        fields |= {"curve_a": evidence.curve.a, "curve_b": evidence.curve.b}
    if evidence.depths:
        layers = evidence.depths.depths
        top = max(layers, key=lambda layer: layer.measured.value)
        fields |= {"depth_first": layers[0].measured.value, "depth_top": top.measured.value}
        fields |= {"depth_position": top.position}
    if evidence.domain:
        fields["domain"] = evidence.domain.percentile
        stages = {f"domain_{stage.name}": stage.percentile for stage in evidence.domain.stages}
        fields |= {name: at for name, at in stages.items() if name in Situation.model_fields}
    return fields | {SCORES[score.name]: score.value for score in evidence.scores if score.name in SCORES}


def asides(evidence: Evidence, chosen: Estimate, kind: Kind) -> tuple[str, ...]:
    """What is worth knowing beside the ladder: a trivial or a word-count model that comes close."""
    majority = evidence.result("majority")
    sentences = []
    if majority and chosen.low is not None and chosen.low <= majority.measured.value:
        sentences.append(
            f"Always answering the largest class reaches {percent(majority.measured.value)}, so nothing is clearly "
            f"learned here yet. Check the labels, or add more."
        )
    return (*sentences, *words_decide(evidence, chosen))


def words_decide(evidence: Evidence, chosen: Estimate) -> tuple[str, ...]:
    """That counted words do better than the recommended rung, a sentence; () where they do not."""
    tfidf = evidence.result("tfidf")
    if tfidf is None or chosen.value is None or tfidf.measured.value <= chosen.value:
        return ()
    return (
        f"TF-IDF with a linear model reaches {percent(tfidf.measured.value)} here, more than the recommended rung: "
        f"single words decide in this data.",
    )


def replayed(task: CompletedTask, experience: Experience) -> dict[RungName, Forecast]:
    """What advice would expect of a completed task; `experience` should not hold its dataset."""
    return forecast(task.situation, experience)
