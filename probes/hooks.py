"""A backbone that gives what each of its blocks gives, pooled, in the one pass that makes the features anyway.

`hooked` wraps an image or text backbone. Its module returns every depth (or the chosen ones) side by side, the plain
features last, so extraction, cache and calibration treat it as one wide backbone; `parts` says which columns are which
depth. Pooling is the mean over space (images) or over the attention mask (texts), as the plain features are pooled.
``mirrored``: the mean of an image's features and its mirror image's, for twice the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.backbones.text import masked_mean
from probes.errors import BackboneError

#: A backbone with more blocks is looked at in this many places, evenly, the first and the last among them.
MAX_DEPTHS = 13
LAST = "last features"
_CONTAINERS = ("blocks", "features", "classifier")
_WORKING = (nn.modules.conv._ConvNd, nn.Linear)
_SILENT = (nn.Dropout, nn.Flatten, nn.Identity)  # not run, or only reshaping: no place to look


class Hooked:
    """A backbone whose features are its depths side by side; everything else is the plain backbone's.

    ``parts``: for each depth (its key in the feature cache, its number of columns), in the order of the columns; the
    last features' key is the plain backbone's own `preprocessing`, so that they are shared. ``names`` are for people.
    """

    def __init__(self, backbone: Any, depths: Sequence[str] | None = None, mirrored: bool = False) -> None:
        self.plain = backbone
        made = TextDepths(backbone.module) if hasattr(backbone, "tokenizer") else ImageDepths(backbone.module)
        if depths is not None:
            made.keep(depths)
        made.mirrored = mirrored
        self.module: EveryDepth = made.train(backbone.module.training)
        self.names = self.module.names
        self.mirrored = mirrored
        dims = _dims(backbone, self.module)
        plain_key, after = str(backbone.preprocessing), "-mirrored" if mirrored else ""
        keys = [(plain_key if name == LAST else f"{plain_key}-{name}") + after for name in self.names]
        self.parts: tuple[tuple[str, int], ...] = tuple(zip(keys, dims, strict=True))
        self.dim = sum(dims)

    @property
    def preprocessing(self) -> str:
        """What these depths together depend on besides weights and item."""
        chosen = "" if self.module.all_kept else "-" + "+".join(self.names)
        return f"{self.plain.preprocessing}-depths{chosen}{'-mirrored' if self.mirrored else ''}"

    def __getattr__(self, name: str) -> Any:
        if name == "plain":  # not there yet: without this line a half-made object would ask itself for ever
            raise AttributeError(name)
        return getattr(self.plain, name)

    def split(self, features: np.ndarray) -> list[np.ndarray]:
        """The columns of each depth. Shape: features (n, dim) to one (n, d) per part."""
        ends = np.cumsum([dim for _, dim in self.parts])[:-1]
        return np.split(features, ends, axis=1)


def hooked(backbone: Any, depths: Sequence[str] | None = None, mirrored: bool = False) -> Hooked:
    """The backbone with every depth in its features, or with those named; a hooked one as it is.

    Shape: an `ImageBackbone` or `TextBackbone`; `depths` of its `names`, kept in the network's order. Raises
    BackboneError for a depth that it does not have.
    """
    return backbone if isinstance(backbone, Hooked) else Hooked(backbone, depths, mirrored)


def inner(module: nn.Module) -> nn.Module:
    """The plain backbone's own module, out of what `hooked` runs; any other module as it is."""
    return module.inner if isinstance(module, EveryDepth) else module


def image_depths(module: nn.Module) -> list[tuple[str, nn.Module]]:
    """(name, module whose output ends that depth) from the stem to the last features.

    The children are walked in order, containers named blocks, features or classifier by their children. One that
    convolves or multiplies begins a depth; norms, activations and pooling belong to the depth before them.
    """
    depths: list[tuple[str, nn.Module]] = []
    for unit in _units(module):
        if isinstance(unit, _SILENT):
            continue
        if not depths or any(isinstance(part, _WORKING) for part in unit.modules()):
            depths.append((_kind(unit), unit))
        else:
            depths[-1] = (depths[-1][0], unit)
    kinds = [kind for kind, _ in depths[:-1]]
    if len(set(kinds[:2])) == 2:  # a convolution before blocks is their stem
        kinds[0] = "stem"
    names = [kind if kind == "stem" else f"{kind} {kinds[: i + 1].count(kind)}" for i, kind in enumerate(kinds)]
    named = [(name, end) for name, (_, end) in zip(names, depths, strict=False)]
    return [*thinned(named, MAX_DEPTHS - 1), (LAST, module)]


