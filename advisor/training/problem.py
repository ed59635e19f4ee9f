"""What is learned: a network, its data, and the objective, which is the seam between the one loop and a kind of task.

To write an objective, make a class with two methods and hand an instance to `Problem(objective=...)`; nothing else in
the loop changes.

- `loss(problem, settings, inputs, positions)` runs `problem.network` on `inputs` (what `problem.train.inputs` gave,
  already on the device; the forward pass is under autocast where `settings.autocast` says so) and returns a `Loss`: the
  *sum* over the items or tokens, with its graph, and the weight that the sum is to be divided by. The loop adds up
  sums and weights over micro-batches and processes and divides the gradient once, so that a batch gives the same
  gradient however it is cut up. `positions` are the batch's items in `problem.train`, for labels and weights.
- `judge(problem, settings)` returns a `Judgement` of `problem.network` on `problem.val`: a value (higher is better), a
  loss that decides between equal values, and any array to keep with the best state. It must leave the network's mode
  and torch's random state alone (`objectives.evaluating` sees to the mode).

Language-model tokens: let `Source.raw` and `inputs` give a dictionary with ``input_ids`` and ``labels`` (-100 where
no token is to be predicted); then::

    def loss(self, problem, settings, inputs, positions):
        logits = problem.network(input_ids=inputs["input_ids"]).logits[:, :-1].float()
        labels = inputs["labels"][:, 1:]
        total = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")
        return Loss(total, float((labels != -100).sum()))

    def judge(self, problem, settings):  # the mean loss per token; or a callback that lets the model answer
        with evaluating(problem.network):
            ...
        return Judgement(value=-mean, loss=mean, outputs=np.zeros(0, np.float32), is_metric=False)

Contrastive: `problem.labels_train[positions]` are the batch's labels; let the source's `order` draw balanced batches
(positions may repeat; the number of batches must be the same in every epoch). Items that look at each other see only
those of their own micro-batch. A network that is no `Classifier` gives its optimizer groups with `Problem.groups`.

Several processes: every one calls both methods, `loss` with its share of the batch, and the network must be called
once as a whole (`problem.network(inputs)`), since that is where gradients are exchanged. `problem.team` gathers rows
of all shares for a loss that compares items, and lets `judge` take a share of the validation items
(`sources.outputs_of` does); a `judge` that ignores it is right and no faster. Problems travel between processes by
cloudpickle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from advisor.training.parallel import ALONE, Team
from advisor.training.settings import Settings
from advisor.training.sources import Source


@dataclass(frozen=True)
class Loss:
    """A sum over items or tokens, a scalar with its graph, and what to divide it by for the mean."""

    total: Tensor
    weight: float


@dataclass(frozen=True)
class Judgement:
    """How good a state is: ``value`` (higher is better), then ``loss``; ``outputs`` are kept with the best state.

    ``is_metric``: whether ``value`` is the task's metric, a share that people are shown; else it only orders states.
    Shape: outputs (n_val, C) logits for classification; whatever the objective likes otherwise, or empty.
    """

    value: float
    loss: float
    outputs: np.ndarray
    is_metric: bool = True


class Objective(Protocol):
    """The loss of a batch and the judgement of the validation part; the module's text says how to write one."""

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """Sum and weight of a batch. Shape: positions (n,) into `problem.train`, inputs as the source gives them."""

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """The validation part under the network as it is now."""


def _no_labels() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Problem:
    """What a fit solves. Shape: labels_* (n,) int64 where there are classes, class_weights (C,) float32 or None.

    ``objective`` says what is minimised and how a state is judged. ``groups`` gives the optimizer's groups (each with
    ``params``, ``lr``, ``base`` = lr, ``weight_decay``) for a network that is no `Classifier`, such as one with
    adapters; what is in no group must have ``requires_grad`` off.
    ``team``: the processes that take part while it is fitted.
    """

    network: nn.Module
    train: Source
    val: Source
    objective: Objective
    labels_train: np.ndarray = field(default_factory=_no_labels)
    labels_val: np.ndarray = field(default_factory=_no_labels)
    n_classes: int = 0
    metric: str = ""
    device: str = "cpu"
    class_weights: np.ndarray | None = None
    groups: Callable[[nn.Module, Settings], list[dict[str, Any]]] | None = None
    team: Team = ALONE
