"""A fit that has ended, kept beside its checkpoint: a run that is killed later does not take it up again."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from advisor.training import checkpoints
from advisor.training.checkpoints import Part
from advisor.training.loop import fit
from advisor.training.settings import Callbacks, FitResult, Settings, Task

FOLDER = "finished"


def fit_once(task: Task, settings: Settings, callbacks: Callbacks) -> FitResult:
    """As `fit`; one that had ended before the run was interrupted leaves the network in the same state and is over."""
    if callbacks.checkpoint is None:
        return fit(task, settings, callbacks)
    folder = callbacks.checkpoint / FOLDER
    found = checkpoints.read(folder)
    if found is not None:
        parts, state = found
        checkpoints.copy_into(task.network, checkpoints.without("network", parts["best"].tensors))
        task.network.eval()
        return _result(state["result"], parts["best"])
    result = fit(task, settings, callbacks)
    if not result.stopped:
        tensors = checkpoints.prefixed("network", checkpoints.learned(task.network))
        best = Part(0, {**tensors, "logits": torch.from_numpy(result.logits)})
        checkpoints.write(folder, {"best": best}, {"result": _plain(result)})
        callbacks.kept()
    return result


def _plain(result: FitResult) -> dict[str, Any]:
    """The numbers as JSON holds them; infinite ones, of a fit in which no state was judged, as null."""
    values = {field.name: getattr(result, field.name) for field in dataclasses.fields(result) if field.name != "logits"}
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def _result(values: dict[str, Any], best: Part) -> FitResult:
    value = -math.inf if values["value"] is None else values["value"]
    loss = math.inf if values["loss"] is None else values["loss"]
    told = tuple(values["sentences"])
    return FitResult(
        **{**values, "value": value, "loss": loss, "sentences": told}, logits=best.tensors["logits"].numpy()
    )
