"""Fine-tuning texts with few labels: the encoder by contrast, a linear head on what it became, judged by cross-fitting.

SetFit's two steps (Tunstall et al., 2022, https://arxiv.org/abs/2209.11055) through our loop.
With few labels a validation part has a handful of items and can decide nothing; so all labelled items, but
for the test part, are held out in turn: in each fold the encoder is tuned and a head fitted on the other items. The
frozen head is cross-fitted on the same folds. What is kept is then tuned once more on all of them.

The head on the tuned features is the usual one: on 600 other training items it was ahead of the recipe that
cross-validated best on the few frozen features by 0.6 points (mean of nine samples of three sets; -0.8 to 2.6).

What it costs decides whether it can be done at all in a minute on one core. A step of 32 tweets takes 1.11 s of it
with all blocks in float32; 0.82 in four parts of like length without the embeddings, 0.67 with the top four of six
blocks, 0.40 in bfloat16 too (the frozen parts need no gradient and no optimizer state). No checkpoints are written:
three of 270 MB took 8 s of a run of 75, and a tuning of fixed length begun again ends in the same weights.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import storage
from advisor.evidence import related
from advisor.features import feature_cache
from advisor.records import Dataset
from advisor.rungs import common
from advisor.rungs.common import Gathered
from advisor.rungs.comparison import compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.saving import roll_back, save_whole
from advisor.rungs.trained import few, settings_from
from advisor.training import recipes
from advisor.training.contrastive import BalancedSource, Contrastive
from advisor.training.few_texts import STEPS, Way, way
from advisor.training.loop import fit
from advisor.training.network import Classifier, build, linear
from advisor.training.objectives import autocast
from advisor.training.settings import Callbacks, Settings, Task
from advisor.training.sources import logits_of
from probes.calibrations import calibration_of
from probes.folds import assign_folds
from probes.heads import USUAL

if TYPE_CHECKING:
    from advisor.features import Backbone

#: The fewest steps of a tuning that are worth it; docs/rungs.md has the values.
LEAST_STEPS = 10
#: Two: each half is tuned on the other, in half the steps, so judging costs as much again as the tuning that is kept.
FOLDS = 2
#: The tuned encoder is dropped when it lies behind by more than so many standard errors of the difference. With two to
#: six classes it was ahead on 600 other training items in each of nine samples of 8 labels per class (by 4 to 28
#: points), while the difference on the 16 to 48 labelled items that judge it has an error of 7 to 12.
ERRORS_BEHIND = 1.0
TIMED_TEXTS, TIMED_STEPS = 32, 2
NO_TIME = "the time did not suffice for tuning it twice and comparing"
MANY_CLASSES = "with so few labels of so many classes tuning was not better elsewhere"


@dataclass(frozen=True)
class Tuned:
    """A tuned encoder, its head still empty, and its features (n, d) of all labelled items."""

    network: Classifier
    features: np.ndarray


def applies(dataset: Dataset) -> bool:
    """Whether there are so few labels that contrast is the better way, or that none is worth its time."""
    return way_of(dataset) != "usual"


def way_of(dataset: Dataset) -> Way:
    """How this dataset is fine-tuned; the median of its classes decides."""
    counts = np.bincount(dataset.labels[dataset.where("train", "val")], minlength=len(dataset.classes))
    return way(dataset.kind, float(np.median(counts[counts > 0])), len(dataset.classes))


def execute(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> Outcome:
    """Cross-fit tuned and frozen, and save the better one, trained on every labelled item."""
    if way_of(context.dataset) == "frozen":
        return roll_back(context, backbone, fallback, MANY_CLASSES)
    pool = common.joined(fallback.standing.train, fallback.standing.val)
    resolved = _earlier(context) or resolve(context, backbone, pool)
    common.save_resolved(context, resolved)
    if not resolved["n_folds"]:
        return roll_back(context, backbone, fallback, NO_TIME)
    held_out = cross_fitted(context, backbone, pool.rows, resolved)
    if held_out is None:
        return roll_back(context, backbone, fallback, "it ended before there was anything to compare")
    frozen = _frozen_logits(context, pool, fallback, resolved)
    compared = compare(context.dataset, pool.rows, frozen, held_out, ERRORS_BEHIND)
    if not compared.kept:
        why = "it was worse on held-out items by more than the standard error"
        return roll_back(context, backbone, fallback, why, (_told(resolved),), compared)
    whole = tuned(context, backbone, pool.rows, np.ones(len(pool.rows), bool), resolved, int(resolved["n_folds"]))
    if whole is None:
        return roll_back(context, backbone, fallback, "the training diverged", (_told(resolved),), compared)
    head = common.fit_linear(context.dataset, Gathered(pool.rows, whole.features, len(pool.rows)), USUAL)
    whole.network.head = linear(backbone.dim, len(head.bias), head.weight, head.bias).to(backbone.device)
    temperature, calibration, told = common.calibrated(context.dataset, pool.rows, held_out)
    save_whole(context, backbone, whole.network, resolved, temperature)
    return Outcome(
        rung="fine-tune",
        validation={**compared.values, **calibration},
        sentences=(compared.sentence, _told(resolved), *told),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=context.should_stop(),
    )


def resolve(context: RunContext, backbone: Backbone, pool: Gathered) -> dict[str, Any]:
    """Steps and folds that the time allows, from timed steps; ``n_folds`` 0 where it allows nothing.

    A plan with ``settings["steps"]`` has as many, whatever the clock says.
    """
    settings = recipes.contrastive_settings(context.plan.seed, STEPS)
    given = {key: context.plan.settings[key] for key in ("learning_rate", "steps") if key in context.plan.settings}
    given = {key: value for key, value in given.items() if isinstance(value, (int, float))}  # "race" asks for ours
    settings = dataclasses.replace(settings, autocast=precision_of(context, backbone, pool.rows), **given)
    speed, reading = speeds(context, backbone, pool.rows, settings)
    seconds = context.seconds_left - common.report_seconds(context, 1 / reading)
    seconds -= (FOLDS + 1) * len(pool.rows) / reading  # every tuning ends with the features of all
    batches = 0.9 * seconds * speed / settings.batch_size
    steps = int(given["steps"]) if "steps" in given else min(STEPS, int(batches / FOLDS))
    return {
        "rung": "fine-tune",
        "objective": "contrastive",
        **dataclasses.asdict(dataclasses.replace(settings, steps=steps)),
        "n_folds": FOLDS if steps >= LEAST_STEPS or "steps" in given else 0,
        "n_train": len(pool.rows),
        "items_per_second": round(speed, 2),
        "read_per_second": round(reading, 2),
        "input_size": backbone.input_size,
        "precision": settings.autocast,
        "device": context.device,
    }


def precision_of(context: RunContext, backbone: Backbone, rows: np.ndarray) -> str:
    """bfloat16 where it was measured to be faster for these texts' features, else float32."""
    if context.device != "cpu":
        return recipes.training_precision(context.device)
    texts = context.dataset.items["text"].iloc[few(rows)].tolist()
    measured = calibration_of(backbone, feature_cache(), texts).dtype
    return measured if measured == "bfloat16" else "float32"


