"""How many steps fit into the time: planned from a timed step, then corrected by the real pace."""

from __future__ import annotations

import math
import time
from typing import Any

from advisor.training.settings import Settings

#: Judging the validation part may take this share of the time.
EVALUATION_SHARE = 0.15
#: The plan leaves this share free, since steps on a busy machine vary.
RESERVE = 0.04
#: Until this share of the steps is done the plan may still grow; a cosine must not be stretched late.
GROWTH_SHARE = 0.34
CHECKPOINT_SHARE = 0.05
LEAST_GENTLENESS = 0.25


class Pace:
    """Steps planned, seconds spent; `steps` moves only where the length depends on the clock."""

    def __init__(self, settings: Settings, per_epoch: int) -> None:
        self.settings = settings
        self.cap = max(1, round(settings.max_epochs * per_epoch))
        self.per_epoch = per_epoch
        self.steps = self.planned = 0
        self.evaluate_every = 0
        self.timed = False
        self.step_seconds = self.evaluation_seconds = 0.0
        self.before = self.stepping = 0.0
        self.started = time.monotonic()
        # the first is due at once: a run that dies without one cannot be resumed
        self.last_checkpoint, self.checkpoint_cost = -math.inf, 0.0

    @property
    def spent(self) -> float:
        """Seconds since the start, those before a resume included."""
        return self.before + time.monotonic() - self.started

    def fix(self, steps: int) -> None:
        """A given number of steps, whatever the clock says."""
        self.steps = self.planned = steps
        self._spread(self.settings.n_evaluations)

    def plan(self, step_seconds: float, evaluation_seconds: float) -> None:
        """Choose steps and evaluations from a timed step and an estimated evaluation (seconds each)."""
        self.timed = self.settings.seconds is not None
        self.step_seconds, self.evaluation_seconds = step_seconds, evaluation_seconds
        if self.settings.seconds is None:
            self.fix(self.cap)
            return
        time_left = self.settings.seconds * (1 - RESERVE) - self.spent
        evaluations = min(
            self.settings.n_evaluations, int(EVALUATION_SHARE * time_left / max(evaluation_seconds, 1e-6))
        )
        first = int(self.settings.first_look and self.settings.n_evaluations > 0)
        training = time_left - evaluation_seconds * (max(evaluations, 1) + first)
        self.steps = self.planned = max(1, min(self.cap, int(training / step_seconds)))
        self._spread(evaluations)

    @property
    def gentleness(self) -> float:
        """Factor of the learning rate of a run planned shorter than `Settings.gentle_steps`."""
        wanted = self.settings.gentle_steps
        return min(1.0, max(LEAST_GENTLENESS, self.planned / wanted)) if wanted else 1.0

    def stepped(self, step: int, seconds: float) -> None:
        """Learn from a step that took so many seconds, and correct the plan."""
        self.stepping += seconds
        self.step_seconds = seconds if self.step_seconds == 0 else 0.9 * self.step_seconds + 0.1 * seconds
        if self.timed and (step % 5 == 0 or self.step_seconds > 0.2):
            self._correct(step)

    def evaluated(self, seconds: float) -> None:
        """Learn from an evaluation that took so many seconds."""
        self.evaluation_seconds = seconds

    def remaining(self, step: int) -> float:
        """Seconds still expected."""
        evaluations = (self.steps - step) / self.evaluate_every if self.evaluate_every else float(step < self.steps)
        return max(0.0, (self.steps - step) * self.step_seconds + evaluations * self.evaluation_seconds)

    def checkpoint_due(self, every_seconds: float) -> bool:
        """Whether the next checkpoint is due; it costs at most a share of the time."""
        wait = max(every_seconds, self.checkpoint_cost / CHECKPOINT_SHARE) if every_seconds > 0 else 0.0
        return time.monotonic() - self.last_checkpoint >= wait

    def checkpointed(self, seconds: float) -> None:
        """A checkpoint was written in so many seconds."""
        self.last_checkpoint, self.checkpoint_cost = time.monotonic(), seconds

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "steps": self.steps,
            "planned": self.planned,
            "look_every": self.evaluate_every,
            "timed": self.timed,
            "step_seconds": self.step_seconds,
            "look_seconds": self.evaluation_seconds,
            "spent": self.spent,
            "stepping": self.stepping,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue with the plan of a checkpoint."""
        self.steps, self.planned = state["steps"], state["planned"]
        self.evaluate_every, self.timed = state["look_every"], state["timed"]
        self.step_seconds, self.evaluation_seconds = state["step_seconds"], state["look_seconds"]
        self.before, self.stepping = state["spent"], state["stepping"]

    def _spread(self, evaluations: int) -> None:
        self.evaluate_every = -(-self.steps // evaluations) if evaluations > 0 else 0

    def _correct(self, step: int) -> None:
        """Shorten a plan that would end too late; lengthen a young one that runs faster than expected."""
        assert self.settings.seconds is not None
        time_left = self.settings.seconds * (1 - RESERVE / 2) - self.spent
        per_step = self.step_seconds + (self.evaluation_seconds / self.evaluate_every if self.evaluate_every else 0.0)
        last_evaluation = 0.0 if self.evaluate_every else self.evaluation_seconds
        affordable = step + max(0, int((time_left - last_evaluation) / max(per_step, 1e-6)))
        young = step < GROWTH_SHARE * self.steps
        if affordable < self.steps or (young and affordable > 1.1 * self.steps):
            self.steps = max(step, min(self.cap, affordable))
