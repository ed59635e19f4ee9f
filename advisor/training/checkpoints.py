"""Checkpoints: tensors as safetensors, the rest as JSON, all replaced in one step; no pickle.

Tensors come in parts (``now``, ``best``, ``good``), each written under a name of its own and only when its version
changed; then the JSON that names them and holds their hashes. A kill at any moment leaves the last whole set. Tensors
go back into the tensors that are there (`copy_`), which keeps their memory layout, so that the same kernels run and a
resumed CPU run is bit-identical. Random state needs no storing: every draw of the loop is a function of (seed, step).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn, optim

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
    former: dict[str, Any] = storage.read_json(path).get("parts", {}) if path.is_file() else {}
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
    state = storage.read_json(folder / STATE)
    parts = {}
    for name, part in state.get("parts", {}).items():
        path = folder / part["file"]
        if not path.is_file() or storage.sha256_file(path) != part["sha256"]:
            raise StorageError(f"The checkpoint {path} is missing or damaged. Start the run again.")
        parts[name] = Part(int(path.stem.rpartition("-")[2]), load_file(path))
    return parts, state


def clear(folder: Path) -> None:
    """Remove the checkpoint of a finished run, those of its folds and seeds in folders below included."""
    for path in (*folder.rglob(STATE), *folder.rglob("*.safetensors")):
        path.unlink(missing_ok=True)


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies in main memory, where there is more of it than on an accelerator."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def optimizer_tensors(optimizer: optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """The optimizer's state by parameter name: ``optimizer/<parameter>/<slot>``."""
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {
        f"optimizer/{names[id(parameter)]}/{slot}": value
        for parameter, slots in optimizer.state.items()
        for slot, value in slots.items()
    }


def restore_optimizer(optimizer: optim.Optimizer, network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put the stored slots back, and no others, each in the memory layout of its parameter."""
    optimizer.state.clear()
    for name, parameter in network.named_parameters():
        prefix = f"optimizer/{name}/"
        slots = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        for slot, value in slots.items():
            like = torch.empty_like(parameter) if value.shape == parameter.shape else torch.empty_like(value)
            # step counters are scalars and stay on the CPU, as AdamW keeps them
            optimizer.state[parameter][slot] = like.detach().copy_(value)


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with `prefix/` before their names."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def without(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under `prefix/`, without it."""
    return {name.removeprefix(f"{prefix}/"): t for name, t in tensors.items() if name.startswith(f"{prefix}/")}


def state(network: nn.Module) -> dict[str, Tensor]:
    """All that the network holds, parameters as such, a tied tensor once."""
    seen: set[int] = set()
    once: dict[str, Tensor] = {}
    for name, tensor in network.state_dict(keep_vars=True).items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            once[name] = tensor
    return once


def learned(network: nn.Module) -> dict[str, Tensor]:
    """What training changes, detached: buffers and the parameters that learn.

    The frozen rest is the same after a restart, and for an adapter on a language model it is nearly all.
    """
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    return {name: tensor.detach() for name, tensor in state(network).items() if name not in frozen}


def copy_into(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Overwrite parameters and buffers in place; those that `tensors` does not name stay."""
    with torch.no_grad():
        for name, own in network.state_dict().items():
            if name in tensors:
                own.copy_(tensors[name])


def _write_part(path: Path, tensors: dict[str, Tensor]) -> dict[str, str]:
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    storage.write_bytes(path, content)
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