def speeds(context: RunContext, backbone: Backbone, rows: np.ndarray, settings: Settings) -> tuple[float, float]:
    """Texts a second through a tuning's steps and through a report's reading, from a copy that is then dropped."""
    task = task_of(context, _copy(backbone), rows, np.resize(few(rows), TIMED_TEXTS))
    training = fit(task, dataclasses.replace(settings, steps=TIMED_STEPS)).items_per_second
    started = time.monotonic()
    logits_of(task.network, task.val, autocast=autocast(task.device, settings.autocast))
    reading = TIMED_TEXTS / max(time.monotonic() - started, 1e-9)
    lengths = task.val.lengths  # type: ignore[attr-defined]  # of texts
    return training, reading * float(lengths.max() / lengths.mean())  # a report's batches have hardly any padding


def task_of(context: RunContext, backbone: Backbone, rows: np.ndarray, val_rows: np.ndarray) -> Task:
    """Contrast among `rows`; the features of `val_rows` come out."""
    dataset = context.dataset
    labels = dataset.labels[rows]
    return Task(
        network=build(backbone, len(dataset.classes), hold_batch_norm=False),
        kind=dataset.kind,
        train=BalancedSource(recipes.source_of(dataset, rows, backbone, None), labels),
        val=recipes.source_of(dataset, val_rows, backbone, None),
        labels_train=labels,
        labels_val=dataset.labels[val_rows],
        n_classes=len(dataset.classes),
        metric=dataset.metric,
        device=backbone.device,
        objective=Contrastive(),
    )


