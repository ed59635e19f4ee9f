"""Which text encoder the check takes: the packaged one, else the small copy that `pack` wrote for another machine."""

from __future__ import annotations

from pathlib import Path

from probes.backbones import catalog
from probes.backbones.weights import available, weights_folders

#: The folder of the small copy, below the folder that ADVISOR_WEIGHTS names.
SMALL_COPY = "minilm-of-the-sample"


def text_backbone() -> str | None:
    """The name for `advise`; None where no weights are here."""
    entry = catalog.default("text")
    if available(entry)[0]:
        return entry.name
    copies = (folder / SMALL_COPY for folder in weights_folders())
    return next((str(copy) for copy in copies if Path(copy).is_dir()), None)


def missing(kind: str) -> str:
    """Why the line on images or texts cannot be carried out; empty where it can."""
    if kind == "texts":
        return "" if text_backbone() else "no weights of a text encoder; see docs/gpu.md"
    return "" if available(catalog.default("image"))[0] else "no weights of an image backbone; see docs/gpu.md"
