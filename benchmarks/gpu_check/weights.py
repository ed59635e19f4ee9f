"""Which text encoder the check takes: the packaged one, else the small copy that `pack` wrote for another machine."""

from __future__ import annotations

from pathlib import Path

from probes.backbones import catalog
from probes.backbones.weights import available, weights_folders

#: The folder of the small copy, below the folder that ADVISOR_WEIGHTS names.
SMALL_COPY = "minilm-of-the-sample"


def small_copy() -> Path | None:
    """The folder of the small copy; None where there is none."""
    return next((folder / SMALL_COPY for folder in weights_folders() if (folder / SMALL_COPY).is_dir()), None)


def text_backbone() -> str | None:
    """The name for `advise`; None where no weights are here."""
    entry, copy = catalog.default("text"), small_copy()
    return entry.name if available(entry)[0] else str(copy) if copy else None


def stand_in() -> None:
    """In this process, the small copy for the packaged encoder, which class names of images are matched with."""
    entry, copy = catalog.default("text"), small_copy()
    if copy is not None and not available(entry)[0]:
        catalog.CATALOG = (catalog.find(f"{entry.name}@{copy}"), *catalog.CATALOG)


def missing(kind: str) -> str:
    """Why the line on images or texts cannot be carried out; empty where it can."""
    if not text_backbone():  # it reads the class names of images too
        return "no weights of a text encoder; see docs/gpu.md"
    there = kind == "texts" or available(catalog.default("image"))[0]
    return "" if there else "no weights of an image backbone; see docs/gpu.md"
