"""Requests that arrive together go through the model together; one that comes alone goes at once.

Context: a model answers 32 items in a few times the time of one, and only one call can run at a time. Decision: what
arrives while a call runs goes into the next call. After a call for several requests the next one waits, at most
`Limits.wait_seconds`, until as many are back, since clients that were answered together ask again together.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from advisor.serve.limits import Limits, Refused

#: From items to what the model says of each, in order.
Answering = Callable[[list[Any]], Sequence[Any]]
#: After so long without a call there is no crowd to wait for.
CROWD_SECONDS = 0.05


@dataclass(eq=False)
class Request:
    """Items that wait for the model, and where their answers go; ``seconds``: of the call that they went into."""

    items: list[Any]
    answers: asyncio.Future[list[Any]]
    taken: bool = False
    seconds: float = 0.0


class Batcher:
    """Feeds a model, in a thread of its own, from requests on the event loop.

    ``observe`` is called with the number of items of each call.
    """

    def __init__(self, answering: Answering, limits: Limits, observe: Callable[[int], None] = lambda n: None) -> None:
        self.limits = limits
        self._answering, self._observe = answering, observe
        self._waiting: deque[Request] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._crowd, self._ended, self._item_seconds = 1, -math.inf, 0.01

    @property
    def n_waiting(self) -> int:
        """Items that wait for the model."""
        return sum(len(request.items) for request in self._waiting)

    async def ask(self, items: list[Any]) -> tuple[list[Any], float]:
        """What the model says of each item, and the seconds that the model itself took for all that went with them.

        Raises Refused (503) where too many wait, or this waited too long.
        """
        n_waiting = self.n_waiting
        if n_waiting and n_waiting + len(items) > self.limits.queue_items:
            raise self._busy(f"{n_waiting:,} items wait already.")
        request = Request(items, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._arrived.set()
        try:
            answers = await asyncio.wait_for(asyncio.shield(request.answers), self.limits.queue_seconds)
        except TimeoutError:
            if request.taken:
                return await request.answers, request.seconds
            self._waiting.remove(request)
            raise self._busy(f"The request waited for {self.limits.queue_seconds:g} seconds.") from None
        return answers, request.seconds

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            await self._wait_for(1)
            await self._wait_for_the_crowd()
            batch = self._take()
            if not batch:
                continue
            self._crowd = len(batch)
            for request, answers in zip(batch, await self._together(batch), strict=True):
                if isinstance(answers, Exception):
                    request.answers.set_exception(answers)
                else:
                    request.answers.set_result(answers)
            self._ended = time.monotonic()

    async def _wait_for(self, n_requests: int) -> None:
        while len(self._waiting) < n_requests:
            self._arrived.clear()
            await self._arrived.wait()

    async def _wait_for_the_crowd(self) -> None:
        """Give those a moment that were answered together a moment ago."""
        if self._crowd > 1 and time.monotonic() - self._ended < CROWD_SECONDS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.wait_seconds):
                    await self._wait_for(self._crowd)

    def _take(self) -> list[Request]:
        """The requests that came first, as many as fit into one call, at least one."""
        batch: list[Request] = []
        n = 0
        while self._waiting and (not batch or n + len(self._waiting[0].items) <= self.limits.batch_items):
            request = self._waiting.popleft()
            request.taken = True
            batch.append(request)
            n += len(request.items)
        return batch

    async def _together(self, batch: list[Request]) -> list[list[Any] | Exception]:
        """The answers of each request; one that makes the model fail fails alone."""
        try:
            answers = list(await self._call(batch))
            ends = list(itertools.accumulate(len(request.items) for request in batch))
            if len(answers) != ends[-1]:
                raise RuntimeError(f"The model gave {len(answers)} answers to {ends[-1]} items.")
            return [answers[end - len(request.items) : end] for request, end in zip(batch, ends, strict=True)]
        except Exception as error:
            if len(batch) == 1:
                return [error]
            return [(await self._together([request]))[0] for request in batch]

    async def _call(self, batch: list[Request]) -> Sequence[Any]:
        items = [item for request in batch for item in request.items]
        self._observe(len(items))
        begun = time.monotonic()
        answers = await asyncio.get_running_loop().run_in_executor(self._thread, self._answering, items)
        seconds = time.monotonic() - begun
        for request in batch:
            request.seconds = seconds
        self._item_seconds = seconds / max(1, len(items))
        return answers

    def _busy(self, cause: str) -> Refused:
        seconds = min(60, max(1, math.ceil(self.n_waiting * self._item_seconds)))
        return Refused(503, f"The server is busy: {cause} Try again in {seconds} s.", seconds)
