"""From scratch: nothing pre-trained takes part, and the better of two models trained this way is kept.

Images: the plan's architecture and a small network made for little data race, both from seeded random weights
(`scratch_race`). Texts: TF-IDF with a linear model, which takes seconds, and the same transformer from random weights
in the time left, where there are enough texts to train it; it is kept where it leads on the validation part by more
than noise. To be a fair opponent it gets a higher learning rate, more augmentation and more epochs than fine-tuning,
batch norm that learns, and an input as small as the time requires.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.core.errors import RunError
from advisor.core.kinds import ModalityName, kind_row
from advisor.core.stopping import Stopped
from advisor.core.wording import percent
from advisor.rungs import common, label_sets, scratch_race, stages
from advisor.rungs.comparison import compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.held_out import of_logits
from advisor.rungs.saved import words
from advisor.rungs.saving import earlier, save_whole
from advisor.rungs.scratch_race import Racer
from advisor.rungs.stages import Stage
from advisor.rungs.trained import carry_out, look_items
from advisor.training import recipes
from probes.folds import spread_order
from probes.tfidf import TfidfModel, affords_characters, fit_tfidf

if TYPE_CHECKING:
    from advisor.training.settings import FitResult

#: A network trained for fewer seconds than this has learned nothing from random weights.
LEAST_SECONDS = 8.0
#: A transformer trained on fewer texts from random weights has learned nothing. With 8 labels per class it reached 33 %
#: on trec6 (48 texts; words 50 %), chance on sst2 and tweet_emotion (16 and 32), and 6.5 % on banking77 (616; words
#: 72.7 %), validation items.
LEAST_TEXTS = 1000
#: Standard errors of the paired difference by which the network must lead: mostly the words are better, and on a few
#: validation items a network that knows nothing can lead by chance.
NOISE = 1.645


@dataclass(frozen=True)
class WordCounts:
    """The word-count model fitted on the training part. Shape: logits (n, C) of the validation rows."""

    model: TfidfModel
    logits: np.ndarray


def execute(context: RunContext) -> Outcome:
    """Train from random weights within the time and save the best validated model."""
    context.emit("Building the network", 0.01)
    rows = common.validation_rows(context.dataset)
    if len(rows) == 0:
        raise RunError("There are no validation items to choose the best state by. Add labelled items to the dataset.")
    counted = WAYS[kind_row(context.dataset.kind).modality].rival(context, rows)
    if counted is not None and _wanted(context) == "words":
        return keep_words(context, counted, rows, {}, ())
    if counted is not None and (why := _why_alone(context)):
        return keep_words(context, counted, rows, {}, (why,))
    return train(context, rows, counted)


def train(context: RunContext, all_rows: np.ndarray, counted: WordCounts | None) -> Outcome:
    """Train the network; for texts keep the word counts where they are as good. Shape: all_rows (n,) to validate on."""
    dataset = context.dataset
    values: dict[str, float] = {}
    resolved, race = _once_resolved(context, all_rows)
    common.save_resolved(context, resolved)
    rows = np.sort(all_rows[spread_order(dataset.labels[all_rows], context.plan.seed)][: resolved["n_validation"]])
    backbone = scratch_race.random_backbone(context, resolved["architecture"], int(resolved["input_size"]))
    network = scratch_race.fresh_network(context, backbone)
    result, sentences = carry_out(context, "scratch", backbone, network, rows, resolved, (0.05, 0.93))
    sentences = (*race, *sentences)
    if counted is not None:
        kept, values, comparison = compared(context, counted, all_rows, rows, result)
        if not kept:  # the sentences describe a network that is not kept
            return keep_words(context, counted, all_rows, values, (comparison,))
        sentences = (comparison, *sentences)
    if result is None or (result.stopped and result.best_step < 0):
        raise Stopped("before the training")
    if result.best_step < 0:
        raise RunError(
            "Training from scratch diverged at every learning rate. Give it more time, or choose another rung."
        )
    temperature, calibration, calibrated = common.calibrated(dataset, rows, result.logits)
    held_out = of_logits(dataset, rows, result.logits, temperature)
    at = common.thresholds(dataset, rows, result.logits)
    save_whole(context, backbone, network, resolved, temperature, held_out, at)
    return Outcome(
        rung="scratch",
        validation={"value": result.value, "n": float(len(rows)), **resolved["raced"], **values, **calibration},
        sentences=("Training started from random weights.", *sentences, *calibrated),
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
        return f"No network was trained as well: {n:,} texts are too few to train one from random weights."
    if context.seconds_left < LEAST_SECONDS and earlier(context) is None:  # one that was interrupted is ended
        return "There was not enough time to train a network as well."
    return ""


def count_words(context: RunContext, val_rows: np.ndarray) -> WordCounts | None:
    """The word-count model of texts, fitted on the training part; None where the plan pins a network."""
    from probes.errors import ProbeError

    dataset = context.dataset
    if _wanted(context) == "same":
        return None
    context.stage("Counting words", 0.02, 0.05)("", 0.0)
    try:
        model = _fitted(context, dataset.where("train"))
    except ProbeError:  # one class, or not a word
        return None
    return WordCounts(model, model.logits(dataset.items["text"].iloc[val_rows].tolist()))


def _fitted(context: RunContext, rows: np.ndarray) -> TfidfModel:
    dataset = context.dataset
    texts = dataset.items["text"].iloc[rows].tolist()
    if label_sets.applies(dataset):
        return label_sets.fit_words(dataset, rows, texts)
    return fit_tfidf(
        texts,
        dataset.labels[rows],
        len(dataset.classes),
        common.balanced(dataset),
        with_characters=affords_characters(texts),
    )


def compared(
    context: RunContext, counted: WordCounts, all_rows: np.ndarray, rows: np.ndarray, result: FitResult | None
) -> tuple[bool, dict[str, float], str]:
    """(whether the network is kept, both values, a sentence), on the validation rows that both have predicted."""
    dataset = context.dataset
    logits = counted.logits[np.isin(all_rows, rows)]
    by_words = common.value_of(dataset, rows, logits)
    network, error = 0.0, 0.0
    if result is not None and result.best_step >= 0:
        both = compare(dataset, rows, logits, result.logits)
        network, error = both.tuned, both.error
    kept = network - by_words > NOISE * error
    sentence = (
        f"On {len(rows):,} validation items word counts reached {percent(by_words)}, the network from random weights "
        f"{percent(network)}: {'the network was kept' if kept else 'the word counts were kept'}"
    )
    if not kept and network > by_words:
        sentence += f", since a lead of {100 * (network - by_words):.1f} points is within the noise"
    return kept, {"words": by_words, "network": network}, f"{sentence}."


def keep_words(
    context: RunContext,
    counted: WordCounts,
    val_rows: np.ndarray,
    values: dict[str, float],
    sentences: tuple[str, ...],
) -> Outcome:
    """Fit the word-count model on training and validation part together and save it."""
    dataset = context.dataset
    value = common.value_of(dataset, val_rows, counted.logits)
    temperature, calibration, calibrated = common.calibrated(dataset, val_rows, counted.logits)
    both = _fitted(context, np.concatenate([dataset.where("train"), val_rows]))
    at = common.thresholds(dataset, val_rows, counted.logits)
    words.save(context.directory, context.plan, dataset, both, temperature, at)
    common.save_resolved(context, {"rung": "scratch", "architecture": "words", **both.settings})
    return Outcome(
        rung="scratch",
        validation={"value": value, "n": float(len(val_rows)), **values, **calibration},
        sentences=(f"The model is {words.TITLE}; nothing in it is pre-trained.", *sentences, *calibrated),
        device="cpu",
        stopped=context.should_stop(),
    )


def _once_resolved(context: RunContext, val_rows: np.ndarray) -> tuple[dict[str, Any], tuple[str, ...]]:
    """As `resolve`; a run that was interrupted afterwards gets the same again."""
    stage = stages.kept(context, "network") or Stage({"resolved": None, "sentences": []})
    resolved = earlier(context) or stage.values["resolved"]
    if resolved is not None:
        return resolved, tuple(stage.values["sentences"])
    resolved, sentences = resolve(context, val_rows)
    stages.keep(context, "network", {"resolved": resolved, "sentences": list(sentences)})
    return resolved, sentences


def resolve(context: RunContext, val_rows: np.ndarray) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Choose the network, its input size and the number of items per evaluation, from timed steps and a race."""
    racer, seconds, values, sentences = WAYS[kind_row(context.dataset.kind).modality].choose(context, val_rows)
    return _settings(context, racer, seconds, len(val_rows), values), sentences


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


@dataclass(frozen=True)
class Way:
    """What differs between modalities: the model that a network must beat, if any, and which network is trained.

    ``choose`` gives (network, seconds for its training, values of a race, sentences).
    """

    rival: Callable[[RunContext, np.ndarray], WordCounts | None]
    choose: Callable[[RunContext, np.ndarray], scratch_race.Choice]


WAYS: dict[ModalityName, Way] = {
    "image": Way(rival=lambda context, rows: None, choose=scratch_race.choose),
    "text": Way(rival=count_words, choose=scratch_race.same),
}
