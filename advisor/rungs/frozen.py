"""Frozen: a linear head on the backbone's features, its regularisation by cross-validation."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from advisor.rungs import common
from advisor.rungs.common import Gathered
from advisor.rungs.context import Outcome, RunContext
from advisor.rungs.model import base_spec, save_model

if TYPE_CHECKING:
    from advisor.features import Backbone
    from probes.heads import Recipe


@dataclass(frozen=True)
class FrozenFit:
    """The frozen rung before its final fit: what the head reaches on the validation part when fitted without it."""

    train: Gathered
    val: Gathered
    recipe: Recipe
    value: float
    weight: np.ndarray
    bias: np.ndarray


def execute(context: RunContext) -> Outcome:
    """Fit the head on the training part, score it on the validation part, then fit it on both and save it."""
    context.emit("Loading the backbone", 0.01)
    backbone = common.open_backbone(context)
    started, left = time.monotonic(), context.seconds_left
    fitted = fit(context, backbone, common.validation_rows(context.dataset), 0.6 * left, (0.03, 0.75))
    save(context, backbone, fitted)
    common.save_resolved(
        context,
        {
            "rung": context.plan.rung,
            **fitted.recipe.settings,
            "input_size": backbone.input_size,
            "n_train": len(fitted.train.rows),
            "n_validation": len(fitted.val.rows),
            "seconds": round(time.monotonic() - started, 3),
        },
    )
    return Outcome(
        rung="frozen",
        validation={"value": fitted.value, "n": float(len(fitted.val.rows))},
        sentences=common.partial_sentence(fitted.train),
        device=context.device,
    )


def fit(
    context: RunContext, backbone: Backbone, val_rows: np.ndarray, seconds: float, span: tuple[float, float]
) -> FrozenFit:
    """Features within `seconds`, the recipe of the head, the head without the validation part and its value there."""
    dataset = context.dataset
    middle = span[0] + 0.2 * (span[1] - span[0])
    started = time.monotonic()
    val = _gather_or_none(context, backbone, val_rows, 0.3 * seconds, (span[0], middle))
    left = seconds - (time.monotonic() - started)
    train = common.gather(context, backbone, dataset.where("train"), left, (middle, span[1]))
    context.stage("Fitting the head", span[1], span[1] + 0.05)("", 0.0)
    recipe = common.choose_recipe(context, train)
    head = common.fit_linear(dataset, train, recipe)
    value = common.value_of(dataset, val.rows, common.head_logits(head, val.array))
    context.emit("Fitting the head", min(span[1] + 0.05, 1.0), frozen_value=value)
    return FrozenFit(train, val, recipe, value, np.asarray(head.weight), np.asarray(head.bias))


def save(context: RunContext, backbone: Backbone, fitted: FrozenFit, **more: object) -> None:
    """Fit the head on training and validation part together and write the model."""
    both = common.joined(fitted.train, fitted.val)
    head = common.fit_linear(context.dataset, both, fitted.recipe)
    spec = base_spec(context.plan, context.dataset, backbone, weights="head")
    spec["head"] = {"type": "linear", **fitted.recipe.settings, "n_items": len(both.rows)}
    spec.update(more)
    tensors = {
        "head.weight": torch.from_numpy(np.array(head.weight, np.float32)),
        "head.bias": torch.from_numpy(np.array(head.bias, np.float32)),
    }
    save_model(context.directory, spec, tensors)


def _gather_or_none(
    context: RunContext, backbone: Backbone, rows: np.ndarray, seconds: float, span: tuple[float, float]
) -> Gathered:
    """Like `common.gather`, and nothing for no rows (a set so small that it has no validation part)."""
    if len(rows) == 0:
        return Gathered(rows, np.zeros((0, backbone.dim), np.float32), 0)
    return common.gather(context, backbone, rows, seconds, span)
