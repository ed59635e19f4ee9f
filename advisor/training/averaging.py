"""The running mean of the weights of the last steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from advisor.training import checkpoints


class Average:
    """Mean of `n` states of a network: of what learns and of running statistics; counters are the last state's."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.n = 0
        self.tensors: dict[str, Tensor] = {}

    def update(self) -> None:
        """Take the network's present state into the mean."""
        now = checkpoints.learned(self.network)
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
            own = checkpoints.learned(self.network)
            self.tensors = {name: torch.empty_like(own[name]).copy_(tensor) for name, tensor in tensors.items()}
        self.n = n
