"""Answers as tokens: a language model learns the answer that follows its prompt; only the answer counts in the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.training.objectives import autocast, evaluating
from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Settings
from advisor.training.sources import by_length

#: A label that the loss leaves out.
IGNORED = -100


@dataclass(frozen=True)
class Example:
    """Tokens of a prompt and of the answer after it, the end of the turn included."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


class TokenSource:
    """Examples as a `Source` of the training loop, padded on the right per batch."""

    def __init__(self, examples: Sequence[Example], device: str) -> None:
        self.examples, self.device = list(examples), device
        self.lengths = np.array([len(example) for example in self.examples])
        self.ok = np.ones(len(self.examples), dtype=bool)

    def __len__(self) -> int:
        return len(self.examples)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Batches of like length in random order; longest first without `rng`."""
        return by_length(self.lengths, rng, batch_size)

    def raw(self, positions: np.ndarray) -> dict[str, Tensor]:
        """``input_ids``, ``attention_mask`` and ``labels``, (len(positions), longest) int64."""
        some = [self.examples[i] for i in positions.tolist()]
        longest = max(len(example) for example in some)
        ids = torch.zeros((len(some), longest), dtype=torch.int64)
        mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
        for row, example in enumerate(some):
            ids[row, : len(example)] = torch.tensor(example.prompt + example.answer)
            mask[row, : len(example)] = 1
            labels[row, len(example.prompt) : len(example)] = torch.tensor(example.answer)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    def inputs(self, raw: dict[str, Tensor], rng: np.random.Generator | None) -> dict[str, Tensor]:
        """The batch on the model's device."""
        return {name: tensor.to(self.device) for name, tensor in raw.items()}


class AnswerLogits(nn.Module):
    """A causal language model that gives logits only where there is a label: the vocabulary is wide.

    Shape: ids, mask, labels (n, t) to logits (m, vocabulary) and their labels (m,).
    """

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.backbone = module

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        body = getattr(self.backbone, self.backbone.base_model_prefix)
        states = body(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
        labels = inputs["labels"][:, 1:]
        labelled = labels != IGNORED
        logits: Tensor = self.backbone.get_output_embeddings()(states[:, :-1][labelled])
        return logits, labels[labelled]


@dataclass(frozen=True)
class Tokens:
    """Cross-entropy of the answers' tokens; judged by the same on the validation part, lower being better."""

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """The sum over the answers' tokens, and their number."""
        logits, labels = problem.network(inputs)
        total = functional.cross_entropy(logits.float(), labels, reduction="sum")
        return Loss(total, float(len(labels)))

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """Mean loss per token of the validation answers; its negative is the value."""
        total, n, team = 0.0, 0.0, problem.team
        with evaluating(problem.network), team.together():
            for positions in problem.val.order(None, settings.batch_size)[team.rank :: team.world]:
                inputs = problem.val.inputs(problem.val.raw(positions), None)
                with autocast(problem.device, settings.autocast):
                    loss = self.loss(problem, settings, inputs, positions)
                total, n = total + float(loss.total), n + loss.weight
        total, n = team.sums(total, n)
        mean = total / max(n, 1.0)
        return Judgement(-mean, mean, np.zeros(0, np.float32), is_metric=False)
