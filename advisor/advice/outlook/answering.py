"""An estimate for each of the five rungs on a "qa" dataset.

The first three are measured on training questions. Fine-tuning starts from what the passages found gave, and adds what
adapters brought on other sets (`adapters`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from advisor.advice.outlook import scratch_language
from advisor.advice.outlook.adapters import adapter_gain, with_adapter
from advisor.advice.outlook.common import TRAINING_SECONDS, left_out, needed, standing_on
from advisor.advice.outlook.experience import Experience
from advisor.core.ladder import RUNG_NAMES, RungName
from advisor.core.records import Estimate, Evidence, Goal, ProbeResult
from probes.bootstrap import predictive_mean

#: The final answers differ from those measured by about this much beyond sampling noise.
ANSWER_SPREAD = 0.015
NO_READER = (
    "Not measured: among the training questions that the budget paid for, too few answers stand word for word in their "
    "passages to train a head that marks answers. Give a longer budget, or more questions."
)


def estimates(evidence: Evidence, goal: Goal, experience: Experience | None = None) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; a rung that is excluded or cannot be had says so in its reason.

    experience: what was carried out before; LadderBench and this machine's ledger where none is given.
    """
    known = Experience.here() if experience is None else experience
    return tuple(one(evidence, goal, rung, known) for rung in RUNG_NAMES)


def one(evidence: Evidence, goal: Goal, rung: RungName, known: Experience) -> Estimate:
    """The estimate of one rung."""
    if rung not in goal.rungs:
        return left_out(rung)
    build: dict[RungName, Callable[[Evidence], Estimate]] = {
        "prompting": prompting,
        "rag": rag,
        "frozen": frozen,
        "fine-tune": lambda found: fine_tune(found, known),
        "scratch": scratch_language.estimate,
    }
    return build[rung](evidence)


def prompting(evidence: Evidence) -> Estimate:
    """Measured: the language model by heart; it never refuses."""
    probe = needed(evidence, "closed book")
    details = f"{probe.backbone} answers by heart; no document is read."
    return built("prompting", evidence, probe, 1.0, 0.0, 1.0, details, prompt=probe.settings["prompt"])


def rag(evidence: Evidence) -> Estimate:
    """Measured with the passages found, less what the threshold refuses wrongly."""
    probe = needed(evidence, "retrieved")
    k = probe.settings["k"]
    details = f"{probe.backbone} reads the {passages(k)} found by words and meaning, and cites what it used."
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
        f"A head on the frozen {probe.backbone} marks the answer in the {passages(k)} found; "
        f"trained on {n:,} questions here, in two folds."
    )
    seconds = min(TRAINING_SECONDS, probe.measured.seconds * max(1.0, evidence.n_train / max(2 * n, 1)))
    return built(
        "frozen", evidence, probe, kept(evidence), 0.01, seconds, details, k=k,
        threshold=limit(evidence)["similarity"],
    )  # fmt: skip


def fine_tune(evidence: Evidence, known: Experience) -> Estimate:
    """Predicted: the passages found, and what adapters brought over them on other sets."""
    probe = needed(evidence, "retrieved")
    if probe.backbone is None or evidence.backbone == "endpoint":
        reason = "The language model runs behind an endpoint, so its weights cannot be changed from here."
        return Estimate(rung="fine-tune", available=False, reason=reason)
    gain, _ = adapter_gain(known)
    brought = f"brought {100 * gain:.1f} points of token F1" if gain else "are not known to bring anything"
    details = (
        f"Low-rank changes (LoRA) of {probe.backbone} on training questions with their passages {brought} over "
        f"retrieval on other sets; it goes back to retrieval when it brings none here."
    )
    made = built(
        "fine-tune", evidence, probe, kept(evidence), 0.0, TRAINING_SECONDS, details,
        k=1, prompt=probe.settings["prompt"], threshold=limit(evidence)["similarity"],
    )  # fmt: skip
    assert made.value is not None and made.low is not None and made.high is not None
    value, low, high = with_adapter(made.value, made.low, made.high, known)
    return made.model_copy(update={"value": value, "low": low, "high": high, "provenance": "predicted"})


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
    """Share of the answers that the threshold does not refuse wrongly."""
    return 1.0 - float(limit(evidence)["wrongly_refused"])


def limit(evidence: Evidence) -> dict[str, float]:
    """The threshold of "not in the documents" and its error rates, as the evidence keeps them."""
    found: dict[str, float] = needed(evidence, "retrieval").settings["threshold"]
    return found


def passages(k: int) -> str:
    """How many passages, in words."""
    return "passage" if k == 1 else f"{k} passages"
