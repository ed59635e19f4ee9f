"""The available backbones, as a literal list; the first of each kind is the default.

Order within a kind: first those that work offline from packages, then torchvision's classics by age, then those of the
Hugging Face hub by size. The defaults won on price: EfficientNet-Lite0 takes 19 MB and reaches .986 on cats_dogs and
.882 on ten DTD textures as a frozen backbone; all-MiniLM-L6-v2 takes 91 MB and reaches .96 on BBC news. A language
model is not a backbone for a dataset: it says how likely a text is (`probes.backbones.language`).
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from pathlib import Path

from probes.backbones.catalog_images import IMAGE_ENTRIES
from probes.backbones.catalog_texts import LANGUAGE_ENTRIES, TEXT_ENTRIES
from probes.backbones.entry import LANGUAGE_TOKENS, TEXT_TOKENS, Channels, Entry, Kind, Loader
from probes.backbones.folders import CONFIG, is_model, of_folder, of_hub
from probes.errors import BackboneError

__all__ = ["CATALOG", "LANGUAGE_TOKENS", "TEXT_TOKENS", "Channels", "Entry", "Kind", "Loader", "default", "find"]

CATALOG: tuple[Entry, ...] = (*IMAGE_ENTRIES, *TEXT_ENTRIES, *LANGUAGE_ENTRIES)


def default(kind: Kind) -> Entry:
    """The default backbone or language model: the first of its kind."""
    return next(entry for entry in CATALOG if entry.kind == kind)


def find(name: str, kind: Kind | None = None) -> Entry:
    """The entry called `name`, in any case.

    Also accepted: ``name@/path/to/weights`` (a catalog architecture with weights from a local file or folder), a local
    folder as Hugging Face or timm write them, and a hub name ``organisation/model``. Where no `kind` says what the
    model reads, a folder's configuration does; a hub name is a text encoder's unless it begins with ``timm/``. Raises
    BackboneError for any other name, with the nearest names and the full list.
    """
    base, _, location = name.partition("@")
    entry = _named(base)
    if entry is None and not location:
        entry = _ad_hoc(name, kind)
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
    return replace(entry, path=path, sha256=None, package=None, parts=())


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


def _ad_hoc(name: str, kind: Kind | None) -> Entry | None:
    """An entry for a local folder or a hub name; None when `name` looks like neither.

    A relative folder gets its absolute path as its name, since a run is a process in another working directory.
    """
    folder = Path(name).expanduser()
    if is_model(folder):
        return of_folder(folder, kind)
    if name.count("/") != 1 or name.startswith((".", "/", "~")) or not all(name.split("/")):
        return None
    known = next((entry for entry in CATALOG if entry.hub_name == name), None)
    return known or of_hub(name, kind or ("image" if name.startswith("timm/") else "text"))


def _unknown(name: str, kind: Kind | None) -> str:
    """The message for a path without a model, or for an unknown name: nearest names and the full list."""
    place = Path(name).expanduser()
    if name and place.is_dir():
        return f"{name} holds no model: it has no {CONFIG}. Give a folder as Hugging Face or timm write it."
    if name.startswith((".", "/", "~")):
        there = "is not a folder" if place.exists() else "does not exist"
        return f"{name} {there}. Give a folder as Hugging Face or timm write it, or a name of the catalog."
    names = _names(kind)
    lowered = {known.lower(): known for known in names}
    near = [lowered[match] for match in difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.5)]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return (
        f"There is no backbone called {name!r}.{hint} The catalog has {', '.join(names)}. "
        f"A Hugging Face folder or a hub name like organisation/model works too."
    )
