"""A trained model as a folder: ``model.json`` says what it is, ``model.safetensors`` holds its numbers; no pickle.

Fine-tuned and from-scratch models hold every weight. The other rungs hold only their head or memory and refer to the
backbone by name and SHA-256, which is checked on loading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image
from torch import Tensor

from advisor.core import storage
from advisor.core.errors import BackboneError, DatasetError, RunError, StorageError
from advisor.core.records import Dataset, Plan, Prediction
from advisor.core.workspace import RunFiles
from advisor.data.features import feature_cache, load_backbone
from advisor.rungs.saved.heads import Head, build_head
from probes.progress import Progress, silent

if TYPE_CHECKING:
    from advisor.data.features import Backbone
    from advisor.training.sources import Source
    from probes.backbones.catalog import Entry

FORMAT = "transfer-advisor model"
#: 2 since a head may stand on several depths, on mirrored pictures or on words, and its logits have a temperature.
SCHEMA = 2
READABLE = (1, 2)
#: From so many texts on the precision that is quickest here is worth looking up; its features point the same way.
MANY_TEXTS = 512
Input = str | Path | Image.Image


def spec_of(plan: Plan, dataset: Dataset, weights: str) -> dict[str, Any]:
    """What every model.json says.

    ``weights``: "all" (in this folder), "head" (of a backbone elsewhere), "words", "prompt" (a language model), "clip".
    """
    return {
        "format": FORMAT,
        "schema_version": SCHEMA,
        "rung": plan.rung,
        "run": plan.run,
        "kind": dataset.kind,
        "classes": list(dataset.classes),
        "dataset": {"name": dataset.name, "fingerprint": dataset.fingerprint},
        "metric": dataset.metric,
        "weights": weights,
    }


def base_spec(plan: Plan, dataset: Dataset, backbone: Backbone, weights: str) -> dict[str, Any]:
    """What the model.json of a model with a backbone says; ``weights`` as in `spec_of`."""
    entry = backbone.entry
    spec = spec_of(plan, dataset, weights)
    spec["backbone"] = {
        "name": entry.reference,
        "title": entry.title,
        "source": entry.source_id,
        "licence": entry.licence,
        "sha256": backbone.weights_hash,
        "dim": backbone.dim,
    }
    if dataset.kind == "image":
        spec["input"] = {
            "size_px": backbone.input_size,
            "mean": list(entry.mean),
            "std": list(entry.std),
            "resize": "shorter side to size_px, bicubic, centre crop",
        }
    else:
        spec["input"] = {"max_tokens": backbone.input_size, "pooling": "mean"}
    return spec


def save_model(directory: Path, spec: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    """Write ``model.safetensors``, then ``model.json`` with its SHA-256; both atomically."""
    from safetensors.torch import save

    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    storage.write_bytes(RunFiles(directory).weights, content)
    storage.write_json(RunFiles(directory).model, {**spec, "sha256": hashlib.sha256(content).hexdigest()})


def load_model(directory: str | Path, device: str = "cpu") -> Predictor:
    """A predictor from a run's folder.

    Raises RunError when there is no model, StorageError when it is damaged or of another version, BackboneError
    when the backbone it refers to is missing or not the same.
    """
    folder = Path(directory)
    if not RunFiles(folder).model.is_file():
        raise RunError(f"{folder} holds no model (model.json is missing). Give the folder of a finished run.")
    spec = storage.read_json(RunFiles(folder).model)
    if not isinstance(spec, dict) or spec.get("format") != FORMAT or spec.get("schema_version") not in READABLE:
        raise StorageError(
            f"{folder / 'model.json'} is no model that this program reads (schema version {SCHEMA}). It is damaged, or "
            f"of a newer program: copy it again, train again, or update this program."
        )
    path = RunFiles(folder).weights
    if not path.is_file() or storage.sha256_file(path) != spec["sha256"]:
        raise StorageError(f"{path} is missing or damaged: its SHA-256 is not the recorded one. Copy it again.")
    from safetensors.torch import load_file

    tensors = load_file(path)
    if spec["weights"] == "words":
        from advisor.rungs.saved.tfidf import WordsPredictor

        return WordsPredictor(spec, {name: tensor.numpy() for name, tensor in tensors.items()})
    if spec["weights"] == "clip":
        from advisor.rungs.saved.clip import ClipPredictor

        return ClipPredictor.load(spec, device)
    if spec["weights"] == "prompt":
        from advisor.rungs.saved.prompted import PromptPredictor

        encoder = _backbone(spec, {}, device, folder) if spec["prompt"]["nearest"] else None
        return PromptPredictor(spec, {name: tensor.numpy() for name, tensor in tensors.items()}, encoder, device)
    backbone = _backbone(spec, tensors, device, folder)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items() if not name.startswith("backbone.")}
    return Predictor(spec, backbone, build_head(spec, arrays, backbone))


def _backbone(spec: dict[str, Any], tensors: dict[str, Tensor], device: str, folder: Path) -> Backbone:
    """The backbone the model needs: from its own weights, or the one it names, hash checked."""
    entry = entry_of(spec["backbone"]["name"], spec["kind"])
    size = int(spec["input"].get("size_px") or spec["input"]["max_tokens"])
    whole = spec["weights"] == "all"
    backbone = load_backbone(entry, size, device, pretrained=not whole)
    if whole:
        own = {name.removeprefix("backbone."): t for name, t in tensors.items() if name.startswith("backbone.")}
        try:
            backbone.module.load_state_dict(own)
        except RuntimeError as error:
            raise StorageError(
                f"{RunFiles(folder).weights} does not fit {entry.title} as this program builds it. Train again, or use "
                f"the versions of timm, torchvision or transformers that the model was trained with."
            ) from error
    elif backbone.weights_hash != spec["backbone"]["sha256"]:
        raise BackboneError(
            f"The model in {folder} was trained on {entry.title} with SHA-256 {spec['backbone']['sha256'][:12]}, and "
            f"the weights here have {backbone.weights_hash[:12]}. Get the same weights, or train again."
        )
    backbone.module.eval()
    return _as_seen(spec, backbone)


def entry_of(name: str, kind: Literal["image", "text"]) -> Entry:
    """The entry of a backbone that a model names: of the catalog, or the small network that has no weights there."""
    from probes.backbones import catalog
    from probes.backbones.small import SMALL

    return SMALL if name == SMALL.name else catalog.find(name, kind)


def _as_seen(spec: dict[str, Any], backbone: Backbone) -> Backbone:
    """The backbone with the depths that the head stands on, and mirrored pictures where it was trained on them."""
    from advisor.training.network import at_depths
    from probes.hooks import LAST

    return at_depths(backbone, spec["backbone"].get("depths", [LAST]), bool(spec["input"].get("mirrored", False)))


class Predictor:
    """A model that answers. ``classes`` are the labels; columns of `predict_proba` are in their order.

    ``backbone`` is None for a model that needs none.
    """

    def __init__(self, spec: dict[str, Any], backbone: Any, head: Head) -> None:
        self.spec, self.backbone, self.head = spec, backbone, head
        self.classes: tuple[str, ...] = tuple(spec["classes"])
        self.kind: str = spec["kind"]
        self.rung: str = spec["rung"]

    def predict(self, inputs: Sequence[Input]) -> list[Prediction]:
        """The label of each input with its probability. Raises as `predict_proba` does."""
        inputs = [inputs] if isinstance(inputs, (str, Path, Image.Image)) else list(inputs)
        probabilities = self.predict_proba(inputs)
        return [
            _prediction(_name(item, i), row, self.classes)
            for i, (item, row) in enumerate(zip(inputs, probabilities, strict=True))
        ]

    def predict_proba(self, inputs: Sequence[Input]) -> np.ndarray:
        """Class probabilities, (n, C). Images: paths or PIL images; texts: strings.

        Raises DatasetError naming the first image that cannot be read.
        """
        inputs = [inputs] if isinstance(inputs, (str, Path, Image.Image)) else list(inputs)
        if not inputs:
            return np.zeros((0, len(self.classes)), np.float32)
        if self.kind == "text":
            return self._of_texts([str(item) for item in inputs])
        source = self._images(lambda i: open_input(inputs[i], self.backbone.input_size), len(inputs))
        probabilities = self._probabilities(source)
        for position in np.flatnonzero(~source.ok)[:1]:
            open_input(inputs[int(position)], self.backbone.input_size)  # raises with its cause
        return probabilities

    def predict_rows(
        self, dataset: Dataset, rows: np.ndarray, progress: Progress = silent
    ) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n, C) of a dataset's rows, and whether each could be read, (n,) bool."""
        from advisor.data.decode import reader

        if len(rows) == 0:
            return np.zeros((0, len(self.classes)), np.float32), np.ones(0, dtype=bool)
        if self.kind == "text":
            texts = dataset.items["text"].iloc[rows].tolist()
            return self._of_texts(texts, progress), np.ones(len(rows), dtype=bool)
        read = reader(dataset, min_side=self.backbone.input_size)
        source = self._images(lambda i: read(int(rows[i])), len(rows))
        return self._probabilities(source, progress), source.ok

    def _probabilities(self, source: Source, progress: Progress = silent, precision: str = "float32") -> np.ndarray:
        from advisor.training.objectives import autocast
        from advisor.training.sources import logits_of

        how = autocast(self.backbone.device, precision) if precision == "bfloat16" else None
        features = logits_of(
            self.backbone.module, source, autocast=how, tick=lambda share: progress("Predicting", share)
        )
        return np.asarray(self.head(features), dtype=np.float32)

    def _of_texts(self, texts: list[str], progress: Progress = silent) -> np.ndarray:
        from advisor.training.sources import TextSource
        from probes.calibrations import calibration_of

        many = len(texts) >= MANY_TEXTS
        precision = calibration_of(self.backbone, feature_cache(), texts[:MANY_TEXTS]).dtype if many else "float32"
        return self._probabilities(TextSource(texts, self.backbone), progress, precision)

    def _images(self, read: Callable[[int], Any], n: int) -> Source:
        from advisor.training.sources import ImageSource

        return ImageSource(read, n, self.backbone, memory_bytes=0)


def open_input(item: Input, min_side: int) -> Image.Image:
    """One image given by the user. Raises DatasetError with the file and the cause."""
    from advisor.data.decode import open_image

    if isinstance(item, Image.Image):
        return item.convert("RGB")
    path = Path(item)
    if not path.is_file():
        raise DatasetError(f"There is no file {path}. Give the path of an image.")
    try:
        opened: Image.Image = open_image(path, min_side=min_side)
    except DatasetError as error:  # the reader's reasons name no file, since its lists do
        raise DatasetError(f"{path} cannot be used. {error}") from error
    return opened


def _name(item: Input, index: int) -> str:
    return f"image {index + 1}" if isinstance(item, Image.Image) else str(item)


def _prediction(name: str, row: np.ndarray, classes: tuple[str, ...]) -> Prediction:
    best = int(row.argmax())
    return Prediction(
        input=name,
        label=classes[best],
        probability=float(row[best]),
        probabilities={label: float(p) for label, p in zip(classes, row, strict=True)},
    )
