"""Checkpoints: tensors as safetensors, the rest as JSON, the pair replaced in one step; no pickle.

The tensors are written under a name of their own, then the JSON that names them and holds their hash; a kill at
any moment leaves the last whole pair. Tensors go back into the tensors that are there (`copy_`), which keeps their
memory layout, so that the same kernels run and a resumed CPU run is bit-identical. Random state needs no storing:
every draw of the loop is a function of (seed, step).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor, nn, optim

from advisor import storage
from advisor.errors import StorageError

STATE = "state.json"


def write(folder: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Replace the folder's checkpoint. Raises StorageError when the disk is full; the former one then stays."""
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    name = f"step-{state['step']}.safetensors"
    storage.write_bytes(folder / name, content)
    digest = hashlib.sha256(content).hexdigest()
    storage.write_json(folder / STATE, {**state, "tensors": name, "sha256": digest})
    for old in folder.glob("step-*.safetensors"):
        if old.name != name:
            old.unlink(missing_ok=True)


def read(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """The last whole checkpoint, or None when there is none. Raises StorageError when it is damaged."""
    if not (folder / STATE).is_file():
        return None
    state = storage.read_json(folder / STATE)
    path = folder / state["tensors"]
    if not path.is_file() or storage.sha256_file(path) != state["sha256"]:
        raise StorageError(f"The checkpoint {path} is missing or damaged. Start the run again.")
    return load_file(path), state


def clear(folder: Path) -> None:
    """Remove the checkpoint of a finished run."""
    (folder / STATE).unlink(missing_ok=True)
    for path in folder.glob("step-*.safetensors"):
        path.unlink(missing_ok=True)


def optimizer_tensors(optimizer: optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """The optimizer's state by parameter name: ``optimizer/<parameter>/<slot>``."""
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {
        f"optimizer/{names[id(parameter)]}/{slot}": value
        for parameter, slots in optimizer.state.items()
        for slot, value in slots.items()
    }


def restore_optimizer(optimizer: optim.Optimizer, network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put the stored slots back, each in the memory layout of its parameter."""
    import torch

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


def learned(network: nn.Module) -> dict[str, Tensor]:
    """What training changes, detached: buffers and the parameters that learn, a tied tensor once.

    The frozen rest is the same after a restart, and for an adapter on a language model it is nearly all.
    """
    seen: set[int] = set()
    state: dict[str, Tensor] = {}
    for name, tensor in network.state_dict(keep_vars=True).items():
        frozen = isinstance(tensor, nn.Parameter) and not tensor.requires_grad
        if not frozen and id(tensor) not in seen:
            seen.add(id(tensor))
            state[name] = tensor.detach()
    return state


def copy_into(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Overwrite parameters and buffers in place; those that `tensors` does not name stay."""
    import torch

    with torch.no_grad():
        for name, own in network.state_dict().items():
            if name in tensors:
                own.copy_(tensors[name])
