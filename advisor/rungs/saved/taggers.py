"""The models of tagged sentences from their files, one loader for each way of scoring words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from advisor.core.errors import StorageError
from advisor.data.features import load_backbone
from advisor.rungs.saved.classifier import backbone_of, entry_of
from advisor.rungs.saved.tagging import Tagger, Tick
from probes.tagging import crf, memory, names, windows
from probes.tagging.decoding import Transitions
from probes.tagging.head import log_softmax
from probes.tagging.schemes import tag_names

if TYPE_CHECKING:
    from probes.backbones.text import TextBackbone

#: Tensors of every model: the scores of first tags and of one tag after another.
START, MATRIX = "transitions.start", "transitions.matrix"
#: What parts the words of a vocabulary in a file.
APART = "\x1f"


@dataclass(frozen=True)
class Names:
    """Type names against runs of words."""

    backbone: TextBackbone
    types: tuple[str, ...]

    def scores(self, sentences: Sequence[Sequence[str]], tick: Tick) -> list[np.ndarray]:
        """Scores of the tags of each word."""
        found = names.found(sentences, self.types, self.backbone.embed)
        every = tag_names(self.types)
        return [names.scores_of(spans, len(words), every) for spans, words in zip(found, sentences, strict=True)]


@dataclass(frozen=True)
class Remembered:
    """The nearest labelled words, and the spans that are known."""

    backbone: TextBackbone
    layers: tuple[int, ...]
    words: memory.WordMemory
    listed: memory.Gazetteer
    names: tuple[str, ...]

    def scores(self, sentences: Sequence[Sequence[str]], tick: Tick) -> list[np.ndarray]:
        """Scores of the tags of each word."""
        states = windows.states_of(self.backbone, sentences, self.layers, tick)
        n = len(self.names)
        return [
            memory.mixed(self.words.shares(own, n), self.listed.shares(words, self.names))
            for own, words in zip(states, sentences, strict=True)
        ]


@dataclass(frozen=True)
class Headed:
    """A linear head on the states of words."""

    backbone: TextBackbone
    layers: tuple[int, ...]
    head: nn.Linear

    def scores(self, sentences: Sequence[Sequence[str]], tick: Tick) -> list[np.ndarray]:
        """Scores of the tags of each word."""
        return [log_softmax(one) for one in windows.states_of(self.backbone, sentences, self.layers, tick, self.head)]


@dataclass(frozen=True)
class Field:
    """A random field; the device makes no difference."""

    model: crf.Crf

    def scores(self, sentences: Sequence[Sequence[str]], tick: Tick) -> list[np.ndarray]:
        """Scores of the tags of each word."""
        return self.model.scores(sentences)


def transitions_in(tensors: dict[str, Tensor], spec: dict[str, Any]) -> Transitions:
    """The transitions beside a model. Raises StorageError where they are of another number of types."""
    start, matrix = tensors[START].numpy(), tensors[MATRIX].numpy()
    n = len(tag_names(spec["types"]))
    if start.shape != (n,) or matrix.shape != (n, n):
        raise StorageError(
            f"The model marks {len(spec['types'])} types and has transitions of other shapes ({start.shape} and "
            f"{matrix.shape}). Copy the run again, or train again."
        )
    return Transitions(start, matrix)


def tensors_of(transitions: Transitions) -> dict[str, Tensor]:
    """Transitions as a model file holds them."""
    return {START: torch.from_numpy(transitions.start.copy()), MATRIX: torch.from_numpy(transitions.matrix.copy())}


def load_names(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Tagger:
    """Type names; the encoder is this machine's. Raises BackboneError."""
    return _of(spec, tensors, Names(_plain(spec, device), tuple(spec["types"])))


def load_memory(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Tagger:
    """Labelled words and known spans; the encoder is this machine's. Raises BackboneError."""
    words = memory.WordMemory(tensors["memory"].float().numpy(), tensors["labels"].numpy().astype(np.int64))
    marked = {tuple(key): dict(types) for key, types, _ in spec["spans"]}
    listed = memory.Gazetteer(marked, {tuple(key): int(seen) for key, _, seen in spec["spans"]})
    method = Remembered(_plain(spec, device), _layers(spec), words, listed, tag_names(spec["types"]))
    return _of(spec, tensors, method)


def load_head(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Tagger:
    """A head on the encoder of this machine. Raises BackboneError."""
    return _of(spec, tensors, Headed(_plain(spec, device), _layers(spec), head_in(tensors, device)))


def load_whole(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Tagger:
    """An encoder with its head. Raises StorageError where the weights do not fit it as it is built here."""
    entry = entry_of(spec)
    backbone: Any = load_backbone(entry, int(spec["input"]["max_tokens"]), device, pretrained=False)
    own = {name.removeprefix("backbone."): t for name, t in tensors.items() if name.startswith("backbone.")}
    try:
        backbone.module.load_state_dict(own)
    except RuntimeError as error:
        raise StorageError(f"The weights of run {spec['run']} do not fit {entry.title}. Train again.") from error
    backbone.module.eval()
    return _of(spec, tensors, Headed(backbone, _layers(spec), head_in(tensors, device)))


def load_field(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Tagger:
    """A random field; the device makes no difference."""
    transitions = transitions_in(tensors, spec)
    vocabulary = tuple(bytes(tensors["vocabulary"].numpy().tobytes()).decode().split(APART))
    return _of(spec, tensors, Field(crf.Crf(vocabulary, tensors["weights"].numpy(), transitions)))


def field_tensors(model: crf.Crf) -> dict[str, Tensor]:
    """A random field as a model file holds it."""
    letters = np.frombuffer(APART.join(model.vocabulary).encode(), dtype=np.uint8).copy()
    return {"vocabulary": torch.from_numpy(letters), "weights": torch.from_numpy(model.weights)}


def head_in(tensors: dict[str, Tensor], device: str) -> nn.Linear:
    """The head beside a model."""
    weight, bias = tensors["head.weight"], tensors["head.bias"]
    head = nn.Linear(weight.shape[1], weight.shape[0])
    head.load_state_dict({"weight": weight, "bias": bias})
    return head.to(device).eval()


def _layers(spec: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(layer) for layer in spec["head"]["layers"])


def _plain(spec: dict[str, Any], device: str) -> Any:
    return backbone_of(spec, device)


def _of(spec: dict[str, Any], tensors: dict[str, Tensor], method: Any) -> Tagger:
    model = Tagger(spec, method, transitions_in(tensors, spec))
    model.backbone = getattr(method, "backbone", None)
    return model


def known_spans(listed: memory.Gazetteer) -> list[tuple[list[str], dict[str, int], int]]:
    """The known spans as model.json holds them: words, how often of each type, how often seen."""
    return [(list(key), types, listed.seen.get(key, 0)) for key, types in sorted(listed.marked.items())]
