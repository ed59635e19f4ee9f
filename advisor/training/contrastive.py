"""Contrastive tuning of an encoder on few labels: items of a class alike, those of different classes not.

The loss is that of Tunstall et al., "Efficient Few-Shot Learning Without Prompts" (SetFit), 2022,
https://arxiv.org/abs/2209.11055: the cosine of a pair against 1 for the same class and 0 for different ones, squared.
It is taken over every pair of a batch, so that 32 items give 496 pairs for 32 forward passes where SetFit pays two for
each pair. Khosla et al.'s supervised contrastive loss (NeurIPS 2020, https://arxiv.org/abs/2004.11362), which pushes
other classes as far off as it can, was no better in the 20 steps that there is time for: 8 labels per class, the metric
on 600 other items of the training parts, mean of two samples of labels (standard error about 1.4 points),

| set           | frozen | pairs, 20 steps | 40   | supervised contrastive, 20 steps | 40   |
|---------------|--------|-----------------|------|----------------------------------|------|
| trec6         | 58.2   | 80.6            | 81.1 | 80.2                             | 80.1 |
| sst2          | 59.0   | 63.8            | 61.8 | 62.8                             | 65.9 |
| tweet_emotion | 46.3   | 54.5            | 51.9 | 51.4                             | 51.6 |

A linear head on the tuned features is fitted afterwards (advisor/rungs/contrast.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.training.few import MOST_CLASSES
from advisor.training.network import Classifier
from advisor.training.objectives import autocast
from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Settings
from advisor.training.sources import Source, logits_of

#: A batch is read in so many parts of like length.
PARTS = 3
#: A batch holds at most so many classes, each at least twice.
CLASSES_A_BATCH = MOST_CLASSES


class BalancedSource:
    """A source whose batches hold few classes, several items of each, so that every item has a partner.

    ``labels``: (n,) class indices. An epoch has as many batches as the plain source; an item may come twice in it.
    """

    def __init__(self, source: Source, labels: np.ndarray) -> None:
        self.source, self.labels = source, labels
        self.ok = source.ok
        self._own = [np.flatnonzero(labels == label) for label in np.unique(labels)]

    def __len__(self) -> int:
        return len(self.source)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Balanced batches of an epoch; without `rng` the plain source's, to evaluate."""
        if rng is None:
            return self.source.order(None, batch_size)
        return [self._batch(rng, batch_size) for _ in range(max(1, round(len(self) / batch_size)))]

    def raw(self, positions: np.ndarray) -> Any:
        """The plain source's batch."""
        return self.source.raw(positions)

    def inputs(self, raw: Any, rng: np.random.Generator | None) -> Any:
        """The plain source's inputs."""
        return self.source.inputs(raw, rng)

    def _batch(self, rng: np.random.Generator, batch_size: int) -> np.ndarray:
        n_classes = min(len(self._own), CLASSES_A_BATCH, max(2, batch_size // 2))
        each = max(2, batch_size // n_classes)
        chosen = rng.permutation(len(self._own))[:n_classes]
        return np.concatenate([rng.permutation(self._own[c])[:each] for c in chosen])


def pair_loss(features: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Squared distance of every pair's cosine from 1 (same class) or 0, both kinds of pairs weighing alike.

    Shape: features (n, d) of any length, labels (n,), weights (n,) 0 for items that count nothing; a scalar.
    """
    unit = functional.normalize(features.float(), dim=1)
    same = (labels[:, None] == labels[None]).float()
    distance = (unit @ unit.T - same) ** 2
    counted = torch.triu(weights[:, None] * weights[None], diagonal=1)
    kinds = (counted * same, counted * (1 - same))
    return sum((distance * kind).sum() / kind.sum().clamp(min=1.0) for kind in kinds) / 2  # type: ignore[return-value]


def features_of_batch(module: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """The module's features of a batch of texts, read in `PARTS` of like length so that little padding is computed.

    Shape: inputs (n, longest) each, with an attention mask; (n, d) in the order given.
    """
    lengths = inputs["attention_mask"].sum(1)
    order = lengths.argsort()
    parts = [
        module({name: tensor[rows, : int(lengths[rows].max())] for name, tensor in inputs.items()})
        for rows in order.chunk(PARTS)
    ]
    return torch.cat(parts)[order.argsort()]


class Encoder(Classifier):
    """A classifier of texts that gives a batch's features (n, d) while its encoder is tuned."""

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return features_of_batch(self.backbone, inputs)


@dataclass(frozen=True)
class Contrastive:
    """The objective: the loss of pairs, in training as on all pairs of the validation items.

    `problem.network` is an `Encoder`; its backbone learns, its head does not. The outputs kept are the features
    (n_val, d) of the validation items. Processes gather the features of a whole batch: all compute the loss of all
    pairs, each with the gradient of its own items.
    """

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """The pairs' loss, weighted by the readable items of the batch."""
        features = problem.team.gathered(problem.network(inputs).float())
        labels, weights = problem.labels_train[positions], problem.train.ok[positions].astype(np.float32)
        labels = problem.team.gathered(torch.from_numpy(labels).to(problem.device))
        weights = problem.team.gathered(torch.from_numpy(weights).to(problem.device))
        n = float(weights.sum())
        with torch.autocast(problem.device, enabled=False):  # cosines need more digits than bfloat16 has
            return Loss(n * pair_loss(features, labels, weights), n)

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """The loss of the validation items and their features, from one pass."""
        precision = autocast(problem.device, settings.autocast)
        network: Any = problem.network
        features = logits_of(network.backbone, problem.val, autocast=precision, team=problem.team)
        seen, labels = torch.from_numpy(features), torch.from_numpy(problem.labels_val)
        loss = float(pair_loss(seen, labels, torch.ones(len(labels))))
        return Judgement(-loss, loss, features, is_metric=False)
