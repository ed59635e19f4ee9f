"""A trained model as a folder: ``model.json`` says what it is, ``model.safetensors`` holds its numbers; no pickle.

Fine-tuned and from-scratch models hold every weight. The other rungs hold only their head, memory or prompt and refer
to the backbone or language model by name and SHA-256, which is checked on loading.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from advisor.core import storage
from advisor.core.errors import RunError, StorageError
from advisor.core.records import Dataset, Plan
from advisor.core.stopping import uncut
from advisor.core.workspace import RunFiles
from probes.errors import first_line

if TYPE_CHECKING:
    from advisor.data.features import Backbone

FORMAT = "transfer-advisor model"
#: 2 since a head may use several layers or words, and its logits have a temperature.
SCHEMA = 2
READABLE = (1, 2)


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
        **_levels(dataset),
    }


def _levels(dataset: Dataset) -> dict[str, Any]:
    """What 16-bit and float values mean; nothing where the dataset has none, so that they are scaled by themselves."""
    return {"pixel_range": dataset.pixel_range.model_dump(mode="json")} if dataset.pixel_range is not None else {}


def backbone_spec(plan: Plan, dataset: Dataset, backbone: Backbone, weights: str) -> dict[str, Any]:
    """What the model.json of a model with a backbone says; ``weights`` as in `spec_of`."""
    entry = backbone.entry
    return {
        **spec_of(plan, dataset, weights),
        "backbone": {
            "name": entry.reference,
            "title": entry.title,
            "source": entry.source_id,
            "licence": entry.licence,
            "sha256": backbone.weights_hash,
            "dim": backbone.dim,
        },
        "input": _INPUT[entry.kind](backbone),
    }


def _pixels(backbone: Backbone) -> dict[str, Any]:
    return {
        "size_px": backbone.input_size,
        "mean": list(backbone.entry.mean),
        "std": list(backbone.entry.std),
        "resize": "shorter side to size_px, bicubic, centre crop",
    }


def _tokens(backbone: Backbone) -> dict[str, Any]:
    entry = backbone.entry
    return {"max_tokens": backbone.input_size, "pooling": entry.pooling, "prefix": entry.prefixes.item}


def decided(temperature: float, thresholds: tuple[float, ...] = ()) -> dict[str, Any]:
    """How logits become an answer, for a head's description.

    Their softmax over the temperature, or each one's sigmoid against a threshold of its own.
    """
    return {"thresholds": [round(at, 6) for at in thresholds]} if thresholds else {"temperature": temperature}


_INPUT = {"image": _pixels, "text": _tokens}


def save(directory: Path, spec: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    """Write ``model.safetensors``, then ``model.json`` with its SHA-256; both atomically."""
    from safetensors.torch import save

    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    with uncut():  # the one names the hash of the other
        storage.write_bytes(RunFiles(directory).weights, content)
        storage.write_json(RunFiles(directory).model, {**spec, "sha256": hashlib.sha256(content).hexdigest()})


def read(directory: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The model.json in a run's folder and the tensors beside it, their hash checked.

    Raises RunError when there is no model, StorageError when it is damaged or of another version.
    """
    path, weights = RunFiles(directory).model, RunFiles(directory).weights
    if not path.is_file():
        raise RunError(f"{directory} holds no model (model.json is missing). Give the folder of a finished run.")
    storage.check_manifest(path.parent, path.name)  # it holds the hash of the weights, which are checked against it
    spec = storage.read_object(path)
    if spec.get("format") != FORMAT or spec.get("schema_version") not in READABLE:
        raise StorageError(
            f"{path} is not a model that this program can read (schema version {SCHEMA}). It is damaged, or a newer "
            f"program wrote it: copy it again, train again, or update this program."
        )
    if not weights.is_file() or storage.sha256_file(weights) != spec["sha256"]:
        raise StorageError(f"{weights} is missing or damaged: its SHA-256 is not the recorded one. Copy it again.")
    return spec, _tensors(weights)


def _tensors(weights: Path) -> dict[str, Tensor]:
    """The tensors in a file. Raises StorageError naming it where it is no safetensors file or holds no numbers."""
    from safetensors.torch import load_file

    try:
        tensors = load_file(weights)
    except Exception as error:  # its hash is right, so it was written so: safetensors and torch raise many kinds
        raise StorageError(
            f"{weights} cannot be read as safetensors ({first_line(error)}). Copy the run again, or train again."
        ) from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise StorageError(f"{weights} holds values that are not numbers (in {name}). Train again.")
    return tensors