def _kind(unit: nn.Module) -> str:
    """What a depth is called after the module it begins with."""
    if isinstance(unit, nn.Linear):
        return "linear"
    bare = isinstance(unit, nn.Conv2d) or type(unit).__name__ == "Conv2dNormActivation"
    return "convolution" if bare else "block"


class EveryDepth(nn.Module):
    """What `hooked` runs: `each` gives the pooled output of the depths in `names`, the plain features last."""

    inner: nn.Module
    names: tuple[str, ...]
    all_kept = True
    mirrored = False

    def keep(self, depths: Sequence[str]) -> None:
        """Give these depths only, in the network's order. Raises BackboneError for one that is not there."""
        strange = [name for name in depths if name not in self.names]
        if strange or not depths:
            raise BackboneError(
                f"The backbone has no depth called {', '.join(map(repr, strange)) or 'nothing at all'}. "
                f"It has {', '.join(self.names)}."
            )
        self.all_kept = len(set(depths)) == len(self.names)
        self.names = tuple(name for name in self.names if name in depths)

    def each(self, batch: Any) -> list[Tensor]:
        """One (n, d) tensor per depth."""
        raise NotImplementedError

    def forward(self, batch: Any) -> Tensor:
        given = torch.cat([part.float() for part in self.each(batch)], dim=1)
        if not self.mirrored:
            return given
        return (given + torch.cat([part.float() for part in self.each(batch.flip(-1))], dim=1)) / 2


class ImageDepths(EveryDepth):
    """(n, 3, s, s) pixels to each depth's mean over space."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.inner = module
        named = image_depths(module)
        self.names = tuple(name for name, _ in named)
        self._ends = dict(named[:-1])

    def each(self, batch: Tensor) -> list[Tensor]:
        """The hooks live for this pass only, so the plain backbone stays plain."""
        seen: dict[int, Tensor] = {}

        def keep(module: nn.Module, _: Any, output: Tensor) -> None:
            seen[id(module)] = pooled(output)

        ends = [self._ends[name] for name in self.names if name != LAST]
        handles = [end.register_forward_hook(keep) for end in ends]
        try:
            last: Tensor = self.inner(batch)
        finally:
            for handle in handles:
                handle.remove()
        return [*(seen[id(end)] for end in ends), *([last] if LAST in self.names else [])]


class TextDepths(EveryDepth):
    """A batch of token tensors to the mean of each layer's states over the mask."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.inner = module
        n_layers = int(module.encoder.config.num_hidden_layers)
        numbered = [("embeddings", 0), *((f"layer {i}", i) for i in range(1, n_layers))]
        chosen = thinned(numbered, MAX_DEPTHS - 1)
        self.names = (*(name for name, _ in chosen), LAST)
        self._numbers = dict(chosen)

    def each(self, batch: dict[str, Tensor]) -> list[Tensor]:
        encoder: Any = self.inner.encoder
        output = encoder(**batch, output_hidden_states=True)
        states = [
            output.last_hidden_state if name == LAST else output.hidden_states[self._numbers[name]]
            for name in self.names
        ]
        return [masked_mean(state, batch["attention_mask"]) for state in states]


def pooled(output: Tensor) -> Tensor:
    """Mean over space, (n, c, h, w) to (n, c), or over tokens, (n, t, c) to (n, c); flat features as they are."""
    if output.dim() == 4:
        return output.mean(dim=(2, 3))
    return output.mean(dim=1) if output.dim() == 3 else output


def thinned(items: list[Any], limit: int) -> list[Any]:
    """At most `limit` of the items, evenly spread, the first and the last among them."""
    if len(items) <= limit:
        return items
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, limit).round().astype(int))]


@torch.inference_mode()
def _dims(backbone: Any, module: EveryDepth) -> list[int]:
    """The columns of each depth, from one item that nobody sees."""
    if isinstance(module, TextDepths):
        batch = backbone.prepare(backbone.tokenize(["a"]))
    else:
        size = int(backbone.input_size)
        batch = backbone.prepare(np.zeros((1, size, size, 3), dtype=np.uint8))
    return [part.shape[1] for part in module.each(batch)]


def _units(module: nn.Module) -> Iterator[nn.Module]:
    for name, child in module.named_children():
        yield from child.children() if name in _CONTAINERS and isinstance(child, nn.Sequential) else [child]