def cross_fitted(
    context: RunContext, backbone: Backbone, rows: np.ndarray, resolved: dict[str, Any]
) -> np.ndarray | None:
    """Logits (n, C) of every row from an encoder and a head that have not seen it; None when stopped before."""
    dataset, folds = context.dataset, folds_of(context, rows, resolved)
    logits = np.zeros((len(rows), len(dataset.classes)), np.float32)
    for turn in range(int(resolved["n_folds"])):
        inside = folds != turn
        part = tuned(context, backbone, rows, inside, resolved, turn)
        if part is None or context.should_stop():
            return None
        head = common.fit_linear(dataset, Gathered(rows[inside], part.features[inside], int(inside.sum())), USUAL)
        logits[~inside] = common.head_logits(head, part.features[~inside])
    return logits


def tuned(
    context: RunContext, backbone: Backbone, rows: np.ndarray, inside: np.ndarray, resolved: dict[str, Any], turn: int
) -> Tuned | None:
    """A copy of the backbone, tuned by contrast on the rows inside, in as many passes as all get; None if it diverged.

    Shape: rows (n,), inside (n,) bool. Its length is fixed, so that one begun again after a kill, without a checkpoint,
    ends in the same weights.
    """
    task = task_of(context, _copy(backbone), rows[inside], rows)
    n_turns = int(resolved["n_folds"]) + 1

    def emit(numbers: dict[str, Any]) -> None:
        share = 0.25 + 0.65 * (turn + numbers["step"] / max(numbers["steps"], 1)) / n_turns
        told = "Training" if turn == n_turns - 1 else f"Training without fold {turn + 1} of {n_turns - 1}"
        context.emit(told, share, **{key: value for key, value in numbers.items() if key != "seconds"})

    settings = settings_from(resolved)
    assert settings.steps is not None
    settings = dataclasses.replace(settings, steps=max(1, round(settings.steps * inside.mean())))
    result = fit(task, settings, Callbacks(emit=emit, should_stop=context.should_stop))
    assert isinstance(task.network, Classifier)
    return None if result.best_step < 0 else Tuned(task.network, result.logits)


def folds_of(context: RunContext, rows: np.ndarray, resolved: dict[str, Any]) -> np.ndarray:
    """The fold of each row, (n,); groups and duplicates stay together."""
    dataset = context.dataset
    return assign_folds(dataset.labels[rows], related(dataset)[rows], int(resolved["n_folds"]), context.plan.seed)


def _frozen_logits(context: RunContext, pool: Gathered, fallback: FrozenFit, resolved: dict[str, Any]) -> np.ndarray:
    """The frozen head's logits, cross-fitted on the same folds. Shape: (n, C)."""
    folds = folds_of(context, pool.rows, resolved)
    logits = np.zeros((len(folds), len(context.dataset.classes)), np.float32)
    for turn in range(int(folds.max()) + 1):
        inside = Gathered(pool.rows[folds != turn], pool.array[folds != turn], int((folds != turn).sum()))
        head = common.fit_linear(context.dataset, inside, fallback.chosen.recipe)
        logits[folds == turn] = common.head_logits(head, pool.array[folds == turn])
    return logits


def _copy(backbone: Backbone) -> Backbone:
    """The same backbone with weights of its own to be changed."""
    copied: Backbone = dataclasses.replace(backbone, module=copy.deepcopy(backbone.module))
    return copied


def _earlier(context: RunContext) -> dict[str, Any] | None:
    """What an interrupted attempt had resolved: steps and folds are fixed, so the same weights come out."""
    path = context.directory / "resolved.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = storage.read_json(path)
    return found if "n_folds" in found else None


def _told(resolved: dict[str, Any]) -> str:
    return (
        f"With few labels the encoder was tuned by contrast, {resolved['steps']} steps of {resolved['batch_size']}, "
        f"and judged on all {resolved['n_train']:,} labelled items, held out in {resolved['n_folds']} folds."
    )
