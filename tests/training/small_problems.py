"""Small real problems for the tests of the loop: digits as pictures, cats and dogs in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from advisor.training.augmentation import Augmentation
from advisor.training.contrastive import BalancedSource, Contrastive, Encoder
from advisor.training.modality import modality_of
from advisor.training.network import build, linear
from advisor.training.objectives import Classification
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, Settings
from advisor.training.sources import ImageSource, TextSource
from probes.backbones import catalog
from probes.backbones.image import ImageBackbone
from probes.backbones.text import TextBackbone

SETTINGS = Settings(
    learning_rate=1e-3, head_learning_rate=1e-2, batch_size=8, steps=6, n_evaluations=3, layer_decay=0.8, patience=0
)
TEXTS = ["a cat sleeps", "the dog barks at night", "cats purr", "my dog runs", "kitten", "puppy and hound"] * 4


class Tiny(nn.Module):
    """Convolution, batch norm and dropout: what matters for resuming, in a millisecond."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.stem = nn.Conv2d(3, 16, 5, stride=2)
            self.norm = nn.BatchNorm2d(16)
            self.body = nn.Conv2d(16, 32, 3, stride=2)
            self.drop = nn.Dropout(0.2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        hidden = self.norm(self.stem(images)).relu()
        out: torch.Tensor = self.drop(self.body(hidden).relu().mean((2, 3)))
        return out


def tiny_backbone() -> ImageBackbone:
    entry = catalog.find("efficientnet-lite0")
    return ImageBackbone(entry, Tiny().eval(), None, 32, 32, entry.mean, entry.std, "random:0", "cpu")


def lite0(device: str = "cpu") -> ImageBackbone:
    return ImageBackbone.load(catalog.find("efficientnet-lite0"), device=device, input_size=64)


def image_problem(
    make: Callable[[], ImageBackbone] = tiny_backbone, memory_bytes: int = 10**9, hold: bool = True
) -> Problem:
    """Digits 0, 1 and 2 as pictures: 24 to train on, 12 to look at."""
    from sklearn.datasets import load_digits

    digits = load_digits(n_class=3)
    pixels = (16 * digits.images[:36]).clip(0, 255).astype(np.uint8)
    images = [Image.fromarray(one).convert("RGB") for one in pixels]
    backbone = make()
    labels = digits.target[:36].astype(np.int64)
    how = Augmentation(flip=False, rotation_degrees=5.0)
    return Problem(
        network=build(backbone, 3, hold_batch_norm=hold),
        train=ImageSource(lambda i: images[i], 24, backbone, how, memory_bytes),
        val=ImageSource(lambda i: images[24 + i], 12, backbone),
        objective=Classification(),
        labels_train=labels[:24],
        labels_val=labels[24:],
        n_classes=3,
        metric="accuracy",
        device=backbone.device,
    )


def lite0_problem() -> Problem:
    return image_problem(lite0)


def learning_norm_problem() -> Problem:
    """Batch norm's running statistics move too."""
    return image_problem(hold=False)


def text_problem() -> Problem:
    """Cats and dogs in words under MiniLM, which has dropout."""
    backbone = TextBackbone.load(catalog.find("all-MiniLM-L6-v2"))
    labels = np.array([0, 1] * 12, dtype=np.int64)
    return Problem(
        network=build(backbone, 2, hold_batch_norm=False),
        train=TextSource(TEXTS, backbone),
        val=TextSource(TEXTS[:6], backbone),
        objective=Classification(),
        labels_train=labels,
        labels_val=labels[:6],
        n_classes=2,
        metric="accuracy",
    )


class Letters(nn.Module):
    """Means of embedded letters, for texts of tokens: an encoder in a millisecond."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.embedded = nn.Embedding(26, 16)
            self.out = nn.Linear(16, 8)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        mask = inputs["attention_mask"][..., None]
        out: torch.Tensor = self.out((self.embedded(inputs["input_ids"]) * mask).sum(1) / mask.sum(1))
        return out


class Words:
    """Words as tokens, their letters."""

    def __init__(self, words: list[str]) -> None:
        self.words, self.ok = words, np.ones(len(words), dtype=bool)

    def __len__(self) -> int:
        return len(self.words)

    def order(self, rng: np.random.Generator | None, batch_size: int) -> list[np.ndarray]:
        return np.array_split(np.arange(len(self)), -(-len(self) // batch_size))

    def raw(self, positions: np.ndarray) -> dict[str, torch.Tensor]:
        some = [[ord(letter) - 97 for letter in self.words[i]] for i in positions]
        longest = max(map(len, some))
        ids = torch.tensor([word + [0] * (longest - len(word)) for word in some])
        mask = torch.tensor([[1] * len(word) + [0] * (longest - len(word)) for word in some])
        return {"input_ids": ids, "attention_mask": mask}

    def inputs(self, raw: dict[str, torch.Tensor], rng: np.random.Generator | None) -> dict[str, torch.Tensor]:
        return raw


def contrast_problem() -> Problem:
    """Nouns and verbs by contrast."""
    nouns = "cat dog house tree river stone cloud flower window garden bridge candle".split()
    verbs = "run sleep eat drink jump sing walk write read speak build grow".split()
    words, labels = [*nouns, *verbs], np.repeat(np.arange(2), 12)

    def groups(network: nn.Module, settings: Settings) -> list[dict[str, Any]]:
        rate, learning = settings.learning_rate, list(network.backbone.parameters())
        return [{"params": learning, "lr": rate, "base": rate, "weight_decay": 0.0}]

    network = Encoder(Letters(), linear(8, 2), modality_of("text"), False)
    source = Words(words)
    return Problem(
        network, BalancedSource(source, labels), source, Contrastive(), labels, labels, n_classes=2, groups=groups
    )


def stopped_after(steps: int, folder: Path) -> Callbacks:
    """A checkpoint after every step, and a stop after so many of them."""
    kept: list[int] = []
    return Callbacks(
        checkpoint=folder,
        checkpoint_seconds=0.0,
        kept=lambda: kept.append(1),
        should_stop=lambda: len(kept) >= steps,
    )
