"""From scratch: nothing pre-trained takes part, and the strongest of two models made so is kept.

Images: the plan's architecture and a small network made for little data race, both from seeded random weights
(`scratch_race`). Texts: TF-IDF with a linear model, which takes seconds, and the same transformer from random weights
in the time left, where there are texts enough to teach it anything; it stays where it leads on the validation part by
more than noise. A fair opponent: a higher learning rate, more augmentation and more passes than fine-tuning gets, batch
norm that learns, and input as small as the time demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.errors import RunError
from advisor.rungs import common, scratch_race, stages
from advisor.rungs.context import Outcome, RunContext, RunStopped
from advisor.rungs.saved import words
from advisor.rungs.saving import earlier, save_whole
from advisor.rungs.scratch_race import Racer
from advisor.rungs.stages import Stage
from advisor.rungs.trained import carry_out, look_items
from advisor.training import recipes
from probes.folds import spread_order
from probes.interval import paired_error
from probes.tfidf import TfidfModel, affords_characters, fit_tfidf

if TYPE_CHECKING:
    from advisor.training.settings import FitResult

#: A network trained for fewer seconds than this has learned nothing from random weights.
LEAST_SECONDS = 8.0
#: A transformer trained on fewer texts from random weights has learned nothing. With 8 labels per class it came to 33 %
#: on trec6 (48 texts; words 50 %), to chance on sst2 and tweet_emotion (16 and 32), and to 6.5 % on banking77 (616;
#: words 72.7 %), validation items.
LEAST_TEXTS = 1000
#: Standard errors of the paired difference by which the network must lead: mostly the words are better, and on a few
#: validation items a network that knows nothing can lead by chance.
NOISE = 1.645


@dataclass(frozen=True)
class Counted:
    """The word-count model fitted on the training part. Shape: logits (n, C) of the validation rows it is judged on."""

    model: TfidfModel
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
    if counted is not None and (why := _why_alone(context)):
        return keep_words(context, counted, rows, {}, (why,))
    return train(context, rows, counted)


def train(context: RunContext, all_rows: np.ndarray, counted: Counted | None) -> Outcome:
    """Train the network; for texts keep the word counts where they are as good. Shape: all_rows (n,) to validate on."""
    dataset = context.dataset
    values: dict[str, float] = {}
    resolved, told = _once_resolved(context, all_rows)
    common.save_resolved(context, resolved)
    rows = np.sort(all_rows[spread_order(dataset.labels[all_rows], context.plan.seed)][: resolved["n_validation"]])
    backbone = scratch_race.random_backbone(context, resolved["architecture"], int(resolved["input_size"]))
    network = scratch_race.fresh_network(context, backbone)
    result, sentences = carry_out(context, "scratch", backbone, network, rows, resolved, (0.05, 0.93))
    told = (*told, *sentences)
    if counted is not None:
        stays, values, better = compared(context, counted, all_rows, rows, result)
        if not stays:  # what was told of the dropped network would describe a model that is not there
            return keep_words(context, counted, all_rows, values, (better,))
        told = (better, *told)
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


def _why_alone(context: RunContext) -> str:
    """Why no network is trained beside the words, or "" where one is."""
    n = len(context.dataset.where("train"))
    if n < LEAST_TEXTS:
        return f"No network was trained beside it: {n:,} texts teach one from random weights nothing."
    if context.seconds_left < LEAST_SECONDS and earlier(context) is None:  # one that was interrupted is ended
        return "The time did not suffice for a network beside it."
    return ""


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
    return Counted(model, model.logits(dataset.items["text"].iloc[val_rows].tolist()))


def _fitted(context: RunContext, rows: np.ndarray) -> TfidfModel:
    dataset = context.dataset
    texts = dataset.items["text"].iloc[rows].tolist()
    return fit_tfidf(
        texts,
        dataset.labels[rows],
        len(dataset.classes),
        common.balanced(dataset),
        with_characters=affords_characters(texts),
    )


def compared(
    context: RunContext, counted: Counted, all_rows: np.ndarray, rows: np.ndarray, result: FitResult | None
) -> tuple[bool, dict[str, float], str]:
    """(whether the network stays, both values, what to say), on the validation rows that both have answered."""
    dataset = context.dataset
    logits = counted.logits[np.isin(all_rows, rows)]
    words = common.value_of(dataset, rows, logits)
    network, error = 0.0, 0.0
    if result is not None and result.best_step >= 0:
        network, answers = result.value, (result.logits.argmax(1), logits.argmax(1))
        error = paired_error(dataset.metric, dataset.labels[rows], *answers, len(dataset.classes))
    stays = network - words > NOISE * error
    told = (
        f"On {len(rows):,} validation items counting words reached {100 * words:.1f} %, the network from random "
        f"weights {100 * network:.1f} %: {'the network stays' if stays else 'the words stay'}"
    )
    if not stays and network > words:
        told += f", since a lead of {100 * (network - words):.1f} points is within the noise"
    return stays, {"words": words, "network": network}, f"{told}."


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
    words.save(context.directory, context.plan, dataset, both, temperature)
    common.save_resolved(context, {"rung": "scratch", "architecture": "words", **both.settings})
    return Outcome(
        rung="scratch",
        validation={"value": value, "n": float(len(val_rows)), **values, **calibration},
        sentences=(f"The model is {words.TITLE}; nothing in it is pre-trained.", *sentences, *calibrated),
        device="cpu",
        stopped=context.should_stop(),
    )


def _once_resolved(context: RunContext, val_rows: np.ndarray) -> tuple[dict[str, Any], tuple[str, ...]]:
    """As `resolve`; a run that was interrupted after it gets the same once more."""
    stage = stages.kept(context, "network") or Stage({"resolved": None, "sentences": []})
    resolved = earlier(context) or stage.values["resolved"]
    if resolved is not None:
        return resolved, tuple(stage.values["sentences"])
    resolved, told = resolve(context, val_rows)
    stages.keep(context, "network", {"resolved": resolved, "sentences": list(told)})
    return resolved, told


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
