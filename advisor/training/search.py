"""Before the long run: how fast a step is, and which learning rate and depth win a short race.

Successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
AISTATS 2016, https://arxiv.org/abs/1502.07943): all candidates take a few steps, the better half goes on from its own
state for twice as many, until one is left; the long run goes on from that one, so its part of the race is not lost.
Judged by validation loss, since on a small validation part the metric of short runs is mostly equal. Every round is
a whole schedule (warm-up and cosine), since a high rate that has not come down yet looks worse than it is.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from advisor.training.loop import fit
from advisor.training.settings import Callbacks, Settings, Task
from advisor.training.sources import logits_of

#: Steps of the first round. With fewer the candidates are still in their warm-up.
ROUND_STEPS = 20
#: The race may take this share of the training time; the winner's own steps are part of the run.
RACE_SHARE = 0.33
TIMED_ITEMS = 16
TIMED = Settings(learning_rate=0.0, head_learning_rate=0.0, label_smoothing=0.0)


@dataclass(frozen=True)
class Candidate:
    """What a racer differs in: learning rate, share of the blocks that learn (from the top), LoRA instead of both."""

    learning_rate: float
    depth: float = 1.0
    adapters: bool = False

    def __str__(self) -> str:
        what = "all layers" if self.depth == 1.0 else f"top {100 * self.depth:.0f} % of the blocks"
        return f"{'LoRA' if self.adapters else what} at {self.learning_rate:.1e}"

    def settings(self, base: Settings) -> Settings:
        """The base with this candidate's rate and depth; the head's rate keeps its ratio."""
        ratio = self.learning_rate / base.learning_rate
        head = base.head_learning_rate * (1.0 if self.adapters else ratio)
        return dataclasses.replace(base, learning_rate=self.learning_rate, head_learning_rate=head, depth=self.depth)


@dataclass(frozen=True)
class Lap:
    """One candidate in one round: steps so far, then value and loss on the validation part (inf when it diverged)."""

    candidate: Candidate
    steps: int
    value: float
    loss: float


@dataclass(frozen=True)
class Race:
    """The winner and every lap; no laps when the time allowed no race."""

    winner: Candidate
    laps: tuple[Lap, ...] = ()

    @property
    def sentence(self) -> str:
        """What was tried and what won."""
        if not self.laps:
            return f"Learning rate and depth: {self.winner}, the recipe's; the time did not allow a race."
        last = {lap.candidate: lap for lap in self.laps}
        told = "; ".join(
            f"{lap.candidate}: {100 * lap.value:.1f} % after {lap.steps} steps"
            for lap in sorted(last.values(), key=lambda lap: (-lap.steps, lap.loss))
        )
        return f"Learning rate and depth: {self.winner}, the winner of a short race by validation loss ({told})."

    @property
    def record(self) -> list[dict[str, Any]]:
        """The laps as plain values, for resolved.json."""
        return [
            {**dataclasses.asdict(lap.candidate), "steps": lap.steps, "value": lap.value,
             "loss": lap.loss if math.isfinite(lap.loss) else None}
            for lap in self.laps
        ]  # fmt: skip


@dataclass
class _Racer:
    """A candidate with a network of its own, and its laps."""

    candidate: Candidate
    task: Task
    laps: list[Lap] = field(default_factory=list)

    @property
    def loss(self) -> float:
        return self.laps[-1].loss if self.laps else 0.0


def training_speed(task: Task) -> float:
    """Items a second through forward and backward pass, decoding not counted; the weights stay as they are."""
    positions = np.arange(min(TIMED_ITEMS, len(task.train)))
    buffers = {name: tensor.detach().clone() for name, tensor in task.network.named_buffers()}
    task.network.train()
    seconds = math.inf
    with torch.random.fork_rng(devices=[]):
        for part in (positions[:2], positions):  # the first pass pays for choosing kernels
            raw = task.train.raw(part)
            started = time.monotonic()
            inputs = task.train.inputs(raw, np.random.default_rng(0))
            task.objective.loss(task, TIMED, inputs, part).total.backward()  # type: ignore[no-untyped-call]
            seconds = time.monotonic() - started
    task.network.zero_grad(set_to_none=True)
    task.network.eval()
    with torch.no_grad():
        for name, tensor in task.network.named_buffers():
            tensor.copy_(buffers[name])
    return len(positions) / max(seconds, 1e-9)


def reading_speed(task: Task) -> float:
    """Items a second of the validation part through the network alone, decoding included, as a report reads them.

    Timed, since a third of a training step is far too dear for texts: sorted by length they share batches well.
    """
    items = task.val if len(task.val) else task.train
    logits_of(task.network, task.train)  # the first pass pays for choosing kernels
    started = time.monotonic()
    logits_of(task.network, items)
    return len(items) / max(time.monotonic() - started, 1e-9)


def race_items(n_candidates: int, batch_size: int, n_validation: int) -> float:
    """Items that a race puts through training; one that is only judged counts a third."""
    items, steps = 0.0, ROUND_STEPS
    while n_candidates > 1:
        items += n_candidates * (steps * batch_size + n_validation / 3)
        n_candidates, steps = -(-n_candidates // 2), 2 * steps
    return items


def affordable(
    candidates: tuple[Candidate, ...], settings: Settings, n_validation: int, items_per_second: float, seconds: float
) -> tuple[Candidate, ...]:
    """As many candidates, from the first, as a race within its share of the time can take; () for fewer than two."""
    items = RACE_SHARE * seconds * items_per_second
    for n in range(len(candidates), 1, -1):
        if race_items(n, settings.batch_size, n_validation) <= items:
            return candidates[:n]
    return ()


def race(
    task: Task,
    settings: Settings,
    candidates: tuple[Candidate, ...],
    should_stop: Callable[[], bool],
    tell: Callable[[str, float], Any],
    entered: Callable[[Task, Candidate], Task] = lambda task, candidate: task,
) -> tuple[Race, Task]:
    """Halve the candidates until one is left; the race and the winner's task, whose network is as the race left it.

    ``entered`` may change a racer's task (a network with adapters). The given task's network stays as it was. After a
    stop request the leader so far wins; where all diverged the first candidate does, from the start.
    """
    racers = [_Racer(c, entered(_own(task), c)) for c in candidates]
    laps: list[Lap] = []
    steps, n_rounds = ROUND_STEPS, max(1, math.ceil(math.log2(len(racers))))
    for turn in range(n_rounds):
        for index, racer in enumerate(racers):
            if should_stop():
                break
            tell(f"Race, round {turn + 1} of {n_rounds}: {racer.candidate}", (turn + index / len(racers)) / n_rounds)
            laps.append(_lap(racer, settings, steps, should_stop))
        racers = sorted((r for r in racers if math.isfinite(r.loss)), key=lambda racer: racer.loss)
        racers, steps = racers[: -(-len(racers) // 2)], 2 * steps
        if len(racers) <= 1:
            break
    if not racers:
        return Race(candidates[0], tuple(laps)), entered(_own(task), candidates[0])
    return Race(racers[0].candidate, tuple(laps)), racers[0].task


def _own(task: Task) -> Task:
    """The same task with a copy of the network."""
    return dataclasses.replace(task, network=copy.deepcopy(task.network))


def _lap(racer: _Racer, settings: Settings, steps: int, should_stop: Callable[[], bool]) -> Lap:
    """So many steps more from the racer's state; the last state counts."""
    told = dataclasses.replace(
        racer.candidate.settings(settings),
        steps=steps,
        seconds=None,
        n_evaluations=0,
        patience=0,
        first_look=False,
        average_last=0.0,
        returns=0,  # a racer that diverges is out; at half its rate it would look sound
        seed=settings.seed + len(racer.laps),  # another round sees other batches
    )
    result = fit(racer.task, told, Callbacks(should_stop=should_stop))
    before = racer.laps[-1].steps if racer.laps else 0
    loss = math.inf if result.diverged else result.loss
    racer.laps.append(Lap(racer.candidate, before + result.steps, max(result.value, 0.0), loss))
    return racer.laps[-1]
