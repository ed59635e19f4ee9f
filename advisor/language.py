"""The language model as the advisor loads it: one place, one cache of conversions for all workspaces of a user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.progress import Progress, silent

if TYPE_CHECKING:
    from probes.backbones.language import LanguageModel


def models_folder() -> Path:
    """Where converted language models are kept (269 MB for the default): the user's cache, not the workspace.

    A conversion belongs to the weights, not to anybody's data, and every new workspace would pay 15 seconds again.
    """
    from platformdirs import user_cache_path

    return user_cache_path("transfer-advisor", appauthor=False) / "models"


def load_language_model(name: str | None = None, device: str = "cpu", progress: Progress = silent) -> LanguageModel:
    """The language model called `name` (None: the default). Raises BackboneError when it cannot be had here."""
    from probes.backbones import catalog
    from probes.backbones.language import LanguageModel

    entry = catalog.find(name, "language") if name else catalog.default("language")
    return LanguageModel.load(entry, models_folder(), device, progress)
