"""Frozen: a linear head on the backbone's features, with the layers and the regularisation that cross-validate best.

The steps: every layer of a sample of the training part decides which layers the head uses (`frozen_choice`); of the
rest only those are extracted; the head is cross-validated again where there is more than the sample; its logits are
divided by the temperature of its out-of-fold predictions (`probes.temperature`).
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from advisor.core.kinds import kind_row
from advisor.core.wording import counted, listed, percent
from advisor.rungs import common
from advisor.rungs.common import Features
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.frozen_choice import Choice, choose, honest
from advisor.rungs.saved import folder
from probes.folds import spread_order
from probes.hooks import hooked
from probes.joined import MOST_ITEMS

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from probes.heads import Head

#: Shares of the extraction's seconds: every layer of the sample, and the validation part.
SAMPLE_SHARE, VALIDATION_SHARE = 0.4, 0.3
#: Seconds for cross-validation at most, and their share of the time left.
MOST_CHOOSING_SECONDS, CHOOSING_SHARE = 20.0, 0.2


@dataclass(frozen=True)
class FrozenFit:
    """The frozen rung before its final fit: the head's value on the validation part when fitted without it.

    ``train`` and ``val``: the features of the chosen layers, on which fine-tuning starts too. ``calibration``: expected
    calibration error on the validation part before and after the temperature; empty without one. Shape: val_logits
    (m, C) of that head; None in a run that an older version began.
    """

    train: Features
    val: Features
    value: float
    choice: Choice
    calibration: dict[str, float] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    val_logits: np.ndarray | None = None


def execute(context: RunContext) -> Outcome:
    """Fit the head on the training part, score it on the validation part, then fit it on both and save it."""
    context.emit("Loading the backbone", 0.01)
    started = time.monotonic()
    backbone = common.open_backbone(context)
    seconds = 0.6 * context.seconds_left
    fitted = fit(context, backbone, common.validation_rows(context.dataset), seconds, (0.1, 0.75))
    save(context, backbone, fitted)
    took = round(time.monotonic() - started, 3)
    common.save_resolved(context, {"rung": context.plan.rung, **settings(backbone, fitted), "seconds": took})
    return Outcome(
        rung="frozen",
        validation={"value": fitted.value, "n": float(len(fitted.val.rows)), **fitted.calibration},
        sentences=fitted.sentences,
        device=context.device,
        partial=common.partial_sentence(fitted.train),
    )


def fit(
    context: RunContext, backbone: Backbone, val_rows: np.ndarray, seconds: float, span: tuple[float, float]
) -> FrozenFit:
    """Features within `seconds`, the layers of the head, the head without the validation part and its value there."""
    rows, labels = context.dataset.where("train"), context.dataset.labels
    started = time.monotonic()

    def at(share: float) -> float:
        return span[0] + share * (span[1] - span[0])

    every: Any = hooked(backbone)
    row_kind = kind_row(context.plan.kind)
    few = rows[spread_order(labels[rows], context.plan.seed)][:MOST_ITEMS]
    context.say(
        f"Reading {row_kind.counted(len(few))} at every layer of the pre-trained network, to see where a linear head "
        f"works best."
    )
    sample = common.gather(context, every, few, SAMPLE_SHARE * seconds, (at(0.0), at(0.4)))
    context.stage("Comparing layers", at(0.4), at(0.45))("", 0.0)
    choice = choose(context, every, sample, _choosing_seconds(context))
    view: Any = hooked(backbone, choice.layers)
    context.say(f"The head works best on {listed(map(str, choice.layers))}. Now all {row_kind.items} are read there.")
    left = seconds - (time.monotonic() - started)
    val = common.gather(context, view, val_rows, VALIDATION_SHARE * left, (at(0.45), at(0.6)), sample.calibration)
    left = seconds - (time.monotonic() - started)
    train = common.gather(context, view, rows, left, (at(0.6), at(1.0)), sample.calibration)
    context.stage("Fitting the head", span[1], span[1] + 0.05)("", 0.0)
    if len(train.rows) > 1.1 * len(sample.rows):
        choice = _again(context, train, choice)
    return _fitted(context, train, val, choice, min(span[1] + 0.05, 1.0))


def _choosing_seconds(context: RunContext) -> float:
    return min(MOST_CHOOSING_SECONDS, CHOOSING_SHARE * context.seconds_left)


def _again(context: RunContext, train: Features, choice: Choice) -> Choice:
    """The recipe and the temperature from all training items instead of the sample."""
    from probes.linear import LinearProbe

    probe = common.probe_head(context, train, _choosing_seconds(context))
    if probe is None:
        return choice
    if not isinstance(probe, LinearProbe):
        return dataclasses.replace(choice, recipe=probe.recipe, thresholds=tuple(probe.thresholds.tolist()))
    temperature = honest(probe, context.dataset.labels[train.rows])
    return dataclasses.replace(choice, recipe=probe.recipe, temperature=temperature)


def _fitted(context: RunContext, train: Features, val: Features, choice: Choice, share: float) -> FrozenFit:
    """The head on the training part, judged on the validation part."""
    dataset = context.dataset
    head = common.fit_linear(dataset, train, choice.recipe)
    logits = head.logits(val.array)
    value = common.value_of(dataset, val.rows, logits)
    context.emit("Fitting the head", share, frozen_value=value)
    if len(val.rows):
        n = counted(len(val.rows), "validation item")
        context.say(f"The frozen model reaches {percent(value)} {dataset.metric} on {n}.")
    temperature, calibration, sentences = common.calibrated(dataset, val.rows, logits, choice.temperature)
    return FrozenFit(
        train=train,
        val=val,
        value=value,
        choice=dataclasses.replace(
            choice,
            temperature=temperature,
            thresholds=common.thresholds(dataset, val.rows, logits, choice.thresholds),
        ),
        calibration=calibration,
        sentences=(*choice.sentences, *sentences),
        val_logits=logits,
    )


def logits(context: RunContext, fitted: FrozenFit) -> np.ndarray:
    """The frozen head's logits of the validation rows, fitted without them. Shape: (m, C)."""
    if fitted.val_logits is not None:
        return fitted.val_logits
    head = common.fit_linear(context.dataset, fitted.train, fitted.choice.recipe)
    return head.logits(fitted.val.array)


