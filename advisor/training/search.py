"""Before the long run: how fast a step is, and which learning rate and share of layers win a short race.

Successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
AISTATS 2016, https://arxiv.org/abs/1502.07943): all candidates take a few steps, the better half goes on from its own
state for twice as many, until one is left; the long run goes on from that one, so its part of the race is not lost.
Judged by validation loss, since on a small validation part the metric of short runs is mostly equal. Every round is
a whole schedule (warm-up and cosine), since a high rate that has not decayed yet looks worse than it is.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.training.batches import Batch
from advisor.training.gradients import Gradients, random_state_kept
from advisor.training.laps import Lap as Lap
from advisor.training.laps import Laps, Racer
from advisor.training.loop import fit
from advisor.training.problem import Problem
from advisor.training.settings import Callbacks, Candidate, Settings
from advisor.training.sources import logits_of
from probes.memory import is_out_of_memory

#: Gets a candidate and the numbers of its training.
Watch = Callable[[Candidate, dict[str, Any]], None]
#: Steps of the first round. With fewer the candidates are still in their warm-up.
ROUND_STEPS = 20
#: The race may take this share of the training time; the winner's own steps are part of the run.
RACE_SHARE = 0.33
TIMED_ITEMS = 64
TIMED = Settings(learning_rate=0.0, head_learning_rate=0.0, label_smoothing=0.0)


@dataclass(frozen=True)
class Race:
    """The winner and every lap; no laps when the time allowed no race."""

    winner: Candidate
    laps: tuple[Lap, ...] = ()

    @property
    def sentence(self) -> str:
        """What was tried and what won."""
        if not self.laps:
            return f"Learning rate and layers: {self.winner}, as in the recipe; there was no time for a race."
        last = {lap.candidate: lap for lap in self.laps}
        reached = "; ".join(
            f"{lap.candidate}: {100 * lap.value:.1f} % after {lap.steps} steps"
            for lap in sorted(last.values(), key=lambda lap: (-lap.steps, lap.loss))
        )
        return f"Learning rate and layers: {self.winner}, the winner of a short race by validation loss ({reached})."

    @property
    def record(self) -> list[dict[str, Any]]:
        """The laps as plain values, for resolved.json."""
        return [
            {
                "learning_rate": lap.candidate.learning_rate,
                "depth": lap.candidate.layer_share,
                "adapters": lap.candidate.adapters,
                "steps": lap.steps,
                "value": lap.value,
                "loss": lap.loss if math.isfinite(lap.loss) else None,
            }
            for lap in self.laps
        ]


def training_speed(problem: Problem) -> float:
    """Items a second through forward and backward pass, decoding not counted; the weights stay as they are."""
    positions = np.arange(min(TIMED_ITEMS, len(problem.train)))
    learning = [parameter for parameter in problem.network.parameters() if parameter.requires_grad]
    with random_state_kept(problem.device):
        seconds = Gradients(problem, TIMED, learning).seconds_per_item(Batch(0, positions, 0, len(positions)))
    problem.network.eval()
    return 1 / max(seconds, 1e-9)


def reading_speed(problem: Problem) -> float:
    """Items a second of the validation part through the network alone, decoding included, as a report reads them.

    Timed, since a third of a training step is far too much for texts: sorted by length, they need little padding.
    """
    items = problem.val if len(problem.val) else problem.train
    logits_of(problem.network, problem.train)  # the first pass pays for choosing kernels
    started = time.monotonic()
    logits_of(problem.network, items)
    return len(items) / max(time.monotonic() - started, 1e-9)


def race_items(n_candidates: int, batch_size: int, n_validation: int) -> float:
    """Items that a race trains on; an item that is only judged counts a third."""
    items, steps = 0.0, ROUND_STEPS
    while n_candidates > 1:
        items += n_candidates * (steps * batch_size + n_validation / 3)
        n_candidates, steps = -(-n_candidates // 2), 2 * steps
    return items


def affordable(
    candidates: tuple[Candidate, ...], settings: Settings, n_validation: int, items_per_second: float, seconds: float
) -> tuple[Candidate, ...]:
    """As many candidates, from the first, as fit into the race's share of the time; () for fewer than two."""
    items = RACE_SHARE * seconds * items_per_second
    for n in range(len(candidates), 1, -1):
        if race_items(n, settings.batch_size, n_validation) <= items:
            return candidates[:n]
    return ()


