"""The objective of several labels: binary cross-entropy of each label by itself, the rare ones weighted up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from advisor.training.objectives import autocast
from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Settings
from advisor.training.sources import logits_of
from probes.multilabel.linear import log_loss, sigmoid
from probes.multilabel.scores import cross_fitted, macro_f1

#: Parts of the validation items, each of which gets the thresholds of the others.
PARTS = 5
#: A label that an item has weighs at most so many times one that it does not have.
HEAVIEST = 5.0


@dataclass(frozen=True)
class LabelSets:
    """Binary cross-entropy; judged by macro F1 with thresholds of other validation items."""

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """Smoothed cross-entropy, mean over labels; an item that could not be decoded weighs nothing."""
        truth = torch.from_numpy(problem.labels_train[positions]).to(problem.device)
        ok = torch.from_numpy(problem.train.ok[positions].astype(np.float32)).to(problem.device)
        assert problem.class_weights is not None
        weights = torch.from_numpy(problem.class_weights).to(problem.device)
        smooth = truth * (1 - settings.label_smoothing) + settings.label_smoothing / 2
        logits = problem.network(inputs).float()
        each = functional.binary_cross_entropy_with_logits(logits, smooth, pos_weight=weights, reduction="none")
        return Loss((each.mean(dim=1) * ok).sum(), float(ok.sum()))

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """Macro F1 and binary cross-entropy on the validation items that could be decoded."""
        precision = autocast(problem.device, settings.autocast)
        logits = logits_of(problem.network, problem.val, 2 * settings.batch_size, precision)
        ok = problem.val.ok
        truth, probability = problem.labels_val[ok], sigmoid(logits[ok])
        value = macro_f1(truth, cross_fitted(truth, probability, np.arange(len(truth)) % min(PARTS, len(truth))))
        return Judgement(value, log_loss(probability, truth), logits)


def rarity_weights(targets: np.ndarray) -> np.ndarray:
    """What a label that an item has weighs against one that it does not have, at most `HEAVIEST`.

    The root of how many times as many items lack it: the whole ratio would make every item look as if it had the rare
    labels. Shape: targets (n, L) to (L,) float32.
    """
    n = np.maximum(targets.sum(axis=0), 1)
    weights: np.ndarray = np.clip(np.sqrt((len(targets) - n) / n), 1.0, HEAVIEST).astype(np.float32)
    return weights
