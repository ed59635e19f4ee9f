"""An estimate for each of the five rungs: expected value with a prediction interval, and what it costs here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from advisor.estimate.common import TRAINING_SECONDS, left_out, needed, standing_on
from advisor.estimate.outcome import ENOUGH_EPOCHS, Shift, fine_tune_gain, scratch_growth
from advisor.estimate.pilots import Pilots
from advisor.evidence import seen_counts
from advisor.evidence.clip import NAME as CLIP
from advisor.evidence.prompts import FEW, NEAR, OWN, ZERO, worth_it
from advisor.evidence.prompts import settings_of as prompt_settings
from advisor.ladder import RUNG_NAMES, RungName
from advisor.records import Dataset, Estimate, Evidence, ProbeResult, Question
from probes.interval import Counts, predictive

#: A cross-validated value differs from the final model's true value by about this much beyond sampling noise.
MODEL_SPREAD = 0.008
#: One text counted and scored took 0.05 to 0.22 ms on trec6, tweet_emotion, sst2 and banking77.
MILLISECONDS_OF_WORDS = 0.2
UNPILOTED = "Not piloted: fewer than four validation items to hold out. Add labelled items."
#: A learning curve is believed to this multiple of the items it was fitted on.
FURTHEST = 4.0
EPOCHS = {"fine-tune": 12, "scratch": 40}
#: Texts that pass through a tuning on few labels, its folds included; a training step costs three forward passes.
TUNED_TEXTS = 9_600


def estimates(dataset: Dataset, evidence: Evidence, pilots: Pilots, question: Question) -> tuple[Estimate, ...]:
    """All five rungs, cheapest first; a rung that is excluded or cannot be had says so in its reason."""
    return tuple(one(dataset, evidence, pilots, question, rung) for rung in RUNG_NAMES)


def one(dataset: Dataset, evidence: Evidence, pilots: Pilots, question: Question, rung: RungName) -> Estimate:
    """The estimate of one rung."""
    if rung not in question.rungs:
        return left_out(rung)
    build = {"prompting": prompting, "rag": rag, "frozen": frozen, "fine-tune": fine_tune, "scratch": scratch}[rung]
    return build(dataset, evidence, pilots)


def prompting(dataset: Dataset, evidence: Evidence, pilots: Pilots) -> Estimate:
    """Measured without any training, so nothing changes at full size; a language model's prompt where it was better."""
    asked = best_prompt(evidence, ZERO, FEW, OWN, CLIP)
    if asked is not None:
        return by_prompt("prompting", evidence, asked, Shift(0.0, MODEL_SPREAD))
    probe = needed(evidence, "zero-shot")
    method = probe.settings.get("method", "class names")
    return build("prompting", evidence, probe, Shift(0.0, MODEL_SPREAD), 1.0, f"{method}, no labels used.")


def rag(dataset: Dataset, evidence: Evidence, pilots: Pilots) -> Estimate:
    """Measured leave-one-out; a larger memory than the sample's helps about as much as it helps the linear probe."""
    asked = best_prompt(evidence, NEAR)
    if asked is not None:
        return by_prompt("rag", evidence, asked, growth(evidence, asked))
    probe = needed(evidence, "knn")
    shift = growth(evidence, probe)
    details = f"The {probe.settings['k']} nearest of {evidence.n_train:,} labelled examples vote."
    return build("rag", evidence, probe, shift, all_items_seconds(evidence), details, k=probe.settings["k"])


def best_prompt(evidence: Evidence, *names: str) -> ProbeResult | None:
    """The best of the prompts that beat the rung's cheaper way by more than noise; None when none did."""
    found = [asked for name in names if worth_it(asked := evidence.result(name))]
    return max((asked for asked in found if asked), key=lambda asked: asked.measured.value, default=None)


def by_prompt(rung: RungName, evidence: Evidence, asked: ProbeResult, shift: Shift) -> Estimate:
    """A rung that a language model carries out: slower for each prediction, and the plan carries the prompt."""
    settings = prompt_settings(asked)
    details = f"{asked.settings['method']}, measured on {asked.measured.n} items."
    memory = all_items_seconds(evidence) if rung == "rag" else 1.0
    made = build(rung, evidence, asked, shift, memory, details, **settings)
    return made.model_copy(update={"milliseconds_per_prediction": 1000.0 * asked.settings["seconds_per_item"]})


