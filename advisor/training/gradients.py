"""The gradient of one batch and the judgement of a state, with less at a time when memory runs out.

Sums are added up and divided once by the weight of the whole batch. So a batch has the same gradient, up to rounding,
in one piece, in micro-batches and on several processes; the exception is batch norm that learns, which sees a
micro-batch only. On several processes torch's DistributedDataParallel exchanges the gradients while the backward pass
goes on. An exchange must not break off, so the largest share is tried without one first.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn.parallel import DistributedDataParallel

from advisor.core.stopping import Stopped
from advisor.training.batches import Batch, PartOfBatch, rows, share_of
from advisor.training.objectives import autocast
from advisor.training.parallel import ALONE, Team, noticing_losses
from advisor.training.problem import Judgement, Problem
from advisor.training.settings import Settings
from advisor.training.sources import Source
from probes.memory import is_out_of_memory

LOG = logging.getLogger("advisor.training")
#: Items of a timed step, and the seconds after which no further one is timed.
TIMED_PART, TIMED_SECONDS = 16, 0.6


class Gradients:
    """Computes gradients in ``parts`` micro-batches; more of them after running out of memory."""

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        learning: list[torch.nn.Parameter],
        team: Team = ALONE,
        say: Callable[[str], None] = LOG.warning,
    ) -> None:
        self.problem, self.settings, self.learning = problem, settings, learning
        self.team, self.say = team, say
        self.parts = max(1, settings.accumulate)
        self.replica: DistributedDataParallel | None = None
        norms = [m for m in problem.network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
        self._norms = norms if team.world > 1 else []

    def of(self, batch: Batch, raw: Any) -> float:
        """Leave the mean gradient of the whole batch in the parameters; its mean loss."""
        total, weight = self.team.sums(*self.summed(batch, raw))
        for parameter in self.learning:
            if parameter.grad is not None:  # a replica's gradient is the mean of those of all processes
                parameter.grad.div_(max(weight, 1e-6) / self.team.world)
        # the statistics of all items, and the same on every process
        self.team.average([b for norm in self._norms if norm.training for b in norm.buffers() if b.is_floating_point()])
        return total / max(weight, 1e-6)

    def summed(self, batch: Batch, raw: Any) -> tuple[float, float]:
        """Sum of the losses and of the weights over this process's share, gradients of the sum in the parameters.

        Raises ProcessLost where a replica runs out of memory, since the others wait for its exchange.
        """
        if self.replica is not None:
            with noticing_losses():
                return self._micro_batches(batch, raw)
        while True:
            try:
                return self._micro_batches(batch, raw)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.parts >= len(batch.own):
                    raise
            # outside of the handler, so that no traceback keeps the activations
            self._halve(len(batch.positions), len(batch.own))

    def replicate(self) -> None:
        """Let the processes of the team exchange gradients from now on, each with a replica of the first's network.

        Before, all try a share of the longest batch, in parts that fit into the memory of each. After, a few items warm
        the exchange up: torch lays gradients out anew after the first one, and sums of another layout differ by
        rounding, so that a resumed fit would end in other bits. Weights and buffers stay as they are.
        """
        longest = self.problem.train.order(None, self.settings.batch_size)[0]
        batch = Batch(0, longest, *share_of(len(longest), self.team.rank, self.team.world))
        with buffers_kept(self.problem.network):
            self.problem.network.train()
            self._rehearse(batch)
            unused = any(p.requires_grad and p.grad is None for p in self.problem.network.parameters())
            self._clear()
            with noticing_losses(), warnings.catch_warnings():
                # torch 2.9 knows only `broadcast_buffers`, newer ones warn of it; buffers are the same everywhere
                warnings.simplefilter("ignore", FutureWarning)
                self.replica = DistributedDataParallel(
                    self.problem.network,
                    process_group=self.team.group,
                    broadcast_buffers=False,
                    find_unused_parameters=bool(self.team.most(unused)),
                )
            few = replace(batch, stop=batch.start + min(2, len(longest) // self.team.world))
            for _ in range(2):
                self.summed(few, self.problem.train.raw(few.own))
        self._clear()

    def _rehearse(self, batch: Batch) -> None:
        raw = self.problem.train.raw(batch.own)
        while True:
            try:
                with self.team.together():
                    self._micro_batches(batch, raw)
                return
            except MemoryError:
                if self.parts >= len(batch.positions) // self.team.world:
                    raise
            self._halve(len(batch.positions), len(batch.own))

    def seconds_per_item(self, batch: Batch) -> float:
        """Time for an item of a step, decoding not counted; weights, buffers and gradients stay as they were.

        The mean over as many parts of the batch as `TIMED_SECONDS` allow, at least one: texts differ in length, and a
        busy machine in pace.
        """
        with buffers_kept(self.problem.network):
            self.problem.network.train()
            own = batch.own
            self._timed(own[:4])  # the first call pays for choosing kernels
            seconds, n = 0.0, 0
            for start in range(0, len(own), TIMED_PART):
                part = own[start : start + TIMED_PART]
                if n and (seconds > TIMED_SECONDS or len(part) < TIMED_PART):
                    break
                seconds, n = seconds + self._timed(part), n + len(part)
            self._clear()
        return seconds / n

    def _timed(self, positions: np.ndarray) -> float:
        """Seconds of a step on these items of the training part."""
        raw = self.problem.train.raw(positions)
        started = time.monotonic()
        self.summed(Batch(0, positions, 0, len(positions)), raw)
        return time.monotonic() - started

    def _halve(self, n: int, n_own: int) -> None:
        self._clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        self.parts = min(2 * self.parts, n_own)
        self.say(
            f"Out of memory: each step now takes its {n} items in {self.parts} parts of "
            f"{math.ceil(n_own / self.parts)}; the batch that it learns from stays the same."
        )

    def _micro_batches(self, batch: Batch, raw: Any) -> tuple[float, float]:
        self._clear()
        n_own, total, weight = len(batch.own), 0.0, 0.0
        parts = min(self.parts, max(1, len(batch.positions) // self.team.world), n_own)  # the same for every process
        for i in range(parts):
            part = slice(n_own * i // parts, n_own * (i + 1) // parts)
            alone = self.replica is not None and i < parts - 1  # the last part exchanges the sum of all
            with self.replica.no_sync() if alone else nullcontext():  # type: ignore[union-attr]
                part_total, part_weight = self._backward(batch, raw if parts == 1 else rows(raw, part), part)
            total, weight = total + part_total, weight + part_weight
        return total, weight

    def _backward(self, batch: Batch, raw: Any, part: slice) -> tuple[float, float]:
        """One micro-batch; all its randomness follows from the seed, the batch's number and its place in it."""
        start, stop = batch.start + part.start, batch.start + part.stop
        torch.manual_seed(self.settings.seed * 1_000_003 + batch.index + 7_368_787 * start)
        rng = PartOfBatch([self.settings.seed, 2, batch.index], len(batch.positions), start, stop)
        inputs = self.problem.train.inputs(raw, rng)
        with autocast(self.problem.device, self.settings.autocast):
            loss = self.problem.objective.loss(self._shared, self.settings, inputs, batch.positions[start:stop])
        if loss.total.requires_grad:  # a part may hold nothing that counts
            loss.total.backward()  # type: ignore[no-untyped-call]
        return float(loss.total.detach()), loss.weight

    @property
    def _shared(self) -> Problem:
        """The problem whose network exchanges gradients, once there is one."""
        if self.replica is None:
            return self.problem
        return replace(self.problem, network=self.replica, team=self.team)

    def _clear(self) -> None:
        for parameter in self.learning:
            parameter.grad = None


