"""A backbone that returns the pooled output of each of its layers in the pass that makes the features anyway.

`hooked` wraps an image or text backbone. Its module returns all layers (or the chosen ones) side by side, the plain
features last, so extraction, cache and calibration treat it as one wide backbone; `parts` says which columns belong to
which layer. Pooling is the mean over space (images) or over the attention mask (texts), as for the plain features.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.backbones.entry import Pooling
from probes.backbones.image import CONTAINERS, layers_of
from probes.backbones.text import masked_mean, pool
from probes.errors import BackboneError

#: A backbone with more layers is read at this many, evenly spread, the first and the last among them.
MAX_LAYERS = 13
LAST = "last features"
_WORKING = (nn.modules.conv._ConvNd, nn.Linear)
_APART = ("rope", "patch_embed")  # of transformers: positions, and patches laid out in space
_SILENT = (nn.Dropout, nn.Flatten, nn.Identity)  # not run, or only reshaping


class Hooked:
    """A backbone whose features are its layers side by side; everything else is the plain backbone's.

    ``parts``: for each layer (its key in the feature cache, its number of columns), in the order of the columns; the
    last features' key is the plain backbone's own `preprocessing`, so that they are shared. ``names`` are for people.
    """

    def __init__(self, backbone: Any, layers: Sequence[str] | None = None) -> None:
        self.plain = backbone
        wide = TextLayers(backbone.module) if hasattr(backbone, "tokenizer") else ImageLayers(backbone.module)
        if layers is not None:
            wide.keep(layers)
        self.module: LayerOutputs = wide.train(backbone.module.training)
        self.names = self.module.names
        dims = _dims(backbone, self.module)
        plain_key = str(backbone.preprocessing)
        keys = [plain_key if name == LAST else f"{plain_key}-{name}" for name in self.names]
        self.parts: tuple[tuple[str, int], ...] = tuple(zip(keys, dims, strict=True))
        self.dim = sum(dims)

    @property
    def preprocessing(self) -> str:
        """What these layers depend on besides weights and item."""
        chosen = "" if self.module.all_kept else "-" + "+".join(self.names)
        return f"{self.plain.preprocessing}-depths{chosen}"

    def __getattr__(self, name: str) -> Any:
        if name == "plain":  # not set yet: without this line the look-up would never end
            raise AttributeError(name)
        return getattr(self.plain, name)

    def split(self, features: np.ndarray) -> list[np.ndarray]:
        """The columns of each layer. Shape: features (n, dim) to one (n, d) per part."""
        ends = np.cumsum([dim for _, dim in self.parts])[:-1]
        return np.split(features, ends, axis=1)


@contextmanager
def watched(modules: Sequence[nn.Module], see: Callable[[nn.Module, Any, Any], None]) -> Iterator[None]:
    """Within the block, call `see` with module, inputs and output whenever one of the modules has run in this thread.

    Another thread may send a batch of its own through the same network meanwhile, which is none of this one's.
    """
    own = threading.get_ident()

    def seen(module: nn.Module, inputs: Any, output: Any) -> None:
        if threading.get_ident() == own:
            see(module, inputs, output)

    handles = [module.register_forward_hook(seen) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def hooked(backbone: Any, layers: Sequence[str] | None = None) -> Hooked:
    """The backbone with every layer in its features, or with those named; a hooked one as it is.

    backbone: an `ImageBackbone` or `TextBackbone`; layers: some of its `names`, kept in the network's order. Raises
    BackboneError for a layer that it does not have.
    """
    return backbone if isinstance(backbone, Hooked) else Hooked(backbone, layers)


def inner(module: nn.Module) -> nn.Module:
    """The plain backbone's own module inside what `hooked` runs; any other module as it is."""
    return module.inner if isinstance(module, LayerOutputs) else module


