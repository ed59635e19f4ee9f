"""A finished run's model from its folder: one that predicts labels, or one that answers questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from advisor.core import storage
from advisor.core.errors import StorageError
from advisor.core.workspace import RunFiles
from advisor.rungs.saved.model import load_model

if TYPE_CHECKING:
    from advisor.rungs.saved.answering import Answerer
    from advisor.rungs.saved.model import Predictor


def load(directory: str | Path, device: str = "cpu") -> Predictor | Answerer:
    """The model in a run's folder. Raises RunError, StorageError or BackboneError, saying what is missing."""
    path = RunFiles(Path(directory)).model
    storage.check_manifest(path.parent, path.name)  # it holds the hash of the weights, which are checked against it
    spec = storage.read_json(path) if path.is_file() else None
    try:
        if isinstance(spec, dict) and spec.get("kind") == "qa":
            from advisor.rungs.questions.files import load_answerer

            return load_answerer(Path(directory), device)
        return load_model(directory, device)
    except KeyError as error:
        raise StorageError(f"{path} is damaged: it says nothing of {error}. Copy it again, or train again.") from error
