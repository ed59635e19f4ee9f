"""Fine-tuning texts with few labels: the encoder by contrast, a linear head on what it became, judged by cross-fitting.

SetFit's two steps (Tunstall et al., 2022, https://arxiv.org/abs/2209.11055) through our loop.
With eight labels per class a validation part has a handful of items and can decide nothing; so all labelled items, but
for the test part, are held out in turn: in each fold the encoder is tuned and a head fitted on the other items. The
frozen head is cross-fitted on the same folds. What is kept is then tuned once more on all of them.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor import storage
from advisor.evidence import related
from advisor.records import Dataset
from advisor.rungs import common
from advisor.rungs.common import Gathered
from advisor.rungs.comparison import compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.saving import roll_back, save_whole
from advisor.rungs.trained import CHECKPOINT_SECONDS, few, settings_from
from advisor.training import recipes
from advisor.training.contrastive import BalancedSource, Contrastive
from advisor.training.loop import fit
from advisor.training.network import Classifier, build, linear
from advisor.training.search import reading_speed, training_speed
from advisor.training.settings import Callbacks, Task
from advisor.training.sources import logits_of
from probes.folds import assign_folds

if TYPE_CHECKING:
    from advisor.features import Backbone
    from probes.heads import Recipe

#: Up to so many labelled items per class (median, test part left out) texts are tuned by contrast.
FEW_PER_CLASS = 16
#: Steps of a tuning, and the fewest that are worth it. 8 labels per class, accuracy on 600 other training items, frozen
#: first: trec6 55.2, 80.2 after 20 steps at 2e-4, 80.5 after 30, and 82.2 after 60 at 1e-4.
STEPS, LEAST_STEPS = 30, 10
#: Two: each half is tuned on the other, in half the steps, so judging costs as much again as the tuning that is kept.
FOLDS = 2
TIMED_TEXTS = 128
NO_TIME = "the time did not suffice for tuning it twice and comparing"


def applies(dataset: Dataset) -> bool:
    """Whether there are so few labels that contrast is the better way."""
    if dataset.kind != "text":
        return False
    counts = np.bincount(dataset.labels[dataset.where("train", "val")], minlength=len(dataset.classes))
    return bool(np.median(counts[counts > 0]) <= FEW_PER_CLASS)


def execute(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> Outcome:
    """Cross-fit tuned and frozen, and save the better one, trained on every labelled item."""
    pool = common.joined(fallback.standing.train, fallback.standing.val)
    resolved = _earlier(context) or resolve(context, backbone, pool)
    common.save_resolved(context, resolved)
    if not resolved["n_folds"]:
        return roll_back(context, backbone, fallback, NO_TIME)
    held_out = cross_fitted(context, backbone, pool.rows, fallback.recipe, resolved)
    if held_out is None:
        return roll_back(context, backbone, fallback, "it was stopped before there was anything to compare")
    compared = compare(context.dataset, pool.rows, _frozen_logits(context, pool, fallback, resolved), held_out)
    if not compared.kept:
        why = "it was not better on held-out items"
        return roll_back(context, backbone, fallback, why, (_told(resolved),), compared)
    network = tuned(context, backbone, pool.rows, pool.rows, resolved, int(resolved["n_folds"]))
    head_of(context.dataset, network, backbone, pool.rows, fallback.recipe)
    temperature, calibration, told = common.calibrated(context.dataset, pool.rows, held_out)
    save_whole(context, backbone, network, resolved, temperature)
    return Outcome(
        rung="fine-tune",
        validation={**compared.values, **calibration},
        sentences=(compared.sentence, _told(resolved), *told),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=context.should_stop(),
    )


def resolve(context: RunContext, backbone: Backbone, pool: Gathered) -> dict[str, Any]:
    """Steps and folds that the time allows, from a timed step; ``n_folds`` 0 where it allows nothing.

    A plan with ``settings["steps"]`` has as many, whatever the clock says.
    """
    # the same few texts again, since a full batch is read faster than one of sixteen
    task = task_of(context, _copy(backbone), pool.rows, np.resize(few(pool.rows), TIMED_TEXTS))
    reading, speed = reading_speed(task), training_speed(task)
    settings = recipes.contrastive_settings(context.plan.seed, STEPS)
    given = {key: context.plan.settings[key] for key in ("learning_rate", "steps") if key in context.plan.settings}
    given = {key: value for key, value in given.items() if isinstance(value, (int, float))}  # "race" asks for ours
    settings = dataclasses.replace(settings, **given)
    seconds = context.seconds_left - common.report_seconds(context, 1 / reading)
    batches = 0.9 * seconds * speed / len(task.train.order(np.random.default_rng(0), settings.batch_size)[0])
    steps = int(given["steps"]) if "steps" in given else min(STEPS, int(batches / FOLDS))
    return {
        "rung": "fine-tune",
        "objective": "contrastive",
        **dataclasses.asdict(dataclasses.replace(settings, steps=steps)),
        "n_folds": FOLDS if steps >= LEAST_STEPS or "steps" in given else 0,
        "n_train": len(pool.rows),
        "items_per_second": round(speed, 2),
        "input_size": backbone.input_size,
        "precision": "float32",
        "device": context.device,
    }


def task_of(context: RunContext, backbone: Backbone, rows: np.ndarray, val_rows: np.ndarray) -> Task:
    """Contrast among `rows`; the vote of their features on `val_rows`."""
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
    context: RunContext, backbone: Backbone, rows: np.ndarray, recipe: Recipe, resolved: dict[str, Any]
) -> np.ndarray | None:
    """Logits (n, C) of every row from an encoder and a head that have not seen it; None when stopped before."""
    dataset, folds = context.dataset, folds_of(context, rows, resolved)
    logits = np.zeros((len(rows), len(dataset.classes)), np.float32)
    for turn in range(int(resolved["n_folds"])):
        inside, outside = rows[folds != turn], rows[folds == turn]
        network = tuned(context, backbone, inside, outside, resolved, turn)
        if context.should_stop():
            return None
        head_of(dataset, network, backbone, inside, recipe)
        logits[folds == turn] = logits_of(network, recipes.source_of(dataset, outside, backbone, None))
    return logits


def tuned(
    context: RunContext,
    backbone: Backbone,
    rows: np.ndarray,
    val_rows: np.ndarray,
    resolved: dict[str, Any],
    turn: int,
) -> Classifier:
    """A copy of the backbone, tuned by contrast on `rows` in as many passes as all get; its head is still empty."""
    task = task_of(context, _copy(backbone), rows, val_rows)
    n_turns, n_all = int(resolved["n_folds"]) + 1, int(resolved["n_train"])

    def emit(numbers: dict[str, Any]) -> None:
        share = 0.25 + 0.65 * (turn + numbers["step"] / max(numbers["steps"], 1)) / n_turns
        told = "Training" if turn == n_turns - 1 else f"Training without fold {turn + 1} of {n_turns - 1}"
        context.emit(told, share, **{key: value for key, value in numbers.items() if key != "seconds"})

    callbacks = Callbacks(
        emit=emit,
        should_stop=context.should_stop,
        checkpoint=context.directory / "checkpoint" / f"fold-{turn}",
        checkpoint_seconds=CHECKPOINT_SECONDS,
    )
    settings = settings_from(resolved)
    assert settings.steps is not None
    fit(task, dataclasses.replace(settings, steps=max(1, round(settings.steps * len(rows) / n_all))), callbacks)
    assert isinstance(task.network, Classifier)
    return task.network


def head_of(dataset: Dataset, network: Classifier, backbone: Backbone, rows: np.ndarray, recipe: Recipe) -> None:
    """Fit the network's head on its features of `rows`, in place."""
    features = logits_of(network.backbone, recipes.source_of(dataset, rows, backbone, None))
    head = common.fit_linear(dataset, Gathered(rows, features, len(rows)), recipe)
    network.head = linear(backbone.dim, len(dataset.classes), head.weight, head.bias).to(backbone.device)


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
