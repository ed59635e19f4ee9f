"""The objective of classification, and what objectives share; `advisor.training.problem` says how to write another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Settings
from advisor.training.sources import logits_of
from probes.interval import score


@dataclass(frozen=True)
class Classification:
    """Cross-entropy with label smoothing and class weights; judged by the task's metric."""

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """Smoothed cross-entropy; an item that could not be decoded weighs nothing."""
        labels = torch.from_numpy(problem.labels_train[positions]).to(problem.device)
        weights = _item_weights(problem, problem.labels_train[positions]) * problem.train.ok[positions]
        logits = problem.network(inputs)
        each = cross_entropies(logits, labels, settings.label_smoothing)
        return Loss((each * torch.from_numpy(weights).to(problem.device)).sum(), float(weights.sum()))

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """Metric and cross-entropy on the validation items that could be decoded."""
        precision = autocast(problem.device, settings.autocast)
        logits = logits_of(problem.network, problem.val, 2 * settings.batch_size, precision, team=problem.team)
        ok = problem.val.ok
        truth, readable = problem.labels_val[ok], logits[ok]
        value = score(problem.metric, truth, readable.argmax(1), problem.n_classes)
        each = cross_entropies(torch.from_numpy(readable), torch.from_numpy(truth), 0.0).numpy()
        weights = _item_weights(problem, truth)
        return Judgement(value, float((each * weights).sum() / max(float(weights.sum()), 1e-6)), logits)


def cross_entropies(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of each item with label smoothing. Shape: logits (n, C), labels (n,), result (n,) float32."""
    return functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing, reduction="none")


def balanced_weights(labels: np.ndarray, n_classes: int, largest: float = 20.0) -> np.ndarray:
    """Class weights inversely proportional to the counts, mean about 1, at most `largest`. Shape: (C,) float32."""
    counts = np.maximum(np.bincount(labels, minlength=n_classes), 1)
    return np.minimum(len(labels) / (n_classes * counts), largest).astype(np.float32)


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


def _item_weights(problem: Problem, labels: np.ndarray) -> np.ndarray:
    """The weight of each label's class, (n,) float32."""
    if problem.class_weights is None:
        return np.ones(len(labels), dtype=np.float32)
    weights: np.ndarray = problem.class_weights[labels]
    return weights
