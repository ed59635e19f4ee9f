"""What a fit minimises, and how its states are judged: the seam between the one loop and a kind of task.

How to write one. Make a class with two methods and hand an instance to `Task(objective=...)`; nothing else in the
loop changes.

- `loss(task, settings, inputs, positions)` runs `task.network` on `inputs` (what `task.train.inputs` gave, already on
  the device; the network's forward pass is under autocast where `settings.autocast` says so) and returns a `Loss`: the
  *sum* over the items or tokens, with its graph, and the weight that the sum is to be divided by. The loop adds up
  sums and weights over micro-batches and processes and divides the gradient once, so that a batch gives the same
  gradient however it is cut up. `positions` are the batch's items in `task.train`, for labels and weights.
- `judge(task, settings)` returns a `Judgement` of `task.network` on `task.val`: a value (higher is better), a loss
  that decides between equal values, and any array to keep with the best state. It must leave the network's mode and
  torch's random state alone (`evaluating` sees to the mode).

Language-model tokens: let `Source.raw` and `inputs` give a dictionary with ``input_ids`` and ``labels`` (-100 where
nothing is asked); then::

    def loss(self, task, settings, inputs, positions):
        logits = task.network(input_ids=inputs["input_ids"]).logits[:, :-1].float()
        labels = inputs["labels"][:, 1:]
        total = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")
        return Loss(total, float((labels != -100).sum()))

    def judge(self, task, settings):  # the mean loss per token; or a callback that lets the model answer
        with evaluating(task.network):
            ...
        return Judgement(value=-mean, loss=mean, outputs=np.zeros(0, np.float32), is_metric=False)

Contrastive: `task.labels_train[positions]` are the batch's labels; let the source's `order` draw balanced batches
(positions may repeat; the number of batches must be the same in every epoch). Items that look at each other see only
those of their own micro-batch. A network that is no `Classifier` gives its optimizer groups with `Task.groups`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.training.sources import logits_of
from probes.interval import score

if TYPE_CHECKING:
    from advisor.training.settings import Settings, Task


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

    def loss(self, task: Task, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """Sum and weight of a batch. Shape: positions (n,) into `task.train`, inputs as the source gives them."""

    def judge(self, task: Task, settings: Settings) -> Judgement:
        """The validation part under the network as it is now."""


@dataclass(frozen=True)
class Classification:
    """Cross-entropy with label smoothing and class weights; judged by the task's metric."""

    def loss(self, task: Task, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """Smoothed cross-entropy; an item that could not be decoded weighs nothing."""
        labels = torch.from_numpy(task.labels_train[positions]).to(task.device)
        weights = _item_weights(task, task.labels_train[positions]) * task.train.ok[positions]
        logits = task.network(inputs)
        each = cross_entropies(logits, labels, settings.label_smoothing)
        return Loss((each * torch.from_numpy(weights).to(task.device)).sum(), float(weights.sum()))

    def judge(self, task: Task, settings: Settings) -> Judgement:
        """Metric and cross-entropy on the validation items that could be decoded."""
        logits = logits_of(task.network, task.val, 2 * settings.batch_size, autocast(task.device, settings.autocast))
        ok = task.val.ok
        truth, seen = task.labels_val[ok], logits[ok]
        value = score(task.metric, truth, seen.argmax(1), task.n_classes)
        each = cross_entropies(torch.from_numpy(seen), torch.from_numpy(truth), 0.0).numpy()
        weights = _item_weights(task, truth)
        return Judgement(value, float((each * weights).sum() / max(float(weights.sum()), 1e-6)), logits)


def cross_entropies(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of each item with label smoothing. Shape: logits (n, C), labels (n,), result (n,) float32."""
    return functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing, reduction="none")


def autocast(device: str, precision: str) -> torch.autocast:
    """Mixed precision as `Settings.autocast` names it: "bfloat16", or "float32" for none."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards the mode is as it was."""
    was_training = network.training
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        network.train(was_training)


def _item_weights(task: Task, labels: np.ndarray) -> np.ndarray:
    """The weight of each label's class, (n,) float32."""
    if task.class_weights is None:
        return np.ones(len(labels), dtype=np.float32)
    weights: np.ndarray = task.class_weights[labels]
    return weights
