"""A finished run's model from its folder: the literal table of loaders, by what model.json says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from advisor.core.errors import StorageError
from advisor.core.workspace import RunFiles
from advisor.rungs.saved import answerers, classifier, clip, exported, folder, prompt, taggers, words
from advisor.rungs.saved.answering import Answerer
from advisor.rungs.saved.held_out import kept_threshold
from advisor.rungs.saved.predictor import Predictor
from advisor.rungs.saved.tagging import Tagger
from probes.errors import first_line

#: A finished run's model: it predicts labels, answers questions, or marks words.
Model = Predictor | Answerer | Tagger
#: From model.json, the tensors beside it, and a device.
Loader = Callable[[dict[str, Any], dict[str, Tensor], str], Model]

#: By ``weights``; where that says "head", by the head's type.
LOADERS: dict[str, Loader] = {
    "all": classifier.load_whole,
    "words": words.load,
    "prompt": prompt.load,
    "clip": clip.load,
    "linear": classifier.load,
    "neighbours": classifier.load,
    "class names": classifier.load,
    "closed book": answerers.load_closed_book,
    "passages": answerers.load_passages,
    "adapter": answerers.load_adapter,
    "reader": answerers.load_reader,
    "type names": taggers.load_names,
    "word memory": taggers.load_memory,
    "word head": taggers.load_head,
    "tagger": taggers.load_whole,
    "random field": taggers.load_field,
}


def load(directory: str | Path, device: str = "cpu") -> Model:
    """The model in a run's folder, or in an exported one. One in ONNX alone runs on the CPU, whatever the device.

    Raises RunError when there is no model, StorageError when it is damaged or of another version, DatasetError when its
    documents are not in this workspace, BackboneError when the model it refers to is missing or another one.
    """
    if RunFiles(Path(directory)).has_onnx_alone:
        return _exported(Path(directory))
    path = RunFiles(Path(directory)).model
    try:
        spec, tensors = folder.read(Path(directory))
        name = spec["head"]["type"] if spec["weights"] == "head" else spec["weights"]
        loader = LOADERS.get(name)
        if loader is None:
            raise StorageError(f"{path} describes a model {name!r}, which this program does not know. Update it.")
        model = loader(spec, tensors, device)
    except KeyError as error:
        raise StorageError(f"{path} is damaged: it says nothing of {error}. Copy it again, or train again.") from error
    except (ValueError, TypeError, RuntimeError, IndexError, AttributeError, OverflowError, UnicodeError) as error:
        raise StorageError(
            f"{path} and {RunFiles(path.parent).weights.name} beside it do not fit each other ({first_line(error)}). "
            f"Copy the run again, or train again."
        ) from error
    if isinstance(model, Predictor):
        model.threshold = kept_threshold(Path(directory))
    return model


def _exported(directory: Path) -> Model:
    """As `load`, of an ONNX model with its description beside it."""
    try:
        return exported.load(directory)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StorageError(
            f"The files beside {RunFiles(directory).onnx} do not describe it ({first_line(error)}). Export it again."
        ) from error
