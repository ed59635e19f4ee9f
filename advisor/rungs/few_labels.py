"""Fine-tuning with few labels: judged by cross-fitting on every labelled item, then tuned once more on all of them.

With few labels a validation part has a handful of items and decides nothing, while the training misses them. So all
labelled items outside the test part are held out in turn: in each fold the network is tuned on the other items. The
frozen head is cross-fitted on the same folds. `few_images` tunes images, `contrast` tunes texts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from advisor.core import storage
from advisor.core.records import Dataset
from advisor.core.wording import counted, duration
from advisor.evidence.sample import related
from advisor.rungs import common, contrast, few_images, label_sets, stages
from advisor.rungs.common import Features
from advisor.rungs.comparison import Prior, compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.held_out import of_logits
from advisor.rungs.saving import DIVERGED, STOPPED, roll_back, save_whole
from advisor.rungs.stages import Stage
from advisor.rungs.tuning import LEAST_SHARE, Tuned, Tuning, affordable
from advisor.training import checkpoints
from advisor.training.few import Way, items
from advisor.training.modality import modality_of
from probes.folds import assign_folds

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: What tuning gains with 50 or 200 labels on LadderBench's images and texts. The items that compare are few, their
#: difference has an error of 3 to 10 points, and they compare tunings on a half to two thirds of the items. So this
#: counts too: with an error of 3 points the tuned network may lie 3 behind, with 6 points 5, with 10 points 10.
ELSEWHERE = Prior(gain=0.03, spread=0.06, folds=0.05)
NO_TIME = "the budget was too short, since comparing several fine-tuning settings takes"
KEPT_BEHIND = (
    "It was kept all the same: a gap this small on so few items weighs less than the usual gain on other data."
)
MANY_CLASSES = "with so few labels of so many classes, tuning did not help on other data"
SLOWED = "the machine became slower than when its steps were timed, and the time limit left none for the last tuning"
GAVE_UP = "it had more held-out items right, but at the cost of the rare classes"
WORSE = "it was worse on held-out items by more than the usual gain on other data makes up for"


@dataclass(frozen=True)
class Recipe:
    """One way to tune: the settings that the time allows, one tuning, and a phrase for the report."""

    resolve: Callable[[RunContext, Backbone, FrozenFit, np.ndarray], dict[str, Any]]
    tuned: Callable[[RunContext, Backbone, FrozenFit, dict[str, Any], Tuning], Tuned | None]
    phrase: Callable[[dict[str, Any]], str]


RECIPES = {
    "folds": Recipe(few_images.resolve, few_images.tuned, few_images.phrase),
    "contrast": Recipe(contrast.resolve, contrast.tuned, contrast.phrase),
}


def applies(dataset: Dataset) -> bool:
    """Whether there are so few labels that none is set aside, or that no tuning is worth its time."""
    return not label_sets.applies(dataset) and way_of(dataset) != "usual"


def way_of(dataset: Dataset) -> Way:
    """How this dataset is fine-tuned; of texts the median of its classes decides."""
    rows = dataset.where("train", "val")
    counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
    per_class = float(np.median(counts[counts > 0]))
    return modality_of(dataset.kind).few_label_way(len(rows), len(dataset.classes), per_class)


def execute(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> Outcome:
    """Cross-fit tuned and frozen, and save the better one, trained on every labelled item."""
    way = way_of(context.dataset)
    if way == "frozen":
        return roll_back(context, backbone, fallback, MANY_CLASSES)
    recipe, pool = RECIPES[way], common.joined(fallback.train, fallback.val)
    resolved = _earlier(context) or _resolved(context, backbone, fallback, recipe, pool.rows)
    common.save_resolved(context, resolved)
    if not resolved["n_folds"]:
        why = f"{NO_TIME} about {counted(minutes(context, resolved), 'minute')} on this machine"
        return roll_back(context, backbone, fallback, why)
    folds = assign_folds(
        context.dataset.labels[pool.rows], related(context.dataset)[pool.rows], resolved["n_folds"], context.plan.seed
    )  # groups and duplicates stay together
    pace = Pace(context, resolved)
    held_out = cross_fitted(context, backbone, fallback, recipe, pace, pool.rows, folds)
    if held_out is None:
        why = STOPPED if context.should_stop() else "it ended before there was anything to compare"
        return roll_back(context, backbone, fallback, why)
    frozen = _frozen_logits(context, pool, fallback, folds)
    compared = compare(context.dataset, pool.rows, frozen, held_out, ELSEWHERE)
    sentence = _sentence(recipe, resolved)
    if not compared.kept:
        why = GAVE_UP if compared.for_the_frequent else WORSE
        return roll_back(context, backbone, fallback, why, (sentence,), compared, gained_nothing=True)
    everything = Tuning(pool.rows, np.ones(len(pool.rows), bool), resolved["n_folds"], resolved["n_folds"] + 1)
    steps = pace.steps(everything)
    if steps is None:
        return roll_back(context, backbone, fallback, SLOWED, (sentence,), compared)
    context.say(
        f"{compared.sentence} So the network is tuned once more, now on all {len(pool.rows):,} labelled items: "
        f"this one is kept."
    )
    whole = recipe.tuned(context, backbone, fallback, {**resolved, "steps": steps}, everything)
    if whole is None or context.should_stop():
        why = STOPPED if context.should_stop() else DIVERGED
        return roll_back(context, backbone, fallback, why, (sentence,), compared)
    temperature, calibration, sentences = common.calibrated(context.dataset, pool.rows, held_out)
    said = of_logits(context.dataset, pool.rows, held_out, temperature)
    save_whole(context, whole.backbone, whole.network, resolved, temperature, said)
    return Outcome(
        rung="fine-tune",
        validation={**compared.values, **calibration},
        sentences=(
            compared.sentence,
            *((KEPT_BEHIND,) if compared.gain < 0 else ()),
            sentence,
            *pace.sentences(steps),
            *sentences,
        ),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=context.should_stop(),
    )


class Pace:
    """How many steps each tuning takes: as many as were planned, fewer where the folds so far show a slower machine.

    What is decided is kept, so that an interrupted run goes on with it.
    """

    def __init__(self, context: RunContext, resolved: dict[str, Any]) -> None:
        self.context, self.resolved, self.planned = context, resolved, int(resolved["steps"])
        self.step_seconds: float | None = None

    def took(self, steps: int, seconds: float | None) -> None:
        """Note what a fold took; None where a former version kept no time."""
        if seconds is not None:
            self.step_seconds = seconds / max(steps, 1)

    def steps(self, tuning: Tuning) -> int | None:
        """Steps over all items, of which a fold takes its share; None where the limit leaves none for the last."""
        if self.step_seconds is None or isinstance(self.context.plan.settings.get("steps"), int):
            return self.planned
        decided = stages.kept(self.context, f"pace-{tuning.index}")
        if decided is not None:
            return int(decided.values["steps"])
        reading = common.report_seconds(self.context, 1 / float(self.resolved["read_per_second"]))
        fits = float(tuning.inside.mean()) * (1.0 + tuning.fits_after)
        steps = affordable(self.planned, fits, self.step_seconds, self.context.seconds_left - reading)
        if steps is None and not tuning.last:
            steps = max(1, math.ceil(LEAST_SHARE * self.planned))
        if steps is not None:
            stages.keep(self.context, f"pace-{tuning.index}", {"steps": steps})
        return steps

    def sentences(self, steps: int) -> tuple[str, ...]:
        """That the tuning that is kept was shortened, for the report."""
        if steps >= self.planned:
            return ()
        limit = duration(self.context.plan.budget_seconds)
        return (
            f"The machine became slower than when its steps were timed, so the tuning that is kept took "
            f"{counted(steps, 'step')}, to end within {limit}.",
        )


def minutes(context: RunContext, resolved: dict[str, Any]) -> int:
    """What a run with all its steps would take: the time so far, and the steps at their timed speed."""
    passed = context.plan.budget_seconds - context.seconds_left
    steps = items(way_of(context.dataset), int(resolved["n_train"]), 0.0) / float(resolved["items_per_second"])
    return math.ceil((passed + steps / 0.9) / 60)


def cross_fitted(
    context: RunContext,
    backbone: Backbone,
    fallback: FrozenFit,
    recipe: Recipe,
    pace: Pace,
    rows: np.ndarray,
    folds: np.ndarray,
) -> np.ndarray | None:
    """Logits (n, C) of every row from a network that has not seen it; None when stopped before.

    A fold's logits are kept: nothing else of its network is needed.
    """
    logits = np.zeros((len(rows), len(context.dataset.classes)), np.float32)
    n_folds = int(pace.resolved["n_folds"])
    for index in range(n_folds):
        tuning, name = Tuning(rows, folds != index, index, n_folds + 1), f"fold-{index}"
        stage = stages.kept(context, name)
        if stage is None:
            n_inside = int(tuning.inside.sum())
            context.say(
                f"Fold {index + 1} of {n_folds}: tuned on {n_inside:,} items and judged on the other "
                f"{len(rows) - n_inside:,}, since with so few labels none is set aside for good."
            )
            resolved, began = {**pace.resolved, "steps": pace.steps(tuning)}, time.monotonic()
            tuned = recipe.tuned(context, backbone, fallback, resolved, tuning)
            if tuned is None or context.should_stop():
                return None
            taken = {"seconds": time.monotonic() - began, "steps": tuning.settings(resolved).steps}
            stage = Stage(taken, {"logits": torch.from_numpy(tuned.logits[folds == index])})
            stages.keep(context, name, stage.values, stage.tensors)
            checkpoints.clear(tuning.folder(context))
            held_out = rows[folds == index]
            value = common.value_of(context.dataset, held_out, stage.tensors["logits"].numpy())
            tuning.judged(context, resolved, value)
        pace.took(int(stage.values.get("steps", pace.planned)), stage.values.get("seconds"))
        logits[folds == index] = stage.tensors["logits"].numpy()
    return logits


def _resolved(
    context: RunContext, backbone: Backbone, fallback: FrozenFit, recipe: Recipe, rows: np.ndarray
) -> dict[str, Any]:
    settings = recipe.resolve(context, backbone, fallback, rows)
    return {"rung": "fine-tune", **settings, "n_train": len(rows), "device": context.device}


def _frozen_logits(context: RunContext, pool: Features, fallback: FrozenFit, folds: np.ndarray) -> np.ndarray:
    """The frozen head's logits, cross-fitted on the same folds. Shape: (n, C)."""
    logits = np.zeros((len(folds), len(context.dataset.classes)), np.float32)
    for index in range(int(folds.max()) + 1):
        inside = Features(pool.rows[folds != index], pool.array[folds != index], int((folds != index).sum()))
        head = common.fit_linear(context.dataset, inside, fallback.choice.recipe)
        logits[folds == index] = head.logits(pool.array[folds == index])
    return logits


def _earlier(context: RunContext) -> dict[str, Any] | None:
    """The settings of an interrupted attempt: steps and folds are fixed, so the same weights come out."""
    path = context.files.resolved
    if not path.is_file():
        return None
    resolved = storage.read_object(path)
    return resolved if "n_folds" in resolved else None


def _sentence(recipe: Recipe, resolved: dict[str, Any]) -> str:
    return (
        f"{recipe.phrase(resolved)}, and compared on all {resolved['n_train']:,} labelled items, held out in "
        f"{resolved['n_folds']} folds."
    )
