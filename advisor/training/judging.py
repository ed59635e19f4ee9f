"""The validation part judged in whatever batches the memory holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from advisor.training.gradients import is_out_of_memory
from advisor.training.objectives import Judgement
from advisor.training.settings import Settings, Task


class Judge:
    """The objective's judgement, ``batch_size`` items at a time; fewer of them once the memory did not suffice."""

    def __init__(self, task: Task, settings: Settings, say: Callable[[str], None]) -> None:
        self.task, self.settings, self.say = task, settings, say
        self.batch_size = settings.batch_size

    def __call__(self) -> Judgement:
        """Raises what the memory raises when not even one item at a time fits."""
        while True:
            try:
                return self.task.objective.judge(self.task, replace(self.settings, batch_size=self.batch_size))
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error) or self.batch_size == 1:
                    raise
            # outside of the handler, so that no traceback keeps the activations
            self.batch_size //= 2
            smaller = self.settings.batch_size // self.batch_size
            self.say(
                f"The memory did not suffice to judge the validation part; its batches are {smaller} times smaller."
            )
