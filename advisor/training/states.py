"""The state of a network and its optimizer as named tensors: copied, averaged, and put back.

Tensors go back into the tensors that are there (`copy_`), which keeps their memory layout, so that the same kernels run
and a resumed CPU run is bit-identical.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn, optim


def whole(network: nn.Module) -> dict[str, Tensor]:
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
    return {name: tensor.detach() for name, tensor in whole(network).items() if name not in frozen}


def copied(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies in main memory, where there is more of it than on an accelerator."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def copy_into(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Overwrite parameters and buffers in place; those that `tensors` does not name stay."""
    with torch.no_grad():
        for name, own in network.state_dict().items():
            if name in tensors:
                own.copy_(tensors[name])


def snapshot(network: nn.Module) -> dict[str, Tensor]:
    """A copy of all that the network holds, where it is."""
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def mean_state(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of several states of one network; counters are the first's."""

    def mean(name: str, tensor: Tensor) -> Tensor:
        return torch.stack([state[name] for state in states]).mean(0) if tensor.is_floating_point() else tensor

    return {name: mean(name, tensor) for name, tensor in states[0].items()}


class Average:
    """Mean of `n` states of a network: of what learns and of running statistics; counters are the last state's."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.n = 0
        self.tensors: dict[str, Tensor] = {}

    def update(self) -> None:
        """Take the network's present state into the mean."""
        now = learned(self.network)
        if self.n == 0:
            self.tensors = {name: tensor.clone() for name, tensor in now.items()}
        for name, tensor in now.items():
            mean = self.tensors[name]
            if mean.is_floating_point():
                mean.lerp_(tensor, 1 / (self.n + 1))
            else:
                mean.copy_(tensor)
        self.n += 1

    def restore(self, tensors: dict[str, Tensor], n: int) -> None:
        """Go on from the mean of a checkpoint; an average that had not begun begins again."""
        with torch.no_grad():
            own = learned(self.network)
            self.tensors = {name: torch.empty_like(own[name]).copy_(tensor) for name, tensor in tensors.items()}
        self.n = n


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
