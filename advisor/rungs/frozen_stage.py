"""The frozen fit that fine-tuning starts from, is compared with and rolls back to: kept with its features.

Its model is written at once, so that a run which is ended in the middle of its tuning has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from advisor.rungs import frozen, stages
from advisor.rungs.common import Features
from advisor.rungs.context import RunContext
from advisor.rungs.frozen import FrozenFit
from advisor.rungs.frozen_choice import Choice
from advisor.rungs.stages import Stage
from probes.heads import Recipe

if TYPE_CHECKING:
    from advisor.data.features import Backbone

NAME = "frozen"


def fit(
    context: RunContext, backbone: Backbone, val_rows: np.ndarray, seconds: float, span: tuple[float, float]
) -> FrozenFit:
    """As `frozen.fit`; a run that was interrupted afterwards gets the same fit again."""
    stage = stages.kept(context, NAME)
    if stage is not None:
        return _restored(stage)
    fitted = frozen.fit(context, backbone, val_rows, seconds, span)
    frozen.save(context, backbone, fitted, fallback="frozen")
    stages.keep(context, NAME, _values(fitted), _tensors(fitted))
    return fitted


def _parts(fitted: FrozenFit) -> dict[str, Features]:
    return {"train": fitted.train, "val": fitted.val}


def _values(fitted: FrozenFit) -> dict[str, Any]:
    choice = fitted.choice
    return {
        "value": fitted.value,
        "calibration": fitted.calibration,
        "sentences": list(fitted.sentences),
        "depths": list(choice.layers),
        "recipe": choice.recipe.settings,
        "temperature": choice.temperature,
        "thresholds": list(choice.thresholds),
        "tried": [[list(layers), value] for layers, value in choice.tried],
        "n_asked": {name: part.n_asked for name, part in _parts(fitted).items()},
    }


def _tensors(fitted: FrozenFit) -> dict[str, Tensor]:
    logits = {} if fitted.val_logits is None else {"val/logits": torch.from_numpy(fitted.val_logits)}
    return logits | {
        f"{name}/{what}": torch.from_numpy(np.ascontiguousarray(array))
        for name, part in _parts(fitted).items()
        for what, array in (("rows", part.rows), ("array", part.array))
    }


def _restored(stage: Stage) -> FrozenFit:
    values = stage.values
    parts = {
        name: Features(stage.tensors[f"{name}/rows"].numpy(), stage.tensors[f"{name}/array"].numpy(), n_asked)
        for name, n_asked in values["n_asked"].items()
    }
    choice = Choice(
        layers=tuple(values["depths"]),
        recipe=Recipe.of(values["recipe"]),
        temperature=values["temperature"],
        thresholds=tuple(values.get("thresholds", ())),
        tried=tuple((tuple(layers), value) for layers, value in values["tried"]),
    )
    return FrozenFit(
        train=parts["train"],
        val=parts["val"],
        value=values["value"],
        choice=choice,
        calibration=values["calibration"],
        sentences=tuple(values["sentences"]),
        val_logits=stage.tensors["val/logits"].numpy() if "val/logits" in stage.tensors else None,
    )
