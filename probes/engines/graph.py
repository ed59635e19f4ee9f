"""A backbone as a graph: from raw items to the features of every layer, in one pass.

One graph serves every use of a backbone: the plain features and any choice of layers are outputs of it. Images come as
(n, s, s, 3) uint8, and are normalised inside; texts as the tensors that the encoder takes, of any number and length.
"""

from __future__ import annotations

import functools
import hashlib
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import torch
from torch import Tensor, nn

from probes.backbones.image import normalise
from probes.hooks import LayerOutputs, hooked

#: Raise it whenever the same backbone would be translated into another graph.
FORMAT = 1
#: What builds and translates a network; another version may give another graph.
LIBRARIES = ("torch", "torchvision", "timm", "transformers")
#: Two texts whose lengths differ, so that no length becomes a constant of the graph.
EXAMPLES = ("A first text.", "Another text, which is a little longer than the first one was.")
OTHERS = ("One.", "A third text of yet another length stands here for the graph to read.", "And one more, short.")


@dataclass(frozen=True)
class Signature:
    """What a graph is known by. ``key``: SHA-256 of weights, structure and input; ``outputs``: the layers' names."""

    key: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Graph:
    """What is translated. ``module``: the inputs, one tensor each, to a tuple of (n, d), one per output."""

    signature: Signature
    module: nn.Module
    examples: tuple[tuple[Tensor, ...], ...]

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """What torch itself gives. Shape: one (n, d) per output."""
        with torch.inference_mode():
            return list(self.module(*inputs))


class Pixels(nn.Module):
    """(n, s, s, 3) uint8 to the outputs of an image backbone's layers."""

    def __init__(self, wide: LayerOutputs, mean: Any, std: Any) -> None:
        super().__init__()
        self.wide, self.mean, self.std = wide, mean, std

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return tuple(part.float() for part in self.wide.each(normalise(pixels, self.mean, self.std)))


class Tokens(nn.Module):
    """Token tensors, (n, tokens) int64 each, to the outputs of a text encoder's layers."""

    def __init__(self, wide: LayerOutputs, names: tuple[str, ...]) -> None:
        super().__init__()
        self.wide, self.names = wide, names

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        return tuple(part.float() for part in self.wide.each(dict(zip(self.names, tensors, strict=True))))


#: By module and kind of graph: how its weights were marked, the input's size, the signature. It keeps no module alive.
_known: weakref.WeakKeyDictionary[nn.Module, dict[str, tuple[tuple[int, ...], int, Signature]]]
_known = weakref.WeakKeyDictionary()


def translatable(backbone: Any) -> bool:
    """Whether there is a graph of what this backbone runs: on a processor, in eval mode, and no older mixture."""
    plain = _inner(backbone.module)
    own = plain is getattr(getattr(backbone, "plain", backbone), "module", None)
    return own and str(backbone.device) == "cpu" and not plain.training


def signature_of(backbone: Any) -> Signature:
    """The signature of a `translatable` backbone's graph; computed once per module and state of its weights."""
    inner = _inner(backbone.module)
    mark, size, signature = _known.get(inner, {}).get(_kind(backbone.module), ((), 0, None))
    if signature is None or (mark, size) != (_mark(inner), int(backbone.input_size)):
        signature = graph_of(backbone).signature
    return signature


def graph_of(backbone: Any) -> Graph:
    """The graph of a `translatable` backbone, plain or hooked."""
    inner, own = _inner(backbone.module), _kind(backbone.module)
    graph = _made(backbone, own)
    _known.setdefault(inner, {})[own] = _mark(inner), int(backbone.input_size), graph.signature
    return graph


def places(backbone: Any, outputs: Sequence[str]) -> tuple[int, ...]:
    """Which of a graph's outputs, side by side, are the backbone's features."""
    module = backbone.module
    names = module.names if isinstance(module, LayerOutputs) else outputs[-1:]
    return tuple(outputs.index(name) for name in names)


def inputs_of(backbone: Any, batch: Any) -> tuple[Tensor, ...]:
    """A batch as it was decoded or tokenized, as the graph's inputs."""
    if isinstance(batch, dict):
        return tuple(batch[name].long() for name in backbone.inputs if name in batch)
    return (torch.as_tensor(batch),)


def _inner(module: nn.Module) -> nn.Module:
    return module.inner if isinstance(module, LayerOutputs) else module


def _kind(module: nn.Module) -> str:
    """Layers for a plain or hooked backbone, or what the wrapper of the module is called."""
    return module.graph_name if isinstance(module, LayerOutputs) else LayerOutputs.graph_name


def _made(backbone: Any, own: str) -> Graph:
    plain = getattr(backbone, "plain", backbone)
    wide: LayerOutputs = hooked(plain).module if own == LayerOutputs.graph_name else backbone.module
    if hasattr(plain, "tokenizer"):
        # What the tokenizer does not give, the encoder makes up itself.
        first = plain.tokenize(list(EXAMPLES))
        names = tuple(name for name in plain.inputs if name in first)
        module: nn.Module = Tokens(wide, names)
        examples = tuple(inputs_of(plain, plain.tokenize(list(texts))) for texts in (EXAMPLES, OTHERS))
    else:
        names, module, size = ("pixels",), Pixels(wide, plain.mean, plain.std), int(plain.input_size)
        seeded = torch.Generator().manual_seed(0)
        examples = tuple(
            (torch.randint(0, 256, (n, size, size, 3), dtype=torch.uint8, generator=seeded),) for n in (2, 1)
        )
    module.eval()
    return Graph(Signature(_key(module, own, names, plain), names, wide.names), module, examples)


def _key(module: nn.Module, own: str, names: tuple[str, ...], plain: Any) -> str:
    """SHA-256 of all that a graph depends on: every tensor, the structure, the input, the libraries."""
    running = hashlib.sha256()
    size = "" if hasattr(plain, "tokenizer") else (plain.input_size, plain.mean, plain.std)
    pooling = getattr(plain.entry, "pooling", "")
    for fact in (FORMAT, own, names, size, pooling, _versions(), repr(module)):
        running.update(f"{fact}\x1f".encode())
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        running.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\x1f".encode())
        running.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return running.hexdigest()


def _mark(module: nn.Module) -> tuple[int, ...]:
    """Changes whenever a weight does: where each lies and how often it was written to."""
    return tuple(
        number
        for tensor in (*module.parameters(), *module.buffers())
        for number in (tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version)
    )


@functools.cache
def _versions() -> tuple[str, ...]:
    def version(name: str) -> str:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return ""

    return tuple(version(name) for name in LIBRARIES)
