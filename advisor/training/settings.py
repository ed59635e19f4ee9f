"""How a fit is carried out, how it talks to the outside, and what comes out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

#: The rungs that train a network.
TrainedRung = Literal["fine-tune", "scratch"]
#: Settings by their former names, as resolved.json of older runs has them.
_FORMER = {"depth": "layer_share", "returns": "rollbacks"}


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one fit.

    The length is `steps` if given, else what a timed step lets expect to end within `seconds`, and never more than
    `max_epochs`.
    ``warmup`` is a share of the steps. A run planned shorter than `gentle_steps` learns proportionally slower (down to
    a quarter), since Adam's first steps are as large as its rate whatever the gradient. ``layer_decay``: learning rate
    of a block against the next one's. ``layer_share``: share of the blocks that learn, from the top.
    ``patience``: evaluations without improvement before stopping (0: never). ``n_evaluations``: at most so many
    evaluations on the validation part (0: one at the end, which chooses nothing: the last state counts, or the average
    where there is one). ``first_look``: whether the start is evaluated too.
    ``accumulate``: a batch is taken in so many parts. ``average_last``: the weights of this share of the steps, at the
    end, are averaged (Izmailov et al., "Averaging Weights Leads to Wider Optima", UAI 2018,
    https://arxiv.org/abs/1803.05407), and the average is kept where it validates better. ``rollbacks``: how often a fit
    whose numbers overflow may go back to its last good state.
    """

    learning_rate: float
    head_learning_rate: float
    weight_decay: float = 0.01
    batch_size: int = 32
    seconds: float | None = None
    steps: int | None = None
    max_epochs: float = 30.0
    warmup: float = 0.1
    gentle_steps: int = 0
    clip: float = 1.0
    label_smoothing: float = 0.1
    layer_decay: float = 1.0
    layer_share: float = 1.0
    patience: int = 6
    n_evaluations: int = 12
    first_look: bool = True
    autocast: str = "float32"
    accumulate: int = 1
    average_last: float = 0.0
    rollbacks: int = 3
    seed: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """The settings among other values, such as those of resolved.json; older runs have former names.

        >>> Settings.of({"learning_rate": 1e-3, "head_learning_rate": 1e-3, "depth": 0.5, "rung": "x"}).layer_share
        0.5
        """
        names = {field.name for field in dataclasses.fields(cls)}
        renamed = {_FORMER.get(name, name): value for name, value in values.items()}
        return cls(**{name: value for name, value in renamed.items() if name in names})


@dataclass(frozen=True)
class Candidate:
    """What a racer differs in: learning rate, share of the blocks that learn (from the top), LoRA instead of both."""

    learning_rate: float
    layer_share: float = 1.0
    adapters: bool = False

    def __str__(self) -> str:
        what = "all layers" if self.layer_share == 1.0 else f"top {100 * self.layer_share:.0f} % of the blocks"
        return f"{'LoRA' if self.adapters else what} at learning rate {self.learning_rate:.2g}"

    def settings(self, base: Settings) -> Settings:
        """The base with this candidate's rate and share of layers; the head's rate keeps its ratio."""
        ratio = self.learning_rate / base.learning_rate
        head = base.head_learning_rate * (1.0 if self.adapters else ratio)
        return dataclasses.replace(
            base, learning_rate=self.learning_rate, head_learning_rate=head, layer_share=self.layer_share
        )


@dataclass
class Callbacks:
    """How a fit talks to the outside: numbers and sentences out, stop requests in, a folder for checkpoints or none.

    ``first_checkpoint_waits``: whether the first one comes after ``checkpoint_seconds`` too, and not after a step.
    ``kept`` is called after each checkpoint, ``trained`` at the end with the items that passed through the steps.
    """

    emit: Callable[[dict[str, Any]], None] = field(default=lambda numbers: None)
    say: Callable[[str], None] = field(default=lambda sentence: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)
    checkpoint: Path | None = None
    checkpoint_seconds: float = 20.0
    first_checkpoint_waits: bool = False
    kept: Callable[[], None] = field(default=lambda: None)
    trained: Callable[[int], None] = field(default=lambda items: None)


@dataclass
class FitResult:
    """The best state's validation value and outputs, and how it came about; the network holds that state.

    ``sentences``: what did not go as planned (memory, numbers that overflowed), and what averaging gained.

    Shape: logits (n_val, C), the objective's outputs, zeros when no state was judged. ``value`` is -inf then.
    """

    value: float
    loss: float
    logits: np.ndarray
    best_step: int
    steps: int
    epochs: float
    seconds: float
    items_per_second: float
    stopped: bool = False
    diverged: bool = False
    out_of_memory: bool = False
    first_value: float | None = None
    sentences: tuple[str, ...] = ()
