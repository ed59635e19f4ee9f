"""What a rung gets when it is carried out, and what it returns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from advisor.core.ladder import RungName
from advisor.core.records import Dataset, Plan
from advisor.core.stopping import Stopped
from advisor.core.workspace import RunFiles
from probes.progress import Progress


class Emit(Protocol):
    """Report the stage and the share of the whole run that is done (0 to 1); numbers become a line of the metrics."""

    def __call__(self, stage: str, share: float, **numbers: Any) -> None: ...


def _quiet(stage: str, share: float, **numbers: Any) -> None:
    """The emit of a caller who does not follow the run."""


@dataclass
class RunContext:
    """A plan being carried out.

    ``directory`` is the run's folder (the model, ``resolved.json`` and ``checkpoint/`` go there). ``deadline`` is the
    moment on `time.monotonic()` by which the run, its report included, should be over. ``kept`` is called whenever
    everything done so far would survive a kill. ``say`` tells people what the run does now and why, a sentence.
    ``reads``: is told how many seconds the model takes for an item, so that the time left holds the reading of the test
    part. ``items``: those that passed through training steps in this attempt.
    """

    plan: Plan
    dataset: Dataset
    directory: Path
    device: str
    deadline: float
    emit: Emit = field(default=_quiet)
    should_stop: Callable[[], bool] = field(default=lambda: False)
    kept: Callable[[], None] = field(default=lambda: None)
    say: Callable[[str], None] = field(default=lambda sentence: None)
    reads: Callable[[float], None] = field(default=lambda seconds_per_item: None)
    items: int = 0

    def trained(self, items: int) -> None:
        """Count the items that passed through the steps of a long training; races and timed steps are not counted."""
        self.items += items

    @property
    def files(self) -> RunFiles:
        """The files in the run's folder."""
        return RunFiles(self.directory)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline, at least 0."""
        return max(0.0, self.deadline - time.monotonic())

    def stage(self, name: str, start: float, end: float) -> Progress:
        """A progress callback for one stage; raises Stopped when a stop was requested."""

        def tell(sentence: str, share: float) -> None:
            if self.should_stop():
                raise Stopped(name)
            self.emit(name, start + (end - start) * min(1.0, max(0.0, share)))

        return tell


@dataclass(frozen=True)
class Outcome:
    """The result of a rung.

    ``validation``: ``value`` (of the model saved, on the validation part; the frozen rung's is of the head fitted
    without that part), ``n``, and for fine-tuning ``frozen`` and ``tuned``, the two that were compared. ``sentences``
    are for the report. ``stopped``: the user ended the training early and the best state so far was saved. ``dropped``:
    why the run was rolled back to the rung it had started from, whose model was saved; "" where it was not.
    ``gained_nothing``: it was since what was trained to the end was no better on held-out items. ``partial``: that
    there was no time for every item, and how many were learned from; "" where all were.
    """

    rung: RungName
    validation: dict[str, float]
    sentences: tuple[str, ...] = ()
    device: str = "cpu"
    precision: str = "float32"
    stopped: bool = False
    dropped: str = ""
    gained_nothing: bool = False
    partial: str = ""


class Rung(Protocol):
    """A module that carries out one rung: trains or assembles, and saves the model into the run's folder."""

    def execute(self, context: RunContext) -> Outcome:
        """Carry out the plan. Raises PeopleError, or Stopped when stopped before there is a model."""
