"""Checkpoints: tensors as safetensors, the rest as JSON, all replaced in one step; no pickle.

Tensors come in parts (``now``, ``best``, ``good``), each written under a name of its own and only when its version
changed; then the JSON that names them and holds their hashes. A kill at any moment leaves the last whole set. Random
state needs no storing: every draw of the loop is a function of (seed, step).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from advisor.core import storage
from advisor.core.errors import StorageError

STATE = "state.json"


@dataclass(frozen=True)
class Part:
    """Some tensors of a checkpoint; a part whose version is on the disk need not be written again."""

    version: int
    tensors: dict[str, Tensor]


def write(folder: Path, parts: dict[str, Part], state: dict[str, Any]) -> None:
    """Replace the folder's checkpoint. Raises StorageError when the disk is full; the former one then stays."""
    path = folder / STATE
    former: dict[str, Any] = storage.read_object(path).get("parts", {}) if path.is_file() else {}
    written = {}
    for name, part in parts.items():
        file = f"{name}-{part.version}.safetensors"
        known = former.get(name, {})
        written[name] = known if known.get("file") == file else _write_part(folder / file, part.tensors)
    storage.write_json(path, {**state, "parts": written})
    kept = {part["file"] for part in written.values()}
    for old in folder.glob("*.safetensors"):
        if old.name not in kept:
            old.unlink(missing_ok=True)


def read(folder: Path) -> tuple[dict[str, Part], dict[str, Any]] | None:
    """The last whole checkpoint, or None when there is none. Raises StorageError when it is damaged."""
    if not (folder / STATE).is_file():
        return None
    state = storage.read_object(folder / STATE)
    parts = {}
    for name, part in state.get("parts", {}).items():
        path = folder / part["file"]
        if not path.is_file() or storage.sha256_file(path) != part["sha256"]:
            raise StorageError(f"The checkpoint {path} is missing or damaged. Train again.")
        parts[name] = Part(int(path.stem.rpartition("-")[2]), load_file(path))
    return parts, state


def clear(folder: Path) -> None:
    """Remove the checkpoint of a finished run, including those of its folds and seeds in folders below."""
    for path in (*folder.rglob(STATE), *folder.rglob("*.safetensors")):
        path.unlink(missing_ok=True)


def _write_part(path: Path, tensors: dict[str, Tensor]) -> dict[str, str]:
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    storage.write_bytes(path, content)
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
