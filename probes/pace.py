"""How fast a piece of work is now by the clock, and how fast it is on a machine that does nothing else.

Other processes only lengthen the time by the clock, by seven times at three times as many of them as cores. They leave
the processor's time alone: within three per cent there, on every engine. So what takes part in a decision is the
processor's time, shared by the threads; the clock says what fits into a budget now.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Items a second by the clock, and the processor's seconds for one item, of all ``threads`` together.

    ``threads``: those that share the work; 0 where another device does it, whose time the processor does not show.
    """

    rate: float
    cost: float
    threads: int = 0

    @property
    def seconds(self) -> float:
        """Seconds of one item on a free machine: the processor's, shared by the threads; of another device the clock's.

        >>> Pace(rate=25.0, cost=0.012, threads=2).seconds, Pace(rate=250.0, cost=0.001).seconds
        (0.006, 0.004)
        """
        return self.cost / self.threads if self.threads else 1.0 / max(self.rate, 1e-9)


def pace(work: Callable[[], object], n: int, seconds: float, threads: int = 0) -> Pace:
    """The best of a few calls for n items; the first one, which chooses kernels, is not counted."""
    work()
    clock, processor, until = float("inf"), float("inf"), time.perf_counter() + seconds
    while clock == float("inf") or time.perf_counter() < until:
        started, began = time.perf_counter(), time.process_time()
        work()
        clock = min(clock, time.perf_counter() - started)
        processor = min(processor, time.process_time() - began)
    return Pace(n / max(clock, 1e-9), max(processor, 1e-9) / n, threads)
