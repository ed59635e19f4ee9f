"""Several processes at one fit, known by RANK and WORLD_SIZE only; gloo on CPUs, NCCL between CUDA devices.

Process 0 carries the run out as if it were alone. The others wait for a fit (advisor/training/follower.py): they
receive what rebuilds its problem (`Problem.rebuild`) and its settings, build the same problem on the same dataset, and
compute gradients of their shares of each batch until the fit is over. A problem that cannot be rebuilt is trained by
process 0 alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from advisor.core.errors import ProcessLost

#: All processes are at work while they exchange weights and gradients; one that takes longer is lost.
TIMEOUT = timedelta(minutes=5)
#: Between two batches process 0 may judge, write or load for long; a process that dies is noticed at once even so.
PATIENCE = timedelta(days=1)
FIT_OVER = -1


class Group:
    """What a fit needs of the other processes; every method raises ProcessLost when one of them has gone."""

    def __init__(self, device: str) -> None:
        self.rank, self.world, self.device = dist.get_rank(), dist.get_world_size(), device
        self._wire = device if dist.get_backend() == "nccl" else "cpu"
        self._calls: Any = dist.new_group(backend="gloo", timeout=PATIENCE)

    def hand_out(self, job: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Process 0's job (None: there is no more) at every process."""
        content = json.dumps(job).encode() if self.rank == 0 else b""
        length = self._called(torch.tensor([len(content)]))
        text = torch.tensor(list(content) if self.rank == 0 else [0] * int(length), dtype=torch.uint8)
        received: dict[str, Any] | None = json.loads(bytes(self._called(text).tolist()))
        return received

    def broadcast(self, index: int) -> int:
        """Process 0's number (of the next batch, or FIT_OVER) at every process."""
        return int(self._called(torch.tensor([index])))

    def all_agree(self, yes: bool) -> bool:
        """Whether every process says yes."""
        votes = torch.tensor([int(yes)])
        with _noticing_losses():
            dist.all_reduce(votes, op=dist.ReduceOp.MIN, group=self._calls)
        return bool(votes.item())

    def spread(self, tensors: list[Tensor]) -> None:
        """Overwrite tensors everywhere by those of process 0."""
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            same = [tensor for tensor in tensors if tensor.dtype == dtype]
            flat = torch.cat([tensor.reshape(-1) for tensor in same]).to(self._wire)
            with _noticing_losses():
                dist.broadcast(flat, 0)
            if self.rank > 0:
                _unflatten(flat, same)

    def add_up(self, parameters: list[nn.Parameter], total: float, weight: float) -> tuple[float, float]:
        """Sum gradients, loss and weight into process 0; the two sums are meaningful there only."""
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        numbers = torch.tensor([total, weight], dtype=torch.float32, device=grads[0].device)
        flat = torch.cat([*(grad.reshape(-1).float() for grad in grads), numbers]).to(self._wire)
        with _noticing_losses():
            dist.reduce(flat, 0)
        if self.rank == 0:
            _unflatten(flat, grads)  # where there was no gradient, its zeros are dropped here
        return float(flat[-2]), float(flat[-1])

    def _called(self, tensor: Tensor) -> Tensor:
        with _noticing_losses():
            dist.broadcast(tensor, 0, group=self._calls)
        return tensor


_joined: list[Group] = []


def rank() -> int:
    """This process's number, 0 where the launcher sets none."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """How many processes there are, 1 where the launcher sets none."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def current() -> Group | None:
    """The group that this process has joined, or None when it is alone."""
    return _joined[0] if _joined else None


@contextmanager
def joined(device: str) -> Iterator[Group | None]:
    """Meet the other processes at MASTER_ADDR, MASTER_PORT; None when there are none.

    At the end process 0 tells the others that there is no more to do. Raises ProcessLost when they do not come.
    """
    if world_size() == 1:
        yield None
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    enough = device == "cuda" and int(os.environ.get("LOCAL_WORLD_SIZE", "1")) <= torch.cuda.device_count()
    if device == "cuda":
        torch.cuda.set_device(local % torch.cuda.device_count())
    with _noticing_losses():
        # NCCL wants a device for each process; where they share one, gloo carries the tensors over the CPU
        dist.init_process_group("nccl" if enough else "gloo", timeout=TIMEOUT)
        group = Group(device)
    _joined.append(group)
    try:
        yield group
    except ProcessLost:
        raise
    except BaseException:
        _dismiss(group)
        raise
    else:
        _dismiss(group)
    finally:
        _joined.clear()
        dist.destroy_process_group()


def _dismiss(group: Group) -> None:
    """Process 0 is done, well or not; whether the others notice no longer matters."""
    if group.rank == 0:
        with suppress(ProcessLost):
            group.hand_out(None)


@contextmanager
def _noticing_losses() -> Iterator[None]:
    """Connections that broke or timed out, which torch raises as RuntimeErrors, become ProcessLost."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLost(f"Another process of this run has gone ({str(error).splitlines()[0][:200]}).") from error


def _unflatten(flat: Tensor, tensors: list[Tensor]) -> None:
    """Copy a flat tensor piece by piece into tensors, whatever their memory layout."""
    start = 0
    with torch.no_grad():
        for tensor in tensors:
            tensor.copy_(flat[start : start + tensor.numel()].view(tensor.shape))
            start += tensor.numel()
