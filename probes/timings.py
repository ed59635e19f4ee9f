"""Where the time goes: the seconds of each stage of a measurement, and what ran beside it in other threads.

Stages say their names wherever they lie, and are recorded where somebody watches (`watched`). A stage inside another
takes its time from it, so the seconds of all stages add up to the time by the clock. Other threads add what they do
beside it (`Watch.beside`): those seconds took no time of their own.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: What no stage claims.
OTHER = "other"


@dataclass
class Spent:
    """Seconds of one stage: by the clock, of the processor (all threads), and in other threads beside other stages."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    beside_seconds: float = 0.0


class Watch:
    """Records the stages of the thread that opened it. ``stages``: in the order in which they first ran."""

    def __init__(self) -> None:
        self.stages: dict[str, Spent] = {}
        self._running = [OTHER]
        self._since = _now()
        self._lock = threading.Lock()

    def begin(self, stage: str) -> None:
        """The stage that runs pauses for this one."""
        self._settle()
        self._running.append(stage)
        self.stages.setdefault(stage, Spent())

    def end(self) -> None:
        """The stage is over; the one around it goes on."""
        self._settle()
        self._running.pop()

    @contextlib.contextmanager
    def beside(self, stage: str) -> Iterator[None]:
        """What another thread does for a stage; it counts where the watched thread did something else meanwhile."""
        started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                if self._running[-1] != stage:
                    self.stages.setdefault(stage, Spent()).beside_seconds += time.perf_counter() - started

    def add(self, stages: dict[str, Spent]) -> None:
        """What another watch recorded while this one's thread ran."""
        for name, other in stages.items():
            own = self.stages.setdefault(name, Spent())
            own.seconds += other.seconds
            own.processor_seconds += other.processor_seconds
            own.beside_seconds += other.beside_seconds
        self._since = _now()

    def _settle(self) -> None:
        now = _now()
        with self._lock:
            own = self.stages.setdefault(self._running[-1], Spent())
            own.seconds += now[0] - self._since[0]
            own.processor_seconds += now[1] - self._since[1]
        self._since = now


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextlib.contextmanager
def watched() -> Iterator[Watch]:
    """Record the stages of the block; its `Watch.stages` are complete when the block has ended.

    A block inside another one's has a record of its own, and counts in the outer one too.
    """
    outer, own = _watch.get(), Watch()
    if outer is not None:
        outer._settle()
    token = _watch.set(own)
    try:
        yield own
    finally:
        _watch.reset(token)
        own._settle()
        if outer is not None:
            outer.add(own.stages)


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """The block is this stage's; nothing is recorded where nobody watches."""
    watch = _watch.get()
    if watch is None:
        yield
        return
    watch.begin(name)
    try:
        yield
    finally:
        watch.end()


def beside(name: str, work: Callable[P, T]) -> Callable[P, T]:
    """The work, to be done in another thread for this stage of whoever watches the present one."""
    watch = _watch.get()

    def watched_work(*args: P.args, **kwargs: P.kwargs) -> T:
        with watch.beside(name) if watch is not None else contextlib.nullcontext():
            return work(*args, **kwargs)

    return watched_work


def current() -> Watch | None:
    """The watch of this thread, for work that it hands to others; None where nobody watches."""
    return _watch.get()


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()
