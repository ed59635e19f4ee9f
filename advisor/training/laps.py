"""The laps of a race, kept beside the run's checkpoint: a race that is killed goes on with the lap that it was in."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.training import checkpoints, states
from advisor.training.checkpoints import Part
from advisor.training.problem import Problem
from advisor.training.settings import Candidate

#: Laps are written at most so often: less than that is repeated sooner than it is written.
SECONDS = 10.0


@dataclass(frozen=True)
class Lap:
    """One candidate in one round: steps so far, then value and loss on the validation part (inf when it diverged)."""

    candidate: Candidate
    steps: int
    value: float
    loss: float

    @property
    def plain(self) -> dict[str, Any]:
        """The numbers as JSON holds them."""
        return {"steps": self.steps, "value": self.value, "loss": self.loss if math.isfinite(self.loss) else None}


@dataclass
class Racer:
    """A candidate with a network of its own, and its laps."""

    candidate: Candidate
    problem: Problem
    laps: list[Lap] = field(default_factory=list)

    def loss_after(self, turn: int) -> float:
        """The loss of its lap in round `turn` (from 0), else of the last one, as after a stop; 0 before any."""
        return self.laps[min(turn, len(self.laps) - 1)].loss if self.laps else 0.0


@dataclass
class Laps:
    """Keeps what racers have done in a folder. ``kept`` is called after each writing."""

    folder: Path
    kept: Callable[[], None]
    seconds: float = SECONDS
    _written: float = field(default_factory=time.monotonic)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Who took part in the race that was interrupted; nobody where none was. Raises StorageError."""
        content = checkpoints.read(self.folder)
        return tuple(Candidate(**racer["candidate"]) for racer in content[1]["racers"]) if content else ()

    def restore(self, racers: Sequence[Racer]) -> None:
        """Give racers, of the same candidates, the laps and the networks that they had. Raises StorageError."""
        content = checkpoints.read(self.folder)
        if content is None:
            return
        parts, state = content
        for index, (racer, known) in enumerate(zip(racers, state["racers"], strict=True)):
            racer.laps = [_lap(racer.candidate, lap) for lap in known["laps"]]
            if racer.laps:
                states.copy_into(racer.problem.network, parts[f"racer-{index}"].tensors)

    def note(self, racers: Sequence[Racer]) -> None:
        """Keep all laps so far, where the last writing is long enough ago. Raises StorageError."""
        if time.monotonic() - self._written < self.seconds:
            return
        parts = {
            f"racer-{index}": Part(len(racer.laps), states.learned(racer.problem.network))
            for index, racer in enumerate(racers)
            if racer.laps
        }
        plain = [
            {"candidate": dataclasses.asdict(racer.candidate), "laps": [lap.plain for lap in racer.laps]}
            for racer in racers
        ]
        checkpoints.write(self.folder, parts, {"racers": plain})
        self._written = time.monotonic()
        self.kept()


def _lap(candidate: Candidate, values: dict[str, Any]) -> Lap:
    loss = math.inf if values["loss"] is None else float(values["loss"])
    return Lap(candidate, int(values["steps"]), float(values["value"]), loss)
