"""Fine-tuning with few labels: judged by cross-fitting on every labelled item, then tuned once more on all of them.

With few labels a validation part has a handful of items and can decide nothing, and what it holds back is missed in the
training; so all labelled items, but for the test part, are held out in turn: in each fold the network is tuned on the
other items. The frozen head is cross-fitted on the same folds. How a tuning goes: `few_images`, and `contrast` for
texts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from advisor.core import storage
from advisor.core.records import Dataset
from advisor.evidence import related
from advisor.rungs import common, contrast, few_images, stages
from advisor.rungs.common import Gathered
from advisor.rungs.comparison import Prior, compare
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.saving import roll_back, save_whole
from advisor.rungs.stages import Stage
from advisor.rungs.turns import Tuned, Turn
from advisor.training import checkpoints
from advisor.training.few import Way, items
from advisor.training.modality import modality_of
from probes.folds import assign_folds

if TYPE_CHECKING:
    from advisor.data.features import Backbone

#: What tuning brings with 50 or 200 labels on LadderBench's images and texts. The items that judge it are few, their
#: difference has an error of 3 to 10 points, and they judge tunings on a half to two thirds of the items, so this has
#: a say: with an error of 3 points the tuned network may lie 3 behind, with 6 points 5, with 10 points 10.
ELSEWHERE = Prior(gain=0.03, spread=0.06, folds=0.05)
NO_TIME = "the time did not suffice for several tunings and a comparison"
KEPT_BEHIND = "It was kept all the same: so little behind on so few items, what tuning brings elsewhere weighs more."
MANY_CLASSES = "with so few labels of so many classes tuning was not better elsewhere"


@dataclass(frozen=True)
class How:
    """Settings that the time allows, one tuning, and what to say of them."""

    resolve: Callable[[RunContext, Backbone, FrozenFit, np.ndarray], dict[str, Any]]
    tuned: Callable[[RunContext, Backbone, FrozenFit, dict[str, Any], Turn], Tuned | None]
    told: Callable[[dict[str, Any]], str]


HOW = {
    "folds": How(few_images.resolve, few_images.tuned, few_images.told),
    "contrast": How(contrast.resolve, contrast.tuned, contrast.told),
}


def applies(dataset: Dataset) -> bool:
    """Whether there are so few labels that none is put aside, or that no tuning is worth its time."""
    return way_of(dataset) != "usual"


def way_of(dataset: Dataset) -> Way:
    """How this dataset is fine-tuned; of texts the median of its classes decides."""
    rows = dataset.where("train", "val")
    counts = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
    per_class = float(np.median(counts[counts > 0]))
    return modality_of(dataset.kind).few_label_way(len(rows), len(dataset.classes), per_class)


def execute(context: RunContext, backbone: Backbone, fallback: FrozenFit) -> Outcome:
    """Cross-fit tuned and frozen, and save the better one, trained on every labelled item."""
    chosen = way_of(context.dataset)
    if chosen == "frozen":
        return roll_back(context, backbone, fallback, MANY_CLASSES)
    how, pool = HOW[chosen], common.joined(fallback.train, fallback.val)
    resolved = _earlier(context) or _resolved(context, backbone, fallback, how, pool.rows)
    common.save_resolved(context, resolved)
    if not resolved["n_folds"]:
        return roll_back(
            context, backbone, fallback, f"{NO_TIME}, which take about {minutes(context, resolved)} min here"
        )
    folds = assign_folds(
        context.dataset.labels[pool.rows], related(context.dataset)[pool.rows], resolved["n_folds"], context.plan.seed
    )  # groups and duplicates stay together
    held_out = cross_fitted(context, backbone, fallback, how, resolved, pool.rows, folds)
    if held_out is None:
        return roll_back(context, backbone, fallback, "it ended before there was anything to compare")
    frozen = _frozen_logits(context, pool, fallback, folds)
    compared = compare(context.dataset, pool.rows, frozen, held_out, ELSEWHERE)
    told = _told(how, resolved)
    if not compared.kept:
        why = "it was worse on held-out items by more than what tuning brings elsewhere makes up for"
        return roll_back(context, backbone, fallback, why, (told,), compared)
    everything = Turn(pool.rows, np.ones(len(pool.rows), bool), resolved["n_folds"], resolved["n_folds"] + 1)
    whole = how.tuned(context, backbone, fallback, resolved, everything)
    if whole is None:
        return roll_back(context, backbone, fallback, "the training diverged", (told,), compared)
    temperature, calibration, sentences = common.calibrated(context.dataset, pool.rows, held_out)
    save_whole(context, whole.backbone, whole.network, resolved, temperature)
    return Outcome(
        rung="fine-tune",
        validation={**compared.values, **calibration},
        sentences=(compared.sentence, *((KEPT_BEHIND,) if compared.gain < 0 else ()), told, *sentences),
        device=context.device,
        precision=str(resolved["precision"]),
        stopped=context.should_stop(),
    )


def minutes(context: RunContext, resolved: dict[str, Any]) -> int:
    """What a run with all its steps would take: what has passed, and the steps at their timed speed."""
    passed = context.plan.budget_seconds - context.seconds_left
    steps = items(way_of(context.dataset), int(resolved["n_train"]), 0.0) / float(resolved["items_per_second"])
    return math.ceil((passed + steps / 0.9) / 60)


def cross_fitted(
    context: RunContext,
    backbone: Backbone,
    fallback: FrozenFit,
    how: How,
    resolved: dict[str, Any],
    rows: np.ndarray,
    folds: np.ndarray,
) -> np.ndarray | None:
    """Logits (n, C) of every row from a network that has not seen it; None when stopped before.

    What a fold came to is kept: of its network nothing else is needed.
    """
    logits = np.zeros((len(rows), len(context.dataset.classes)), np.float32)
    n_folds = int(resolved["n_folds"])
    for index in range(n_folds):
        turn, name = Turn(rows, folds != index, index, n_folds + 1), f"fold-{index}"
        stage = stages.kept(context, name)
        if stage is None:
            found = how.tuned(context, backbone, fallback, resolved, turn)
            if found is None or context.should_stop():
                return None
            stage = Stage({}, {"logits": torch.from_numpy(found.logits[folds == index])})
            stages.keep(context, name, stage.values, stage.tensors)
            checkpoints.clear(turn.folder(context))
        logits[folds == index] = stage.tensors["logits"].numpy()
    return logits


def _resolved(
    context: RunContext, backbone: Backbone, fallback: FrozenFit, how: How, rows: np.ndarray
) -> dict[str, Any]:
    found = how.resolve(context, backbone, fallback, rows)
    return {"rung": "fine-tune", **found, "n_train": len(rows), "device": context.device}


def _frozen_logits(context: RunContext, pool: Gathered, fallback: FrozenFit, folds: np.ndarray) -> np.ndarray:
    """The frozen head's logits, cross-fitted on the same folds. Shape: (n, C)."""
    logits = np.zeros((len(folds), len(context.dataset.classes)), np.float32)
    for index in range(int(folds.max()) + 1):
        inside = Gathered(pool.rows[folds != index], pool.array[folds != index], int((folds != index).sum()))
        head = common.fit_linear(context.dataset, inside, fallback.chosen.recipe)
        logits[folds == index] = head.logits(pool.array[folds == index])
    return logits


def _earlier(context: RunContext) -> dict[str, Any] | None:
    """What an interrupted attempt had resolved: steps and folds are fixed, so the same weights come out."""
    path = context.files.resolved
    if not path.is_file():
        return None
    found: dict[str, Any] = storage.read_json(path)
    return found if "n_folds" in found else None


def _told(how: How, resolved: dict[str, Any]) -> str:
    return (
        f"{how.told(resolved)}, and judged on all {resolved['n_train']:,} labelled items, held out in "
        f"{resolved['n_folds']} folds."
    )
