"""Before the long run: how fast a step is, and which learning rate wins a short race."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from advisor.training import checkpoints
from advisor.training.loop import fit
from advisor.training.network import Classifier
from advisor.training.settings import Callbacks, Settings, Task

#: Racers run at the recipe's learning rate, a third of it and twice it. Not three times: in 30 steps such a rate
#: fell to chance on sign_digits, while it was the best of all after 80, so a short race may not judge it.
FACTORS = (1.0, 1 / 3, 2.0)
#: Share of the training time that one racer gets, and the least number of steps that tells anything.
RACER_SHARE = 0.09
LEAST_STEPS = 40
TIMED_ITEMS = 16
TIMED = Settings(learning_rate=0.0, head_learning_rate=0.0)


@dataclasses.dataclass(frozen=True)
class Race:
    """The winning learning rate, and ``(rate, value, loss)`` of every racer on the validation part."""

    learning_rate: float
    tried: tuple[tuple[float, float, float], ...]

    @property
    def sentence(self) -> str:
        """What was tried and what won."""
        if not self.tried:
            return f"Learning rate {self.learning_rate:.1e}, the recipe's; the time did not allow a race."
        rates = ", ".join(f"{rate:.1e} ({100 * value:.1f} %)" for rate, value, _ in sorted(self.tried))
        return f"Learning rate {self.learning_rate:.1e} won a short race on the validation part: {rates}."


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


def affordable(seconds: float, items_per_second: float, batch_size: int) -> bool:
    """Whether each racer would get enough steps."""
    return RACER_SHARE * seconds * items_per_second / batch_size >= LEAST_STEPS


def race(
    task: Task,
    settings: Settings,
    seconds: float,
    should_stop: Callable[[], bool],
    tell: Callable[[str, float], Any],
) -> Race:
    """Train briefly at each learning rate from the same start; the lowest validation loss wins.

    The loss, since on a small validation part the metric of three short runs is mostly equal. The network is left as
    it was.
    """
    start = {name: tensor.detach().clone() for name, tensor in task.network.state_dict().items()}
    tried = []
    for index, factor in enumerate(FACTORS):
        rate = settings.learning_rate * factor
        tell(f"Trying learning rate {rate:.1e}", index / len(FACTORS))
        racer = dataclasses.replace(
            settings,
            learning_rate=rate,
            head_learning_rate=settings.head_learning_rate * factor,
            seconds=RACER_SHARE * seconds,
            n_evaluations=0,
            patience=0,
            first_look=False,
        )
        result = fit(task, racer, Callbacks(should_stop=should_stop))
        checkpoints.copy_into(task.network, start)
        tried.append((rate, result.value, math.inf if result.diverged else result.loss))
        if result.stopped:
            break
    best = min(tried, key=lambda racer: racer[2])
    finite = tuple(racer for racer in tried if math.isfinite(racer[2]))
    return Race(best[0], finite)


def whole_state(network: Classifier) -> dict[str, torch.Tensor]:
    """Every weight under ``backbone.`` and ``head.``, as a model file holds them."""
    return {name: tensor.detach() for name, tensor in network.state_dict().items()}