def frozen(dataset: Dataset, evidence: Evidence, pilots: Pilots) -> Estimate:
    """Measured by cross-validation, moved along the learning curve to the full training part."""
    probe = frozen_probe(evidence)
    shift = growth(evidence, probe)
    depths = probe.settings.get("depths")
    where = f"{len(depths)} depths of {evidence.backbone} joined" if depths else evidence.backbone
    details = f"Linear probe on {where}, cross-validated on {probe.measured.n:,} items."
    seconds = all_items_seconds(evidence) + probe.measured.seconds
    recipe = {key: probe.settings[key] for key in ("head", "penalty", "depths") if key in probe.settings}
    return build("frozen", evidence, probe, shift, seconds, details, **recipe)


def frozen_probe(evidence: Evidence) -> ProbeResult:
    """The probe of what the frozen rung stands on: joined depths where they are better, else the last features."""
    return evidence.result("joined") or needed(evidence, "linear")


def frozen_value(evidence: Evidence) -> float:
    """What the frozen rung is expected to reach, which fine-tuning falls back on when it is not better."""
    probe = frozen_probe(evidence)
    return min(probe.measured.value + growth(evidence, probe).mean, 1.0)


def fine_tune(dataset: Dataset, evidence: Evidence, pilots: Pilots) -> Estimate:
    """The frozen rung's value plus the gain that the pilot and experience let expect."""
    probe, pilot = needed(evidence, "linear"), pilots.result("fine-tune")
    if pilot is None:
        return few_labels(evidence) if dataset.kind == "text" else missing_pilot("fine-tune")
    base = growth(evidence, probe)
    seconds, epochs = training("fine-tune", evidence, pilot)
    gain = fine_tune_gain(
        min(probe.measured.value + base.mean, 1.0), pilot.settings["gain"], pilot.settings["gain_error"], epochs
    )
    reached = max(base.mean + gain.mean, frozen_value(evidence) - probe.measured.value)
    shift = Shift(reached, float(np.hypot(base.spread, gain.spread)))
    details = (
        f"A {pilot.measured.seconds:.0f} s pilot on {pilot.settings['n_train']:,} items moved the metric by "
        f"{100 * pilot.settings['gain']:+.1f} points against the frozen head on the same {pilot.measured.n} items."
    )
    made = build("fine-tune", evidence, probe, shift, seconds, details, learning_rate="race")
    return made.model_copy(update={"provenance": "piloted", "n": pilot.measured.n})


def few_labels(evidence: Evidence) -> Estimate:
    """Too few labels for a pilot: what fine-tuning brought elsewhere, over the frozen rung."""
    probe = frozen_probe(evidence)
    base = growth(evidence, probe)
    gain = fine_tune_gain(frozen_value(evidence), 0.0, math.inf, ENOUGH_EPOCHS)
    shift = Shift(base.mean + gain.mean, math.hypot(base.spread, gain.spread))
    details = "Too few labels for a pilot: predicted from what fine-tuning brought on other sets."
    seconds = min(TRAINING_SECONDS, 3 * TUNED_TEXTS * seconds_per_item(evidence))
    made = build("fine-tune", evidence, probe, shift, seconds, details)
    return made.model_copy(update={"provenance": "predicted"})


def missing_pilot(rung: RungName) -> Estimate:
    """No number for a rung that could not be piloted."""
    return Estimate(rung=rung, available=False, reason=UNPILOTED)


