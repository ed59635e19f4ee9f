"""Requests go through the model together when they arrive together; one fails or waits too long alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from advisor.serve.batching import Batcher
from advisor.serve.limits import Limits, Refused


@dataclass
class Calls:
    """A model that doubles numbers, fails at None, and holds its first call until it is let go."""

    sizes: list[int] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, items: list[Any]) -> list[Any]:
        self.sizes.append(len(items))
        if len(self.sizes) == 1:
            assert self.go_on.wait(10)
        return [2 * item for item in items]


def together(work: Callable[[Batcher], Awaitable[Any]], answering: Calls, **limits: Any) -> Any:
    """What `work` returns with a batcher that runs."""

    async def whole() -> Any:
        batcher = Batcher(answering, Limits(**limits))
        running = asyncio.create_task(batcher.run())
        try:
            return await work(batcher)
        finally:
            answering.go_on.set()
            running.cancel()

    return asyncio.run(whole())


async def crowd(batcher: Batcher, calls: Calls, *requests: list[Any]) -> list[Any]:
    """The first request holds the model; the others arrive meanwhile."""
    tasks = [asyncio.create_task(batcher.ask(requests[0]))]
    while not calls.sizes:
        await asyncio.sleep(0.001)
    tasks += [asyncio.create_task(batcher.ask(items)) for items in requests[1:]]
    await asyncio.sleep(0.01)
    calls.go_on.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def answers(results: list[Any]) -> list[Any]:
    return [result if isinstance(result, Exception) else result[0] for result in results]


def test_what_arrives_during_a_call_goes_into_the_next_and_each_gets_its_own() -> None:
    calls = Calls()
    results = together(lambda batcher: crowd(batcher, calls, [1], [2, 3], [4], [5]), calls)
    assert answers(results) == [[2], [4, 6], [8], [10]]
    assert calls.sizes == [1, 4]


def test_a_call_takes_no_more_items_than_the_limit_and_a_larger_request_alone() -> None:
    calls = Calls()
    results = together(lambda batcher: crowd(batcher, calls, [0], [1, 1, 1, 1, 1], [2], [3]), calls, batch_items=3)
    assert answers(results)[1:] == [[2] * 5, [4], [6]]
    assert calls.sizes == [1, 5, 2]


def test_a_request_that_the_model_fails_at_fails_alone() -> None:
    calls = Calls()
    results = together(lambda batcher: crowd(batcher, calls, [1], [2], [None], [3]), calls)
    good, bad = [answers(results)[i] for i in (0, 1, 3)], answers(results)[2]
    assert good == [[2], [4], [6]] and isinstance(bad, TypeError)


def test_a_model_that_answers_too_few_fails_those_and_goes_on() -> None:
    class Forgets(Calls):
        def __call__(self, items: list[Any]) -> list[Any]:
            return super().__call__(items)[: 1 if len(items) >= 3 else None]

    calls = Forgets()
    results = answers(together(lambda batcher: crowd(batcher, calls, [1], [2, 3, 4], [5]), calls))
    assert results[0] == [2] and isinstance(results[1], Exception) and results[2] == [10]


def test_a_full_queue_refuses_and_says_when_to_try_again() -> None:
    calls = Calls()
    results = together(lambda batcher: crowd(batcher, calls, [1], [2], [3, 4]), calls, queue_items=2)
    assert answers(results)[:2] == [[2], [4]]
    refused = results[2]
    assert isinstance(refused, Refused) and refused.status == 503 and refused.retry_after == 1


def test_who_waits_too_long_is_refused_and_who_is_in_a_call_is_answered() -> None:
    calls = Calls()

    async def work(batcher: Batcher) -> tuple[Any, Any]:
        first = asyncio.create_task(batcher.ask([1]))
        while not calls.sizes:
            await asyncio.sleep(0.001)
        with pytest.raises(Refused) as refused:
            await batcher.ask([2])
        calls.go_on.set()
        return refused.value, await first

    refused, first = together(work, calls, queue_seconds=0.05)
    assert refused.status == 503 and "waited for 0.05 seconds" in refused.sentence
    assert first[0] == [2] and calls.sizes == [1]
