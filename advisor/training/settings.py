"""What a training run is told, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.training.objectives import Classification, Objective

if TYPE_CHECKING:
    from torch import nn

    from advisor.training.sources import Source


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one fit.

    The length is `steps` if given, else what a timed step lets expect to end within `seconds`, and never more than
    `max_epochs`.
    ``warmup`` is a share of the steps. A run planned shorter than `gentle_steps` learns in proportion slower (down to a
    quarter), since Adam's first steps are as large as its rate whatever the gradient. ``layer_decay``: learning rate
    of a block against the next one's.
    ``depth``: share of the blocks that learn, from the top. ``patience``: evaluations without improvement before
    stopping (0: never). ``n_evaluations``: at most so many looks at the validation part (0: one at the end, which
    chooses nothing: the last state counts, or the average where there is one).
    ``accumulate``: a batch is taken in so many parts. ``average_last``: the weights of this share of the steps, at the
    end, are averaged (Izmailov et al., "Averaging Weights Leads to Wider Optima", UAI 2018,
    https://arxiv.org/abs/1803.05407), and the average is kept where it validates better. ``returns``: how
    often a fit whose numbers overflow may go back to its last good state.
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
    depth: float = 1.0
    patience: int = 6
    n_evaluations: int = 12
    first_look: bool = True
    autocast: str = "float32"
    accumulate: int = 1
    average_last: float = 0.0
    returns: int = 3
    seed: int = 0


def _no_labels() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Task:
    """What is learned. Shape: labels_* (n,) int64 where there are classes, class_weights (C,) float32 or None.

    ``objective`` says what is minimised and how a state is judged. ``groups`` gives the optimizer's groups (each with
    ``params``, ``lr``, ``base`` = lr, ``weight_decay``) for a network that is no `Classifier`, such as one with
    adapters; what is in no group must have ``requires_grad`` off.
    ``remake`` is how another process builds the same task (its validation part aside): a function ``module:name``,
    called as ``function(dataset, device=..., **arguments)``, and its arguments, which must fit into JSON.
    """

    network: nn.Module
    kind: str
    train: Source
    val: Source
    labels_train: np.ndarray = field(default_factory=_no_labels)
    labels_val: np.ndarray = field(default_factory=_no_labels)
    n_classes: int = 0
    metric: str = ""
    device: str = "cpu"
    class_weights: np.ndarray | None = None
    objective: Objective = field(default_factory=Classification)
    groups: Callable[[nn.Module, Settings], list[dict[str, Any]]] | None = None
    remake: tuple[str, dict[str, Any]] | None = None


@dataclass
class Callbacks:
    """How a fit talks to the outside: numbers and sentences out, stop requests in, a folder for checkpoints or none.

    ``kept`` is called after each checkpoint, ``trained`` at the end with the items that passed through the steps.
    """

    emit: Callable[[dict[str, Any]], None] = field(default=lambda numbers: None)
    say: Callable[[str], None] = field(default=lambda sentence: None)
    should_stop: Callable[[], bool] = field(default=lambda: False)
    checkpoint: Path | None = None
    checkpoint_seconds: float = 20.0
    kept: Callable[[], None] = field(default=lambda: None)
    trained: Callable[[int], None] = field(default=lambda items: None)


@dataclass
class FitResult:
    """The best state's validation value and outputs, and how it came about; the network holds that state.

    ``sentences``: what did not go as planned (memory, numbers that overflowed), and what averaging brought.

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
    first_value: float | None = None
    sentences: tuple[str, ...] = ()


def balanced_weights(labels: np.ndarray, n_classes: int, largest: float = 20.0) -> np.ndarray:
    """Class weights inversely proportional to the counts, mean about 1, at most `largest`. Shape: (C,) float32."""
    counts = np.maximum(np.bincount(labels, minlength=n_classes), 1)
    return np.minimum(len(labels) / (n_classes * counts), largest).astype(np.float32)
