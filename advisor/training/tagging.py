"""Words with tags as a problem of the training loop: windows of sentences, a tagger, and its objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from advisor.training.network import parameter_groups
from advisor.training.objectives import autocast, evaluating
from advisor.training.problem import Judgement, Loss, Problem
from advisor.training.settings import Settings
from advisor.training.sources import by_length
from probes.backbones.text import blocks
from probes.tagging.decoding import Transitions
from probes.tagging.head import Sample, log_softmax, tagged
from probes.tagging.scoring import count_spans
from probes.tagging.windows import WordStates, batch_of, windows_of

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone


class WordTagger(nn.Module):
    """The encoder's words at some layers, then one linear layer: a batch to (words, T) logits."""

    def __init__(self, backbone: nn.Module, layers: Sequence[int], head: nn.Linear) -> None:
        super().__init__()
        encoder: Any = backbone
        self.backbone, self.head = backbone, head
        self.states = WordStates(encoder.encoder, layers)

    def forward(self, inputs: dict[str, Any]) -> Tensor:
        words = self.states(inputs["batch"], inputs["rows"], inputs["n_words"])
        logits: Tensor = self.head(words)
        return logits


class WordSource:
    """Windows of sentences as a `Source` of the training loop."""

    def __init__(self, sample: Sample, backbone: TextBackbone) -> None:
        self.sample, self.backbone = sample, backbone
        self.windows = windows_of(backbone.tokenizer, sample.sentences, backbone.max_tokens)
        self.lengths = np.array([len(window.ids) for window in self.windows])
        self.ok = np.ones(len(self.windows), dtype=bool)

    def __len__(self) -> int:
        return len(self.windows)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        """Batches of like length in random order; longest first without `rng`."""
        return by_length(self.lengths, rng, batch_size)

    def raw(self, positions: np.ndarray) -> dict[str, Any]:
        """The encoder's inputs, the word of each piece, and the tags of the words."""
        some = [self.windows[place] for place in positions.tolist()]
        batch, rows = batch_of(some, self.backbone.tokenizer, self.backbone.inputs)
        tags = np.concatenate([self.sample.tags[one.sentence][slice(*one.words)] for one in some])
        return {"batch": batch, "rows": rows, "n_words": len(tags), "labels": torch.from_numpy(tags)}

    def inputs(self, raw: dict[str, Any], rng: np.random.Generator | None) -> dict[str, Any]:
        """The batch on the encoder's device."""
        device = self.backbone.device
        return {
            "batch": self.backbone.prepare(raw["batch"]), "rows": raw["rows"].to(device), "n_words": raw["n_words"],
            "labels": raw["labels"].to(device),
        }  # fmt: skip


@dataclass(frozen=True)
class WordTags:
    """Cross-entropy of the words' tags; judged by entity F1 of the best sequences under these transitions."""

    transitions: Transitions

    def loss(self, problem: Problem, settings: Settings, inputs: Any, positions: np.ndarray) -> Loss:
        """The sum over words, and their number."""
        logits, labels = problem.network(inputs), inputs["labels"]
        total = functional.cross_entropy(
            logits.float(), labels, reduction="sum", label_smoothing=settings.label_smoothing
        )
        return Loss(total, float(len(labels)))

    def judge(self, problem: Problem, settings: Settings) -> Judgement:
        """Entity F1 and the mean loss of the validation words."""
        source: Any = problem.val
        scores: list[list[np.ndarray]] = [[] for _ in source.sample.sentences]
        parts: dict[int, np.ndarray] = {}
        total, n = 0.0, 0
        with evaluating(problem.network):
            for positions in source.order(None, 2 * settings.batch_size):
                inputs = source.inputs(source.raw(positions), None)
                with autocast(problem.device, settings.autocast):
                    logits = problem.network(inputs).float()
                total += float(functional.cross_entropy(logits, inputs["labels"], reduction="sum"))
                n += len(logits)
                sizes = [source.windows[i].words[1] - source.windows[i].words[0] for i in positions.tolist()]
                split = np.split(logits.cpu().numpy(), np.cumsum(sizes)[:-1])
                parts |= dict(zip(positions.tolist(), split, strict=True))
        for place, window in enumerate(source.windows):
            scores[window.sentence].append(log_softmax(parts[place]))
        found = tagged([np.concatenate(own) for own in scores], self.transitions, source.sample.names)
        f1 = count_spans(source.sample.spans(), found, source.sample.types).f1
        return Judgement(f1, total / max(n, 1), np.zeros(0, np.float32))


def groups(network: nn.Module, settings: Settings) -> list[dict[str, Any]]:
    """The optimizer's groups: the encoder's blocks, each learning slower than the next, and the head."""
    tagger: Any = network
    return parameter_groups(tagger.head, blocks(tagger.backbone), settings)
