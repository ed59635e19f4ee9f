"""Several processes at one fit, known by RANK and WORLD_SIZE only; gloo on CPUs, NCCL between CUDA devices.

Process 0 carries the run out. The others wait for its fits and take part in each: they get the problem as it is, run
the same loop on their shares of every batch, and hold the same weights after every step, by torch's
DistributedDataParallel. What only process 0 can know, such as the clock and a stop request, it tells the others.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from advisor.core.errors import ProcessLost
from advisor.core.stopping import Stopped
from advisor.training import parcels
from probes.memory import is_out_of_memory

LOG = logging.getLogger("advisor.training")
#: All processes are at work while they exchange numbers and gradients; one that takes longer is lost.
TIMEOUT = timedelta(minutes=5)
#: Between two fits process 0 may read, judge or write for long; a process that dies is noticed at once even so.
PATIENCE = timedelta(days=1)
#: How the share of one process ended, by how much it matters.
_WELL, _STOPPED, _OUT_OF_MEMORY = 0.0, 1.0, 2.0


@dataclass(frozen=True)
class Team:
    """The processes of one fit. Alone, nothing is exchanged; else every method is called by all of them, in order.

    ``group``: of torch.distributed, for gradients. ``numbers``: the same processes, for numbers in main memory.
    Every method raises ProcessLost when a process has gone.
    """

    rank: int = 0
    world: int = 1
    group: Any = None
    numbers: Any = None

    @property
    def first(self) -> bool:
        """Whether this process carries the run out: it keeps the clock, writes, and hears the stop request."""
        return self.rank == 0

    def same(self, *values: float) -> tuple[float, ...]:
        """Process 0's values at every process."""
        return self._exchanged(values, lambda own: dist.broadcast(own, 0, group=self.numbers))

    def sums(self, *values: float) -> tuple[float, ...]:
        """The sum of every value over all processes."""
        return self._exchanged(values, lambda own: dist.all_reduce(own, group=self.numbers))

    def most(self, value: float) -> float:
        """The largest of the processes' values."""
        return self._exchanged((value,), lambda own: dist.all_reduce(own, dist.ReduceOp.MAX, group=self.numbers))[0]

    def add_up(self, tensor: Tensor) -> None:
        """Sum a tensor in main memory over all processes, in place."""
        if self.world > 1:
            with noticing_losses():
                dist.all_reduce(tensor, group=self.numbers)

    def average(self, tensors: list[Tensor]) -> None:
        """Overwrite floating-point tensors everywhere by their mean."""
        if self.world == 1 or not tensors:
            return
        flat = torch.cat([tensor.detach().reshape(-1).float() for tensor in tensors])
        with noticing_losses():
            dist.all_reduce(flat, group=self.group)
        flat.div_(self.world)
        with torch.no_grad():
            for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
                tensor.copy_(mean.view(tensor.shape))

    def gathered(self, own: Tensor) -> Tensor:
        """The rows of all processes, in their order; shares may differ in length. Shape: (n_own, ...) to (n, ...).

        The gradient reaches the own rows only, times the number of processes: each computes the same loss of all rows,
        and DistributedDataParallel takes the mean of what they get, which then is the gradient of that loss.
        """
        if self.world == 1:
            return own
        lengths = [int(n) for n in self.sums(*(len(own) * (rank == self.rank) for rank in range(self.world)))]
        padded = torch.zeros((max(lengths), *own.shape[1:]), dtype=own.dtype)
        padded[: len(own)] = own.detach()
        rows = [torch.empty_like(padded) for _ in lengths]
        with noticing_losses():
            dist.all_gather(rows, padded, group=self.numbers)
        parts = [row[:n].to(own.device) for row, n in zip(rows, lengths, strict=True)]
        if own.requires_grad:
            parts[self.rank] = own.detach() + self.world * (own - own.detach())
        return torch.cat(parts)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Work on a share that exchanges nothing; where that of any process ends early, all of them leave.

        Raises Stopped, or MemoryError where one ran out of memory.
        """
        ended, words = _WELL, ""
        try:
            yield
        except Stopped:
            if self.world == 1:
                raise
            ended = _STOPPED
        except (RuntimeError, MemoryError) as error:
            if self.world == 1 or not is_out_of_memory(error):
                raise
            ended, words = _OUT_OF_MEMORY, str(error)
        # outside of the handlers, so that no traceback keeps the activations
        ended = self.most(ended)
        if ended == _STOPPED:
            raise Stopped
        if ended == _OUT_OF_MEMORY:
            raise MemoryError(words or "Another process of this fit ran out of memory.")

    def _exchanged(self, values: tuple[float, ...], exchange: Any) -> tuple[float, ...]:
        if self.world == 1:
            return values
        own = torch.tensor(values, dtype=torch.float64)
        with noticing_losses():
            exchange(own)
        return tuple(own.tolist())


ALONE = Team()


class Crew:
    """All processes of a run. Process 0 calls `team` for each fit; the others take what `next_fit` gives."""

    def __init__(self) -> None:
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self._calls: Any = dist.new_group(backend="gloo", timeout=PATIENCE)
        self._teams: dict[int, Team] = {}

    def team(self, fit: tuple[Any, ...], n: int) -> Team:
        """Hand a fit out to the first `n` processes; its team, in which this process is the first.

        A fit that cannot travel, such as one with a lock inside, stays with this process alone.
        """
        n = min(n, self.world)
        if n == 1:
            return ALONE
        try:
            content = parcels.pack(fit)
        except TypeError as error:
            LOG.warning("This fit cannot travel (%s), so that process 0 trains alone.", error)
            return ALONE
        self._told((n, content))
        return self._team(n)

    def next_fit(self) -> tuple[Team, tuple[Any, ...]] | None:
        """Wait for a fit to take part in; None when there are no more."""
        while (told := self._told(None)) is not None:
            n, content = told
            team = self._team(n)
            if self.rank < n:
                return team, parcels.unpack(content)
        return None

    def dismiss(self) -> None:
        """Process 0 is done, well or not, and tells the others; whether they notice no longer matters."""
        if self.rank == 0:
            with suppress(ProcessLost):
                self._told(None)

    def _told(self, words: tuple[int, bytes] | None) -> tuple[int, bytes] | None:
        """Process 0's words at every process. They come from a process of the same run, hence pickle."""
        box = [words]
        with noticing_losses():
            dist.broadcast_object_list(box, 0, group=self._calls, device=torch.device("cpu"))
        return box[0]

    def _team(self, n: int) -> Team:
        """Every process makes the group, those that do not belong to it too, as torch.distributed wants it."""
        if n not in self._teams:
            with noticing_losses():
                group, numbers = dist.new_group(range(n)), dist.new_group(range(n), TIMEOUT, "gloo")
            self._teams[n] = Team(self.rank, n, group, numbers)
        return self._teams[n]


