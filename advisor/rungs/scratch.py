"""From scratch: nothing pre-trained takes part, and the strongest of two models made so is kept.

Images: the plan's architecture and a small network made for little data race, both from seeded random weights
(`scratch_race`). Texts: TF-IDF with a linear model, which takes seconds, and the same transformer from random weights
in the time left; the better on the validation part stays. A fair opponent: a higher learning rate, more augmentation
and more passes than fine-tuning gets, batch norm that learns, and input as small as the time demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.errors import RunError
from advisor.rungs import common, scratch_race
from advisor.rungs.context import Outcome, RunContext, RunStopped
from advisor.rungs.saving import earlier, save_whole
from advisor.rungs.scratch_race import Racer
from advisor.rungs.trained import carry_out, look_items
from advisor.rungs.words import TITLE, save_words, validated
from advisor.training import recipes
from probes.folds import spread_order
from probes.words import WordModel, affords_characters, fit_words

if TYPE_CHECKING:
    from advisor.training.settings import FitResult

#: A network trained for fewer seconds than this has learned nothing from random weights.
LEAST_SECONDS = 8.0


@dataclass(frozen=True)
class Counted:
    """The word-count model fitted on the training part. Shape: logits (n, C) of the validation rows it is judged on."""

    model: WordModel
    logits: np.ndarray


def execute(context: RunContext) -> Outcome:
    """Train from random weights within the time and save the best validated model."""
    context.emit("Building the network", 0.01)
    rows = common.validation_rows(context.dataset)
    if len(rows) == 0:
        raise RunError("There are no validation items to choose the best state on. Add labelled items to the dataset.")
    counted = count_words(context, rows)
    if counted is not None and _wanted(context) == "words":
        return keep_words(context, counted, rows, {}, ())
    if counted is not None and context.seconds_left < LEAST_SECONDS:
        return keep_words(context, counted, rows, {}, ("The time did not suffice for a network beside it.",))
    return train(context, rows, counted)


def train(context: RunContext, all_rows: np.ndarray, counted: Counted | None) -> Outcome:
    """Train the network; for texts keep the word counts where they are as good. Shape: all_rows (n,) to validate on."""
    dataset = context.dataset
    told: tuple[str, ...] = ()
    values: dict[str, float] = {}
    resolved = earlier(context)
    if resolved is None:
        resolved, told = resolve(context, all_rows)
    common.save_resolved(context, resolved)
    rows = np.sort(all_rows[spread_order(dataset.labels[all_rows], context.plan.seed)][: resolved["n_validation"]])
    backbone = scratch_race.random_backbone(context, resolved["architecture"], int(resolved["input_size"]))
    network = scratch_race.fresh_network(context, backbone)
    result, sentences = carry_out(context, "scratch", backbone, network, rows, resolved, (0.05, 0.93))
    told = (*told, *sentences)
    if counted is not None:
        values, better = compared(context, counted, all_rows, rows, result)
        told = (better, *told)
        if result is None or result.best_step < 0 or values["words"] >= values["network"]:
            return keep_words(context, counted, all_rows, values, told)
    if result is None:
        raise RunStopped("before the training")
    if result.best_step < 0:
        raise RunError("Training from scratch diverged at every learning rate. Give it more time or another rung.")
    temperature, calibration, calibrated = common.calibrated(dataset, rows, result.logits)
    save_whole(context, backbone, network, resolved, temperature=temperature)
    return Outcome(
        rung="scratch",
        validation={"value": result.value, "n": float(len(rows)), **resolved["raced"], **values, **calibration},
        sentences=("The weights started at random.", *told, *calibrated),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=result.stopped,
    )


def _wanted(context: RunContext) -> str:
    """What the plan pins: "words" (texts), "same", "small" (images), or "race"."""
    return str(context.plan.settings.get("architecture", "race"))


def count_words(context: RunContext, val_rows: np.ndarray) -> Counted | None:
    """The word-count model of texts, fitted on the training part; None for images or where the plan pins a network."""
    from probes.errors import ProbeError

    dataset = context.dataset
    if dataset.kind != "text" or _wanted(context) == "same":
        return None
    context.stage("Counting words", 0.02, 0.05)("", 0.0)
    try:
        model = _fitted(context, dataset.where("train"))
    except ProbeError:  # one class, or not a word
        return None
    return Counted(model, validated(dataset, val_rows, model))


def _fitted(context: RunContext, rows: np.ndarray) -> WordModel:
    dataset = context.dataset
    texts = dataset.items["text"].iloc[rows].tolist()
    return fit_words(
        texts,
        dataset.labels[rows],
        len(dataset.classes),
        common.balanced(dataset),
        with_characters=affords_characters(texts),
    )


def compared(
    context: RunContext, counted: Counted, all_rows: np.ndarray, rows: np.ndarray, result: FitResult | None
) -> tuple[dict[str, float], str]:
    """Both on the same validation rows, and which of them stays, in words."""
    logits = counted.logits[np.isin(all_rows, rows)]
    words = common.value_of(context.dataset, rows, logits)
    network = max(result.value, 0.0) if result is not None else 0.0
    kept = "the words" if words >= network else "the network"
    told = f"On {len(rows):,} validation items counting words reached {100 * words:.1f} %, the network from random "
    return {
        "words": words,
        "network": network,
    }, f"{told}weights {100 * network:.1f} %: {kept} stay{'s' * (kept != 'the words')}."


def keep_words(
    context: RunContext,
    counted: Counted,
    val_rows: np.ndarray,
    values: dict[str, float],
    sentences: tuple[str, ...],
) -> Outcome:
    """Fit the word-count model on training and validation part together and save it."""
    dataset = context.dataset
    value = common.value_of(dataset, val_rows, counted.logits)
    temperature, calibration, calibrated = common.calibrated(dataset, val_rows, counted.logits)
    both = _fitted(context, np.concatenate([dataset.where("train"), val_rows]))
    save_words(context, both, temperature)
    common.save_resolved(context, {"rung": "scratch", "architecture": "words", **both.settings})
    return Outcome(
        rung="scratch",
        validation={"value": value, "n": float(len(val_rows)), **values, **calibration},
        sentences=(f"The model is {TITLE}; nothing in it is pre-trained.", *sentences, *calibrated),
        device="cpu",
        stopped=context.should_stop(),
    )


def resolve(context: RunContext, val_rows: np.ndarray) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Choose the network, its input size and the validation items of a look, from timed steps and a race."""
    if context.dataset.kind == "image":
        racer, seconds, raced, told = scratch_race.choose(context, val_rows)
    else:
        racer, seconds = scratch_race.timed(context, "same")
        raced, told = {}, ()
    return _settings(context, racer, seconds, len(val_rows), raced), told


def _settings(context: RunContext, racer: Racer, seconds: float, n: int, raced: dict[str, Any]) -> dict[str, Any]:
    return {
        "rung": "scratch",
        "architecture": racer.architecture,
        "raced": raced,
        "input_size": racer.size,
        "usual_input_size": racer.usual,
        "n_train": len(context.dataset.where("train")),
        "n_validation": look_items(n, racer.reading, seconds),
        "items_per_second": round(racer.speed, 2),
        "read_per_second": round(racer.reading, 2),
        "hold_batch_norm": False,
        "precision": recipes.training_precision(context.device),
        "device": context.device,
        "seed": context.plan.seed,
    }
