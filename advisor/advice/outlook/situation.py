"""The situation: evidence and timed steps as the numbers that the outcome model looks at."""

from __future__ import annotations

from typing import Any

from advisor.advice.outlook.steps import Steps
from advisor.core.records import Dataset, Evidence, ProbeResult, Situation
from advisor.evidence.clip import NAME as CLIP
from advisor.evidence.prompts import FEW, NEAR, OWN, ZERO, worth_it

#: Names of transferability scores as fields.
SCORES = {"logme": "logme", "h-score": "h_score", "gbc": "gbc", "leep": "leep"}


def situation_of(dataset: Dataset, evidence: Evidence, steps: Steps) -> Situation:
    """What is known of a dataset before any training."""
    common: dict[str, Any] = {
        "kind": dataset.kind,
        "metric": dataset.metric,
        "n_classes": len(dataset.classes),
        "n_labels": evidence.n_train,
        "n_test": evidence.n_test,
        "input_size": evidence.input_size,
        "n_sample": evidence.n_sample,
        "probe_seconds": evidence.seconds,
        "tuned_speed": steps.tuned,
        "fresh_speed": steps.fresh,
        "steps_seconds": steps.seconds,
    }
    if dataset.kind == "qa":
        return Situation(**common, **_answers(evidence))
    return Situation(**common, **_probes(evidence), **_instruments(evidence))


def asked_prompting(evidence: Evidence) -> ProbeResult | None:
    """The prompt, or the CLIP model, that beats the class names by more than noise."""
    return _best_prompt(evidence, ZERO, FEW, OWN, CLIP)


def asked_rag(evidence: Evidence) -> ProbeResult | None:
    """The prompt with the nearest examples in it that beats their vote by more than noise."""
    return _best_prompt(evidence, NEAR)


def _best_prompt(evidence: Evidence, *names: str) -> ProbeResult | None:
    found = [asked for name in names if worth_it(asked := evidence.result(name))]
    return max((asked for asked in found if asked), key=lambda asked: asked.measured.value, default=None)


def value(result: ProbeResult | None) -> float | None:
    """A probe's value, None when it was not run."""
    return None if result is None else result.measured.value


def _probes(evidence: Evidence) -> dict[str, Any]:
    linear = evidence.result("linear")
    assert linear is not None, "evidence without a linear probe"
    return {
        "n_fit": linear.settings.get("n_fit"),
        "seconds_per_item": linear.settings.get("seconds_per_item"),
        "linear": linear.measured.value,
        "linear_low": linear.measured.low,
        "linear_high": linear.measured.high,
        "majority": value(evidence.result("majority")),
        "zero_shot": value(evidence.result("zero-shot")),
        "asked_prompting": value(asked_prompting(evidence)),
        "knn": value(evidence.result("knn")),
        "asked_rag": value(asked_rag(evidence)),
        "joined": value(evidence.result("joined")),
        "tfidf": value(evidence.result("tfidf")),
    }


def _instruments(evidence: Evidence) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if evidence.curve:
        found |= {"curve_a": evidence.curve.a, "curve_b": evidence.curve.b}
    if evidence.depths:
        depths = evidence.depths.depths
        top = max(depths, key=lambda depth: depth.measured.value)
        found |= {"depth_first": depths[0].measured.value, "depth_top": top.measured.value}
        found |= {"depth_position": top.position}
    if evidence.domain:
        found["domain"] = evidence.domain.percentile
        stages = {f"domain_{stage.name}": stage.percentile for stage in evidence.domain.stages}
        found |= {name: at for name, at in stages.items() if name in Situation.model_fields}
    found |= {SCORES[score.name]: score.value for score in evidence.scores if score.name in SCORES}
    return found


def _answers(evidence: Evidence) -> dict[str, Any]:
    retrieval = evidence.result("retrieval")
    found = {
        "closed_book": value(evidence.result("closed book")),
        "retrieved": value(evidence.result("retrieved")),
        "gold_passage": value(evidence.result("gold passage")),
        "reader": value(evidence.result("reader")),
    }
    if retrieval is not None:
        found["kept_share"] = 1.0 - float(retrieval.settings["threshold"]["wrongly_refused"])
    return found
