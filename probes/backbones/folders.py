"""Models that the user names: a local folder as Hugging Face or timm write them, or a name on the hub.

What the folder's own configuration says is taken over: the input and channels of images, the pooling of texts.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from probes.backbones.entry import HALF, IMAGENET_MEAN, IMAGENET_STD, LANGUAGE_TOKENS, Channels, Entry, Kind, Pooling

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
#: How Hugging Face folders describe the pixels that their model takes.
PIXELS = "preprocessor_config.json"
#: Where sentence encoders say how they pool, and the names of what they may say.
POOLING_FILE = Path("1_Pooling") / CONFIG
POOLINGS: dict[str, Pooling] = {"pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last"}
#: The input where a folder does not say.
PX, TOKENS = 224, 256


def is_model(folder: Path) -> bool:
    """Whether a folder looks like a model's."""
    return (folder / CONFIG).is_file()


def of_folder(folder: Path, kind: Kind | None = None) -> Entry:
    """The entry of a local folder, by its absolute path. kind: "language" where its text model is to write."""
    place = folder if folder.is_absolute() else folder.resolve()
    read: Kind = "image" if takes_images(place) else "language" if kind == "language" else "text"
    entry = _named_by_user(str(place), place.resolve().name, read)
    return replace(entry, path=place, **facts_of(place, read))


def of_hub(name: str, kind: Kind) -> Entry:
    """The entry of a hub name; what its configuration says counts once it is in the hub's cache."""
    folder = snapshot(name)
    return replace(_named_by_user(name, name, kind), **(facts_of(folder, kind) if folder else {}))


def takes_images(folder: Path) -> bool:
    """Whether a folder's configuration is an image model's: timm's, or one with a preprocessor or an image size."""
    sized = "image_size" in _vision(folder)
    return sized or "architecture" in _read(folder / CONFIG) or "image_mean" in _read(folder / PIXELS)


def facts_of(folder: Path, kind: Kind) -> dict[str, Any]:
    """The fields of an `Entry` that a folder's configuration knows."""
    if kind == "image":
        return _pixels(folder)
    if kind == "text":
        said = _read(folder / POOLING_FILE)
        return {"pooling": next((how for name, how in POOLINGS.items() if said.get(name) is True), "mean")}
    return {}


def snapshot(name: str) -> Path | None:
    """The folder of a hub model in the hub's cache on this machine, None where it is not there."""
    from huggingface_hub import try_to_load_from_cache

    try:
        config: Any = try_to_load_from_cache(name, CONFIG)
    except ValueError:  # no valid name on the hub, so not in its cache
        return None
    return Path(config).parent if isinstance(config, str) else None


def _pixels(folder: Path) -> dict[str, Any]:
    """Input size and channels, by timm's configuration or by the preprocessor's."""
    timm = _read(folder / CONFIG).get("pretrained_cfg")
    if isinstance(timm, dict):
        sizes = timm.get("input_size")
        side = sizes[-1] if isinstance(sizes, list) and sizes else None
        mean, std = timm.get("mean"), timm.get("std")
    else:
        said = _read(folder / PIXELS)
        side = _side(said.get("crop_size")) or _side(said.get("size")) or _vision(folder).get("image_size")
        mean, std = said.get("image_mean"), said.get("image_std")
    return {
        "input_size": side if isinstance(side, int) and side > 0 else PX,
        "mean": _channels(mean) or IMAGENET_MEAN,
        "std": _channels(std) or IMAGENET_STD,
    }


def _vision(folder: Path) -> dict[str, Any]:
    """The configuration of a model, or of the image half of one for images and texts."""
    config = _read(folder / CONFIG)
    half = config.get("vision_config")
    return half if isinstance(half, dict) else config


def _side(said: Any) -> Any:
    """The side in pixels of what a preprocessor calls a size."""
    if isinstance(said, dict):
        return said.get("height") or said.get("shortest_edge")
    return said


def _channels(said: Any) -> Channels | None:
    """Three numbers, or None."""
    if not isinstance(said, list) or len(said) != 3 or not all(isinstance(value, (int, float)) for value in said):
        return None
    return float(said[0]), float(said[1]), float(said[2])


def _named_by_user(name: str, title: str, kind: Kind) -> Entry:
    size = {"image": PX, "text": TOKENS, "language": LANGUAGE_TOKENS}[kind]
    note = "Named by the user; see the publisher's licence."
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if kind == "image" else (HALF, HALF)
    licence = "see its model card"
    return Entry(
        name, kind, title, "huggingface", name, None, licence, 0, None, size, mean, std, 0, note, WEIGHTS
    )  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