def image_layers(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """(name, module whose output ends that layer) from the stem to the last features.

    The children are walked in order, containers named blocks, features or classifier by their children. One that
    convolves or multiplies begins a layer; norms, activations and pooling belong to the layer before them. A model of
    transformers has the layers that it lists.
    """
    listed = layers_of(module)
    if listed:
        return [
            *thinned([(f"layer {n}", layer) for n, layer in enumerate(listed[:-1], 1)], MAX_LAYERS - 1),
            (LAST, module),
        ]
    layers: list[tuple[str, nn.Module]] = []
    for unit in _units(module):
        if isinstance(unit, _SILENT):
            continue
        if not layers or any(isinstance(part, _WORKING) for part in unit.modules()):
            layers.append((_kind(unit), unit))
        else:
            layers[-1] = (layers[-1][0], unit)
    kinds = [kind for kind, _ in layers[:-1]]
    if len(set(kinds[:2])) == 2:  # a convolution before blocks is their stem
        kinds[0] = "stem"
    names = [kind if kind == "stem" else f"{kind} {kinds[: i + 1].count(kind)}" for i, kind in enumerate(kinds)]
    named = [(name, end) for name, (_, end) in zip(names, layers, strict=False)]
    return [*thinned(named, MAX_LAYERS - 1), (LAST, module)]


def _kind(unit: nn.Module) -> str:
    """The name of a layer, after the module it begins with."""
    if isinstance(unit, nn.Linear):
        return "linear"
    bare = isinstance(unit, nn.Conv2d) or type(unit).__name__ == "Conv2dNormActivation"
    return "convolution" if bare else "block"


class LayerOutputs(nn.Module):
    """What `hooked` runs: `each` gives the pooled output of the layers in `names`, the plain features last.

    ``graph_name``: the graph that gives these outputs, or of which they are a part (`probes.engines.graph`).
    """

    inner: nn.Module
    names: tuple[str, ...]
    all_kept = True
    graph_name = "layers"

    def keep(self, layers: Sequence[str]) -> None:
        """Give these layers only, in the network's order. Raises BackboneError for one that does not exist."""
        unknown = [name for name in layers if name not in self.names]
        if unknown or not layers:
            cause = f"The backbone has no layer {', '.join(map(repr, unknown))}" if unknown else "No layer is named"
            raise BackboneError(f"{cause}. It has {', '.join(self.names)}.")
        self.all_kept = len(set(layers)) == len(self.names)
        self.names = tuple(name for name in self.names if name in layers)

    def each(self, batch: Any) -> list[Tensor]:
        """One (n, d) tensor per layer."""
        raise NotImplementedError

    def extra_repr(self) -> str:
        """The layers, beside the modules."""
        return ", ".join(self.names)

    def forward(self, batch: Any) -> Tensor:
        return torch.cat([part.float() for part in self.each(batch)], dim=1)


class ImageLayers(LayerOutputs):
    """(n, 3, s, s) pixels to each layer's mean over space."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.inner = module
        named = image_layers(module)
        self.names = tuple(name for name, _ in named)
        self._ends = dict(named[:-1])

    def each(self, batch: Tensor) -> list[Tensor]:
        """The hooks live for this pass only, so the plain backbone stays plain."""
        outputs: dict[int, Tensor] = {}

        def keep(module: nn.Module, _: Any, output: Tensor) -> None:
            outputs[id(module)] = pooled(output)

        ends = [self._ends[name] for name in self.names if name != LAST]
        with watched(ends, keep):
            last: Tensor = self.inner(batch)
        return [*(outputs[id(end)] for end in ends), *([last] if LAST in self.names else [])]


class TextLayers(LayerOutputs):
    """A batch of token tensors to the mean of each layer's states over the mask; the last as the encoder pools it."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.inner = module
        n_layers = int(module.encoder.config.num_hidden_layers)
        numbered = [("embeddings", 0), *((f"layer {i}", i) for i in range(1, n_layers))]
        chosen = thinned(numbered, MAX_LAYERS - 1)
        self.names = (*(name for name, _ in chosen), LAST)
        self._numbers = dict(chosen)
        self._pooling: Pooling = module.pooling

    def each(self, batch: dict[str, Tensor]) -> list[Tensor]:
        encoder: Any = self.inner.encoder
        output = encoder(**batch, output_hidden_states=True)
        mask = batch["attention_mask"]
        return [
            pool(output.last_hidden_state, mask, self._pooling)
            if name == LAST
            else masked_mean(output.hidden_states[self._numbers[name]], mask)
            for name in self.names
        ]


def pooled(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Mean over space, (n, c, h, w) to (n, c), or over tokens, (n, t, c) to (n, c); flat features as they are."""
    if isinstance(output, tuple):  # a layer of transformers may give its attention too
        output = output[0]
    if output.dim() == 4:
        return output.mean(dim=(2, 3))
    return output.mean(dim=1) if output.dim() == 3 else output


def thinned(items: list[Any], limit: int) -> list[Any]:
    """At most `limit` of the items, evenly spread, the first and the last among them."""
    if len(items) <= limit:
        return items
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, limit).round().astype(int))]


@torch.inference_mode()
def _dims(backbone: Any, module: LayerOutputs) -> list[int]:
    """The columns of each layer, from a forward pass on one dummy item."""
    if isinstance(module, TextLayers):
        batch = backbone.prepare(backbone.tokenize(["a"]))
    else:
        size = int(backbone.input_size)
        batch = backbone.prepare(np.zeros((1, size, size, 3), dtype=np.uint8))
    return [part.shape[1] for part in module.each(batch)]


def _units(module: nn.Module) -> Iterator[nn.Module]:
    for name, child in module.named_children():
        if name in _APART:
            continue
        listed = name in CONTAINERS and isinstance(child, (nn.Sequential, nn.ModuleList))
        yield from child.children() if listed else [child]
