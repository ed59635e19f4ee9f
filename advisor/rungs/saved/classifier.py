"""Predictors with a backbone and a head: all weights from their own folder, or a head on a backbone at hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from torch import Tensor, nn

from advisor.core.errors import StorageError
from advisor.core.kinds import kind_row
from advisor.data.features import feature_cache, load_backbone
from advisor.llm.identity import check_saved
from advisor.rungs.saved.heads import Head, build_head
from advisor.rungs.saved.predictor import ImagePredictor, Predictor, TextPredictor
from probes.forward import Forward, forward_of
from probes.hooks import LAST, hooked
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.training.sources import Source
    from probes.backbones.catalog import Entry

#: Texts that the device is timed with, where that pays.
N_TIMED = 64


def load(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Predictor:
    """A head on a backbone of this machine.

    Raises BackboneError when the backbone is missing or another one, RunError for a head of an unknown type.
    """
    return _with_head(spec, tensors, backbone_of(spec, device))


def load_whole(spec: dict[str, Any], tensors: dict[str, Tensor], device: str) -> Predictor:
    """A model that brings its own weights. Raises StorageError when they do not fit the backbone as built here."""
    entry = entry_of(spec)
    backbone = load_backbone(entry, _input_size(spec), device, pretrained=False)
    own = {name.removeprefix("backbone."): t for name, t in tensors.items() if name.startswith("backbone.")}
    try:
        backbone.module.load_state_dict(own)
    except RuntimeError as error:
        raise StorageError(
            f"The weights of run {spec['run']} do not fit {entry.title} as this program builds it. Train again, or use "
            f"the versions of timm, torchvision or transformers that the model was trained with."
        ) from error
    return _with_head(spec, tensors, _prepared(spec, backbone))


def backbone_of(spec: dict[str, Any], device: str) -> Backbone:
    """The backbone that a model.json names, ready to predict. Raises BackboneError when it is not here."""
    backbone = load_backbone(entry_of(spec), _input_size(spec), device)
    check_saved(backbone.weights_hash, spec["backbone"]["sha256"], backbone.entry.title)
    return _prepared(spec, backbone)


def entry_of(spec: dict[str, Any]) -> Entry:
    """The entry of the backbone that a model.json names: of the catalog, or the small network that is not in it.

    A text is read as the head learned it: whatever the catalog says now, pooled and prefixed as the model.json does.
    """
    from probes.backbones import catalog
    from probes.backbones.entry import Prefixes
    from probes.backbones.small import SMALL

    name: str = spec["backbone"]["name"]
    entry = SMALL if name == SMALL.name else catalog.find(name, kind_row(spec["kind"]).modality)
    if entry.kind != "text":
        return entry
    prefixes = Prefixes(item=str(spec["input"].get("prefix", "")))
    return dataclasses.replace(entry, pooling=spec["input"].get("pooling", "mean"), prefixes=prefixes)


def _input_size(spec: dict[str, Any]) -> int:
    return int(spec["input"].get("size_px") or spec["input"]["max_tokens"])


def _prepared(spec: dict[str, Any], backbone: Backbone) -> Backbone:
    """The backbone with the layers that the head was trained on as its features."""
    backbone.module.eval()
    layers, mirrored = tuple(spec["backbone"].get("depths", [LAST])), bool(spec["input"].get("mirrored"))
    if layers == (LAST,) and not mirrored:
        return backbone
    view: Any = hooked(backbone, layers)
    if mirrored:
        view.module = Mirrored(view.module).eval()
    return view  # type: ignore[no-any-return]  # everything else is the plain backbone's


class Mirrored(nn.Module):
    """The mean of an image's features and its mirror image's, which earlier versions could train a head on."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, batch: Tensor) -> Tensor:
        features: Tensor = (self.module(batch) + self.module(batch.flip(-1))) / 2
        return features


def _with_head(spec: dict[str, Any], tensors: dict[str, Tensor], backbone: Backbone) -> Predictor:
    arrays = {name: tensor.numpy() for name, tensor in tensors.items() if not name.startswith("backbone.")}
    return _CLASSIFIERS[backbone.entry.kind](spec, backbone, build_head(spec, arrays, backbone))


class _Classifier(Predictor):
    """A backbone with a head."""

    def __init__(self, spec: dict[str, Any], backbone: Any, head: Head) -> None:
        super().__init__(spec)
        self.backbone, self.head = backbone, head
        self._stays = False
        self._forward: Forward | None = None

    def stay(self) -> None:
        """As `Predictor.stay`."""
        self._stays = True

    def _probabilities(self, source: Source, progress: Progress, texts: list[str] | None = None) -> np.ndarray:
        from advisor.training.sources import outputs_of

        features = outputs_of(self._run(len(source), texts), source, tick=lambda share: progress("Predicting", share))
        return np.asarray(self.head(features), dtype=np.float32)

    def _run(self, n: int, texts: list[str] | None) -> Forward:
        """The forward pass for n more items; an engine, once one is open, is kept."""
        if self._forward is None or self._forward.engine == "torch":
            self._forward = forward_of(self.backbone, n, feature_cache(), texts=texts, stays=self._stays)
        return self._forward


class TextClassifier(_Classifier, TextPredictor):
    """Texts through the backbone."""

    def of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        """As `TextPredictor.of_texts`."""
        from advisor.training.sources import TextSource

        return self._probabilities(TextSource(texts, self.backbone), progress, texts[:N_TIMED])


class ImageClassifier(_Classifier, ImagePredictor):
    """Images through the backbone."""

    @property
    def side_px(self) -> int:  # type: ignore[override]
        """The backbone's input."""
        return int(self.backbone.input_size)

    def of_images(
        self, read: Callable[[int], Image.Image], n: int, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `ImagePredictor.of_images`."""
        from advisor.training.sources import ImageSource

        source = ImageSource(read, n, self.backbone, memory_bytes=0)
        return self._probabilities(source, progress), source.ok


_CLASSIFIERS: dict[str, type[_Classifier]] = {"image": ImageClassifier, "text": TextClassifier}