def scratch(dataset: Dataset, evidence: Evidence, pilots: Pilots) -> Estimate:
    """The pilot's own value plus the growth that a longer run lets expect; for texts, counting words if it is better.

    The rung trains both for texts and keeps the better, so the estimate is the better one's, measured where words win.
    """
    probe, pilot = needed(evidence, "linear"), pilots.result("scratch")
    counted = evidence.result("tfidf")
    if pilot is None:
        return words(evidence, counted) if counted is not None else missing_pilot("scratch")
    seconds, _ = training("scratch", evidence, pilot)
    shift = scratch_growth(pilot.measured.value, probe.measured.value)
    if counted is not None and counted.measured.value + growth(evidence, counted).mean >= (
        pilot.measured.value + shift.mean
    ):
        return words(evidence, counted)
    details = (
        f"A {pilot.measured.seconds:.0f} s pilot from random weights on {pilot.settings['n_train']:,} items reached "
        f"{100 * pilot.measured.value:.1f} %; the rest is what a longer run usually adds."
    )
    return build("scratch", evidence, pilot, shift, seconds, details)


def words(evidence: Evidence, counted: ProbeResult) -> Estimate:
    """Scratch by TF-IDF with a linear model, cross-validated; a prediction takes no backbone."""
    shift = growth(evidence, counted)
    seconds = counted.measured.seconds * max(1.0, evidence.n_train / max(counted.measured.n, 1))
    details = f"TF-IDF with a linear model, which needs nothing pre-trained, on {counted.measured.n:,} items."
    made = build("scratch", evidence, counted, shift, seconds, details)
    return made.model_copy(update={"milliseconds_per_prediction": MILLISECONDS_OF_WORDS})


def build(
    rung: RungName, evidence: Evidence, probe: ProbeResult, shift: Shift, seconds: float, details: str, **settings: Any
) -> Estimate:
    """An estimate whose interval holds the probe's noise, the shift's and the test part's own."""
    seen = seen_counts(probe)
    span = predictive(seen, test_sizes(evidence, seen), shift.mean, shift.spread)
    return standing_on(
        probe, rung, span, train_seconds=seconds, seconds_per_prediction=seconds_per_item(evidence), settings=settings,
        details=details,
    )  # fmt: skip


def growth(evidence: Evidence, probe: ProbeResult) -> Shift:
    """What the full training part adds to a probe measured on a sample, by the learning curve of the linear probe.

    The probe's error shrinks as the curve's does, error(n) = a + b n^-0.5 with a >= 0, so that it never reaches zero.
    The curve carries to four times the items it was fitted on (DESIGN.md, what is known, 6) and no further; the
    growth beyond that is left out of the value and added to the spread.
    """
    curve = evidence.curve
    floor, slope = (curve.a, curve.b) if curve else (0.0, 0.0)
    seen = float(probe.settings.get("n_fit", probe.measured.n))
    full = max(float(evidence.n_train), seen)

    def left(n: float) -> float:
        """The share of the probe's error that is left after training on n items."""
        return (floor + slope * n**-0.5) / (floor + slope * seen**-0.5) if slope > 1e-9 else 1.0

    error, within = 1.0 - probe.measured.value, min(full, FURTHEST * seen)
    step, beyond = error * (1.0 - left(within)), error * (left(within) - left(full))
    return Shift(step, float(np.sqrt(MODEL_SPREAD**2 + (0.5 * step) ** 2 + beyond**2)))


def test_sizes(evidence: Evidence, seen: Counts) -> np.ndarray:
    """Items of the test part per stratum of `seen`."""
    sizes = np.array(evidence.n_test_per_class)
    return sizes if len(seen.total) > 1 else np.array([sizes.sum()])


def training(rung: RungName, evidence: Evidence, pilot: ProbeResult) -> tuple[float, float]:
    """(seconds, epochs) of a full run on this device: its usual number of epochs, cut by the training budget.

    A pilot at a smaller input size is scaled by the number of pixels.
    """
    scale = (evidence.input_size / pilot.settings["input_size"]) ** 2
    per_epoch = scale * evidence.n_train / max(pilot.settings["items_per_second"], 1e-6)
    seconds = min(EPOCHS[rung] * per_epoch, TRAINING_SECONDS)
    return seconds, seconds / per_epoch


def seconds_per_item(evidence: Evidence) -> float:
    """Seconds for one item through the backbone, as timed."""
    return float(needed(evidence, "linear").settings["seconds_per_item"])


def all_items_seconds(evidence: Evidence) -> float:
    """Seconds to put the whole training part through the backbone."""
    return evidence.n_train * seconds_per_item(evidence)
