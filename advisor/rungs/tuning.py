"""One tuning among the several of a run on few labels: all labelled items but a fold's, or all of them."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.rungs import common
from advisor.rungs.context import RunContext
from advisor.rungs.trained import of_run
from advisor.training.network import Classifier
from advisor.training.settings import Callbacks, Settings

if TYPE_CHECKING:
    from advisor.data.features import Backbone


#: A tuning is judged on all labelled items, those that it learns from among them: no value to show.
JUDGED = ("val_value", "val_loss")
#: A tuning of a smaller share of the steps that were planned is not what the folds have judged.
LEAST_SHARE = 0.25


@dataclass(frozen=True)
class Tuning:
    """What one tuning learns from. Shape: rows (n,) all labelled items, inside (n,) bool those that it may see."""

    rows: np.ndarray
    inside: np.ndarray
    index: int
    n_tunings: int

    @property
    def last(self) -> bool:
        """Whether it is the one that is kept."""
        return self.index == self.n_tunings - 1

    @property
    def fit(self) -> str:
        """What it is called among the run's fits."""
        return "all items" if self.last else f"fold {self.index + 1}"

    @property
    def stage(self) -> str:
        """The stage of the run while it trains."""
        return "Training" if self.last else f"Training without fold {self.index + 1} of {self.n_tunings - 1}"

    def judged(self, context: RunContext, resolved: dict[str, Any], value: float) -> None:
        """Report what a fold's network reached on the items that it has not seen."""
        share = 0.25 + 0.65 * (self.index + 1) / self.n_tunings
        context.emit(self.stage, share, fit=self.fit, step=self.settings(resolved).steps, val_value=value)

    def folder(self, context: RunContext) -> Path:
        """The place of its checkpoint."""
        return context.files.checkpoint / f"turn-{self.index}"

    def settings(self, resolved: dict[str, Any]) -> Settings:
        """As resolved for all items, with the steps that give as many epochs over what is inside."""
        settings = Settings.of(resolved)
        assert settings.steps is not None
        return dataclasses.replace(settings, steps=max(1, round(settings.steps * float(self.inside.mean()))))

    @property
    def fits_after(self) -> float:
        """How many tunings of this one's length follow: the other folds, and the one on all items."""
        inside = float(self.inside.mean())
        return 0.0 if self.last else self.n_tunings - 2 - self.index + 1 / inside

    def seconds_after(self, context: RunContext, read_per_second: float) -> float:
        """Seconds for the rest: each tuning reads all items, and the report its own."""
        reading = (self.n_tunings - self.index) * len(self.rows) / read_per_second
        return reading + common.report_seconds(context, 1 / read_per_second)

    def callbacks(
        self, context: RunContext, resolved: dict[str, Any], checkpoint: Path | None = None, seconds: float = 20.0
    ) -> Callbacks:
        """Progress of this tuning within the run's."""
        after = self.seconds_after(context, float(resolved["read_per_second"]))

        def emit(numbers: dict[str, Any]) -> None:
            share = 0.25 + 0.65 * (self.index + numbers["step"] / max(numbers["steps"], 1)) / self.n_tunings
            learned = {key: value for key, value in numbers.items() if key not in JUDGED}
            context.emit(self.stage, share, **of_run(learned, self.fits_after, after, self.fit))

        return Callbacks(
            emit=emit,
            should_stop=context.should_stop,
            checkpoint=checkpoint,
            checkpoint_seconds=seconds,
            kept=context.kept,
            trained=context.trained,
        )


@dataclass(frozen=True)
class Tuned:
    """A tuned network with its head, and its logits (n, C) of all labelled items, including those it learned from."""

    network: Classifier
    backbone: Backbone
    logits: np.ndarray


def affordable(steps: int, fits: float, step_seconds: float, seconds: float) -> int | None:
    """Steps of a tuning on all items where so many of its length are left and must end within `seconds`.

    Never more than `steps`; None where the seconds allow less than `LEAST_SHARE` of them.

    >>> affordable(100, 2.0, 0.5, 120.0), affordable(100, 2.0, 1.0, 120.0), affordable(100, 2.0, 3.0, 120.0)
    (100, 60, None)
    """
    fit = min(steps, int(seconds / max(fits * step_seconds, 1e-9)))
    return fit if fit >= LEAST_SHARE * steps else None


def copy_of(backbone: Backbone) -> Backbone:
    """The same backbone with weights of its own to be changed."""
    copied: Backbone = dataclasses.replace(backbone, module=copy.deepcopy(backbone.module))
    return copied