@contextmanager
def buffers_kept(network: torch.nn.Module) -> Iterator[None]:
    """The network's buffers, such as running statistics, are afterwards what they were before."""
    kept = {name: tensor.detach().clone() for name, tensor in network.named_buffers()}
    try:
        yield
    finally:
        with torch.no_grad():
            for name, tensor in network.named_buffers():
                tensor.copy_(kept[name])


def random_state_kept(device: str) -> AbstractContextManager[None]:
    """Torch's random state is afterwards what it was before."""
    return torch.random.fork_rng(devices=[torch.cuda.current_device()] if device == "cuda" else [])


class Watched:
    """The items of a source until a stop is asked for; Stopped is raised then, before the next batch."""

    def __init__(self, source: Source, should_stop: Callable[[], bool]) -> None:
        self._source, self._should_stop = source, should_stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __len__(self) -> int:
        return len(self._source)

    def inputs(self, raw: Any, rng: np.random.Generator | None) -> Any:
        """As the source's."""
        if self._should_stop():
            raise Stopped
        return self._source.inputs(raw, rng)


class Judge:
    """The objective's judgement, ``batch_size`` items at a time; fewer of them after running out of memory.

    Raises Stopped when a stop is asked for meanwhile.
    """

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        say: Callable[[str], None],
        should_stop: Callable[[], bool] = lambda: False,
        team: Team = ALONE,
    ) -> None:
        val: Any = Watched(problem.val, should_stop)
        self.problem, self.settings, self.say = replace(problem, val=val, team=team), settings, say
        self.batch_size = settings.batch_size

    def __call__(self) -> Judgement:
        """Raises what the allocator raises when not even one item at a time fits."""
        while True:
            try:
                judged = self.problem.objective.judge(self.problem, replace(self.settings, batch_size=self.batch_size))
                value, loss = self.problem.team.same(judged.value, judged.loss)
                return replace(judged, value=value, loss=loss)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.batch_size == 1:
                    raise
            # outside of the handler, so that no traceback keeps the activations
            self.batch_size //= 2
            smaller = self.settings.batch_size // self.batch_size
            self.say(f"Out of memory: the validation part is now judged in batches {smaller} times smaller.")