def save(context: RunContext, backbone: Backbone, fitted: FrozenFit, **more: object) -> None:
    """Fit the head on training and validation part together and write the model."""
    both = common.joined(fitted.train, fitted.val)
    head = common.fit_linear(context.dataset, both, fitted.choice.recipe)
    spec = folder.backbone_spec(context.plan, context.dataset, backbone, weights="head")
    spec["backbone"]["depths"] = list(fitted.choice.layers)
    spec["head"] = {
        "type": "linear",
        **fitted.choice.recipe.settings,
        **folder.decided(fitted.choice.temperature, fitted.choice.thresholds),
        "n_items": len(both.rows),
    }
    spec.update(more)
    folder.save(context.directory, spec, tensors_of(head))


def tensors_of(head: Head) -> dict[str, torch.Tensor]:
    """The head as a model file holds it."""
    return {
        "head.weight": torch.from_numpy(np.array(head.weight, np.float32)),
        "head.bias": torch.from_numpy(np.array(head.bias, np.float32)),
    }


def settings(backbone: Backbone, fitted: FrozenFit) -> dict[str, Any]:
    """What resolved.json says of a frozen model."""
    return {
        "backbone": backbone.entry.reference,
        **described(fitted),
        "input_size": backbone.input_size,
        "n_train": len(fitted.train.rows),
        "n_validation": len(fitted.val.rows),
    }


def described(fitted: FrozenFit) -> dict[str, Any]:
    """The choice, for resolved.json: a plan with these settings makes the same without comparing."""
    return {
        **fitted.choice.recipe.settings,
        "depths": list(fitted.choice.layers),
        "tried": [[list(layers), round(value, 4)] for layers, value in fitted.choice.tried],
        "temperature": round(fitted.choice.temperature, 4),
    }