def _unwatched(candidate: Candidate, numbers: dict[str, Any]) -> None:
    """Nobody looks."""


def race(
    problem: Problem,
    settings: Settings,
    candidates: tuple[Candidate, ...],
    should_stop: Callable[[], bool],
    tell: Callable[[str, float], Any],
    entered: Callable[[Problem, Candidate], Problem] = lambda problem, candidate: problem,
    kept: Laps | None = None,
    watch: Watch = _unwatched,
) -> tuple[Race, Problem]:
    """Halve the candidates until one is left; the race and the winner's problem, whose network is as the race left it.

    ``entered`` may change a racer's problem (a network with adapters). ``kept``: where laps are kept; those of a race
    that was interrupted are not run again. ``watch`` gets the numbers of each lap, with the steps of earlier laps in.
    The network of `problem` stays as it was. After a stop request the leader so far wins; where all diverged the first
    candidate does, from the start.
    """
    racers = everyone = [Racer(c, entered(_own(problem), c)) for c in candidates]
    if kept is not None:
        kept.restore(everyone)
    laps: list[Lap] = []
    steps, n_rounds = ROUND_STEPS, max(1, math.ceil(math.log2(len(racers))))
    for turn in range(n_rounds):
        for index, racer in enumerate(racers):
            if len(racer.laps) > turn:  # run before the race was interrupted
                laps.append(racer.laps[turn])
                continue
            if should_stop():
                break
            tell(f"Race, round {turn + 1} of {n_rounds}: {racer.candidate}", (turn + index / len(racers)) / n_rounds)
            laps.append(_lap(racer, settings, steps, should_stop, watch))
            if kept is not None and not should_stop():  # a lap that was cut short is none
                kept.note(everyone)
        losses = {id(racer): racer.loss_after(turn) for racer in racers}
        racers = sorted((r for r in racers if math.isfinite(losses[id(r)])), key=lambda racer: losses[id(racer)])
        racers, steps = racers[: -(-len(racers) // 2)], 2 * steps
        if len(racers) <= 1:
            break
    if not racers:
        return Race(candidates[0], tuple(laps)), entered(_own(problem), candidates[0])
    return Race(racers[0].candidate, tuple(laps)), racers[0].problem


def _own(problem: Problem) -> Problem:
    """The same problem with a copy of the network."""
    return dataclasses.replace(problem, network=copy.deepcopy(problem.network))


def _lap(racer: Racer, settings: Settings, steps: int, should_stop: Callable[[], bool], watch: Watch) -> Lap:
    """So many more steps from the racer's state; the last state counts."""
    lap_settings = dataclasses.replace(
        racer.candidate.settings(settings),
        steps=steps,
        seconds=None,
        n_evaluations=0,
        patience=0,
        first_look=False,
        average_last=0.0,
        rollbacks=0,  # a racer that diverges is out; at half its rate it would look sound
        seed=settings.seed + len(racer.laps),  # another round sees other batches
    )
    before = racer.laps[-1].steps if racer.laps else 0
    lap = Lap(racer.candidate, before, 0.0, math.inf)
    try:
        callbacks = Callbacks(
            emit=lambda n: watch(racer.candidate, n | {"step": before + n["step"], "steps": before + n["steps"]}),
            should_stop=should_stop,
        )
        result = fit(racer.problem, lap_settings, callbacks)
        loss = math.inf if result.diverged else result.loss
        lap = Lap(racer.candidate, before + result.steps, max(result.value, 0.0), loss)
    except (RuntimeError, MemoryError) as error:  # one that learns less may fit into memory
        if not is_out_of_memory(error):
            raise
    racer.laps.append(lap)
    return lap
