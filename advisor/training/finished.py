"""A fit that has ended, kept beside its checkpoint: a run that is killed later does not take it up again."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import torch

from advisor.training import checkpoints, states
from advisor.training.checkpoints import Part
from advisor.training.loop import fit
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, FitResult, Settings

FOLDER = "finished"


def fit_once(problem: Problem, settings: Settings, callbacks: Callbacks) -> FitResult:
    """As `fit`; a fit that had ended before the run was interrupted only puts the network back into its state."""
    if callbacks.checkpoint is None:
        return fit(problem, settings, callbacks)
    folder = callbacks.checkpoint / FOLDER
    checkpoint = checkpoints.read(folder)
    if checkpoint is not None:
        parts, state = checkpoint
        states.copy_into(problem.network, states.without("network", parts["best"].tensors))
        problem.network.eval()
        return _result(state["result"], parts["best"])
    result = fit(problem, settings, callbacks)
    if not result.stopped:
        tensors = states.prefixed("network", states.learned(problem.network))
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
    values = {**values, "value": value, "loss": loss, "sentences": tuple(values["sentences"])}
    return FitResult(**values, logits=best.tensors["logits"].numpy())
