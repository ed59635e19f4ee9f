"""How much time a run has left: one number for all of it, which never grows."""

from __future__ import annotations

import math

#: Up to this share of a run its pace says nothing: the stages before a training take a time of their own.
TRUST_SHARE = 0.3
#: From this share on the training is over, even where it did not need all its steps.
ENDING_SHARE = 0.93
LEAST_SECONDS = 1.0


class TimeLeft:
    """The time left as the training estimates it, counted down; for a rung that does not train, at the pace so far.

    An estimate that turns out too low stays until the run has caught up with it: people plan by it and stop believing
    one that grows. It never exceeds what the budget leaves.
    """

    def __init__(self) -> None:
        self._ends: float | None = None
        self._shown = math.inf

    def note(self, left: float, seconds: float) -> None:
        """Note the training's estimate of the seconds left for the whole run, `seconds` after its start."""
        self._ends = seconds + left

    def at(self, seconds: float, share: float, budget: float = math.inf) -> float | None:
        """Seconds left, `seconds` after the start with `share` of the run done; None where there is no estimate yet."""
        if self._ends is None and share <= TRUST_SHARE:
            return None
        if seconds >= budget:
            return None  # over the budget: any estimate would be wrong
        at_pace = seconds / share if share > 0 else math.inf
        ends = at_pace if self._ends is None else self._ends
        if share >= ENDING_SHARE:
            ends = min(ends, at_pace)
        self._shown = min(self._shown, ends - seconds, budget - seconds)
        return round(max(LEAST_SECONDS, self._shown), 1)
