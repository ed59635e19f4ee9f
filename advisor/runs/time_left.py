"""How much time a run has left: one number for all of it, the reading of the test part included."""

from __future__ import annotations

import math

#: Up to this share of a run its pace says nothing: the stages before a training take a time of their own.
TRUST_SHARE = 0.3
#: From this share on the training is over, even where it did not need all its steps.
ENDING_SHARE = 0.93
#: From this share on the test part is read.
READING_SHARE = 0.95
LEAST_SECONDS = 1.0
#: So many seconds after the end that was estimated, the run takes longer than expected, and no number is given.
OVERDUE_SECONDS = 3.0


class TimeLeft:
    """The time left as the training estimates it, counted down; for a rung that does not train, at the pace so far.

    An estimate that turns out too low stays until the run has caught up with it: people plan by it and stop believing
    one that grows. It exceeds what the budget leaves only where the test part takes longer than that: no budget cuts
    the test short. Only the last stage may correct it upwards, as it is then measured: how long the test part takes at
    the pace at which it is read.
    """

    def __init__(self) -> None:
        self._ends: float | None = None
        self._shown = math.inf
        self._reading: float | None = None
        self._is_read = False

    def note(self, left: float, seconds: float) -> None:
        """Note the training's estimate of the seconds left for the whole run, `seconds` after its start."""
        self._ends = seconds + left

    def expect_reading(self, takes: float) -> None:
        """Note how many seconds reading the test part is expected to take at the end."""
        self._reading = takes

    def read(self, seconds: float, left: float | None = None) -> None:
        """Note that the test part is being read; `left`: seconds at its pace, None where it has only begun."""
        left = self._reading if left is None else left
        if left is not None:
            self._ends, self._shown, self._is_read = seconds + left, math.inf, True

    def at(self, seconds: float, share: float, budget: float = math.inf) -> float | None:
        """Seconds left, `seconds` after the start with `share` of the run done; None where there is no estimate yet.

        0.0: it takes longer than was estimated.
        """
        room = max(budget - seconds, self._reading or 0.0) if not self._is_read else math.inf
        if self._ends is None and share <= TRUST_SHARE:
            return round(room, 1) if room > budget - seconds else None
        if room <= 0.0:
            return None  # over the budget, with nothing known of the test: any estimate would be wrong
        at_pace = self._at_pace(seconds, share)
        ends = at_pace if self._ends is None else self._ends
        if share >= ENDING_SHARE and not self._is_read:
            ends = min(ends, at_pace)
        self._shown = min(self._shown, ends - seconds, room)
        if self._shown < -OVERDUE_SECONDS:
            return 0.0
        return round(max(LEAST_SECONDS, self._shown), 1)

    def _at_pace(self, seconds: float, share: float) -> float:
        """When the run ends at its pace so far, in seconds after its start, and the test part at what it takes."""
        if share <= 0:
            return math.inf
        if self._reading is None or share >= READING_SHARE:
            return seconds / share
        return READING_SHARE * seconds / share + self._reading