_joined: list[Crew] = []


def current() -> Crew | None:
    """The crew that this process has joined, or None when it is alone."""
    return _joined[0] if _joined else None


@contextmanager
def joined(device: str) -> Iterator[Crew | None]:
    """Meet the other processes at MASTER_ADDR, MASTER_PORT, where no launcher has done so; None when there are none.

    At the end process 0 tells the others that there is no more to do. Raises ProcessLost when they do not come.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield None
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    enough = device == "cuda" and int(os.environ.get("LOCAL_WORLD_SIZE", "1")) <= torch.cuda.device_count()
    if device == "cuda":
        torch.cuda.set_device(local % torch.cuda.device_count())
    with noticing_losses():
        if not dist.is_initialized():
            # NCCL wants a device for each process; where they share one, gloo carries the tensors over the CPU
            dist.init_process_group("nccl" if enough else "gloo", timeout=TIMEOUT)
        crew = Crew()
    _joined.append(crew)
    try:
        yield crew
    except ProcessLost:
        raise
    except BaseException:
        crew.dismiss()
        raise
    else:
        crew.dismiss()
    finally:
        _joined.clear()
        dist.destroy_process_group()


@contextmanager
def noticing_losses() -> Iterator[None]:
    """Connections that broke or timed out, which torch raises as RuntimeErrors, become ProcessLost."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLost(f"Another process of this run has gone ({str(error).splitlines()[0][:200]}).") from error
