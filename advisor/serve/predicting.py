"""What POST /predict does: the items of a request go through the model, and what came of them is counted.

Context: of the 0.33 ms of a core that a request took besides the model's work, FastAPI's layers around a route took two
thirds. So `Straight` brings these requests to their function at once; the application describes the route, and does
the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from advisor.core.errors import PeopleError
from advisor.serve.answers import Record
from advisor.serve.batching import Batcher
from advisor.serve.guard import App, Receive, Scope, Send
from advisor.serve.inputs import items_in
from advisor.serve.limits import Limits, Refused
from advisor.serve.metrics import Metrics
from advisor.serve.served import Served

PATH = "/predict"


@dataclass(frozen=True)
class Straight:
    """Sends POST /predict straight to its function, and every other request to the application."""

    app: App
    predicting: Predicting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What fails is answered, then raised, so that the server's log has it."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        scope["app"] = self.app  # as Starlette does, whose form parser asks for it
        try:
            response = await self.predicting.answer(Request(scope, receive))
        except Refused as error:
            response = refused(error)
        except Exception:
            await failed()(scope, receive, send)
            raise
        await response(scope, receive, send)


def refused(error: Refused) -> Response:
    """The answer to a request that is refused."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse({"error": error.sentence}, error.status, headers)


def failed() -> Response:
    """The answer where the program failed."""
    return JSONResponse({"error": "The server failed. Its log shows the cause."}, 500)


class Predicting:
    """A served model with its batcher and its counters."""

    def __init__(self, served: Served, limits: Limits) -> None:
        self.served, self.limits = served, limits
        self.batcher = Batcher(served.answers, limits, self._batch)
        self.metrics = Metrics(served.run, served.title, lambda: self.batcher.n_waiting)

    @contextlib.asynccontextmanager
    async def running(self, app: FastAPI) -> AsyncIterator[None]:
        """The batcher's loop while the application lives; the server ends it once the last request is answered."""
        loop = asyncio.create_task(self.batcher.run())
        yield
        loop.cancel()

    async def answer(self, request: Request) -> Response:
        """The labels or answers of one request, counted. Raises Refused."""
        begun = time.perf_counter()
        status = 500
        try:
            response = await self._answered(request)
            status = response.status_code
            return response
        except Refused as refused:
            status = refused.status
            raise
        finally:
            self.metrics.request(status, time.perf_counter() - begun)

    async def _answered(self, request: Request) -> Response:
        """As `answer`. The header tells the model's own milliseconds, as browsers show them."""
        items, everything = await items_in(request, self.served.modality, self.limits)
        try:
            answers, seconds = await self.batcher.ask(items)
        except PeopleError as error:  # such as an endpoint that does not answer
            raise Refused(502, str(error)) from error
        shown = self.served.shown(answers, everything)
        status = 200 if self._count(shown) else 422
        headers = {"Server-Timing": f"model;dur={1000 * seconds:.2f}"}
        return Response(shown.model_dump_json(exclude_none=True), status, headers, "application/json")

    def _batch(self, n_items: int) -> None:
        self.metrics.batch(n_items)

    def _count(self, shown: Record) -> int:
        """Count the items by what came of them; returns how many could be used."""
        rows: list[Any] = list(shown.rows)
        usable = [row for row in rows if row.problem is None]
        not_sure = sum(getattr(row, "not_sure", False) for row in usable)  # several labels have thresholds of their own
        self.metrics.items("problem", len(rows) - len(usable))
        self.metrics.items("not_sure", not_sure)
        self.metrics.items("answered", len(usable) - not_sure)
        return len(usable)
