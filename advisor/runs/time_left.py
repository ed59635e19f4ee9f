"""How long a run still takes: one number for all of it, which never grows."""

from __future__ import annotations

import math

#: Up to this share of a run nothing can be said at its pace: what comes before a training has a length of its own.
TRUST_SHARE = 0.3
#: From this share on the training is over, also where some of what it planned was not needed.
ENDING_SHARE = 0.93
LEAST_SECONDS = 1.0


class TimeLeft:
    """The time left as the training tells it, counted down; for a rung that does not train, at the pace so far.

    An estimate that turns out too low stands until the run has caught up with it: people plan by it, and one that
    grows is believed no more. It is never more than the budget leaves.
    """

    def __init__(self) -> None:
        self._ends: float | None = None
        self._shown = math.inf

    def tell(self, left: float, seconds: float) -> None:
        """Note what the training says is left of the whole run, `seconds` after its start."""
        self._ends = seconds + left

    def at(self, seconds: float, share: float, budget: float = math.inf) -> float | None:
        """Seconds left, `seconds` after the start with `share` of the run done; None where nothing can be said."""
        if self._ends is None and share <= TRUST_SHARE:
            return None
        if seconds >= budget:
            return None  # over time: whatever is said would be wrong
        at_pace = seconds / share if share > 0 else math.inf
        ends = at_pace if self._ends is None else self._ends
        if share >= ENDING_SHARE:
            ends = min(ends, at_pace)
        self._shown = min(self._shown, ends - seconds, budget - seconds)
        return round(max(LEAST_SECONDS, self._shown), 1)
