"""The web application around a model: predict, health, metrics, and what it says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from advisor import __version__
from advisor.core.errors import PeopleError
from advisor.serve.answers import Labels, Problem, Replies
from advisor.serve.batching import Batcher
from advisor.serve.guard import Guard
from advisor.serve.inputs import Asked, items_in
from advisor.serve.limits import Limits, Refused
from advisor.serve.metrics import CONTENT_TYPE, Metrics
from advisor.serve.page import CONTENT_POLICY, page
from advisor.serve.served import Served, facts

Handler = Callable[[Request], Awaitable[Response]]
_STATUSES = {
    401: "The API key is missing or wrong.",
    413: "The request is too large.",
    415: "A body of this type is not read.",
    422: "No input could be used.",
    503: "The server is busy; Retry-After says for how many seconds.",
}


def guarded(served: Served, limits: Limits, key: str, local: bool) -> Guard:
    """The application behind its guard. key: "" for none; local: it listens on loopback."""
    return Guard(application(served, limits, private=bool(key)), limits, key, local)


def application(served: Served, limits: Limits, private: bool) -> FastAPI:
    """The application of one model. private: what needs no key tells nothing of the model."""
    batcher = Batcher(served.answers, limits, lambda n: metrics.batch(n))
    metrics = Metrics(served.run, served.title, lambda: batcher.n_waiting)
    title = "Transfer Advisor" if private else f"Transfer Advisor: {served.title}"
    app = FastAPI(
        title=title, version=__version__, docs_url=None, redoc_url=None,
        lifespan=_running(batcher),
    )  # fmt: skip

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return JSONResponse({"error": error.sentence}, error.status, headers)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "The server failed. Its log shows the cause."}, 500)

    @app.post(
        "/predict",
        summary="Label the inputs" if served.task == "classification" else "Answer the questions",
        response_model=served.record,
        response_model_exclude_none=True,
        responses={status: {"model": Problem, "description": why} for status, why in _STATUSES.items()},
        openapi_extra={"requestBody": {"required": True, "content": _bodies(served)}},
    )
    async def predict(request: Request) -> Response:
        begun = time.perf_counter()
        status = 500
        try:
            items, everything = await items_in(request, served.modality, limits)
            answers, seconds = await batcher.ask(items)
            shown = served.shown(answers, everything)
            _count(metrics, shown)
            status = 200 if any(row.problem is None for row in _rows(shown)) else 422
            headers = {"Server-Timing": f"model;dur={1000 * seconds:.2f}"}  # milliseconds, as browsers show them
            return Response(shown.model_dump_json(exclude_none=True), status, headers, "application/json")
        except PeopleError as error:  # such as an endpoint that does not answer
            raise Refused(502, str(error)) from error
        except Refused as error:
            status = error.status
            raise
        finally:
            metrics.request(status, time.perf_counter() - begun)

    @app.get("/health", summary="Whether the server answers")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/model", summary="What is served")
    async def model() -> dict[str, Any]:
        return facts(served)

    @app.get("/metrics", summary="Counters for Prometheus", response_class=Response)
    async def counters() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        whole = page(served, app.openapi(), str(request.base_url), private)
        return HTMLResponse(whole, headers={"Content-Security-Policy": CONTENT_POLICY})

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse("/docs")

    return app


def _running(batcher: Batcher) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    """The batcher's loop as long as the application lives; the server ends it once the last request is answered."""

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.create_task(batcher.run())
        yield
        loop.cancel()

    return running


def _bodies(served: Served) -> dict[str, Any]:
    """What /predict takes, for the OpenAPI page."""
    asked = Asked.model_json_schema()
    files = {
        "type": "object",
        "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
    }
    binary = {"schema": {"type": "string", "format": "binary"}}
    one = {"image/*": binary} if served.modality == "image" else {"text/plain": {"schema": {"type": "string"}}}
    return {"application/json": {"schema": asked}, "multipart/form-data": {"schema": files}, **one}


def _rows(shown: Labels | Replies) -> list[Any]:
    return list(shown.predictions if isinstance(shown, Labels) else shown.answers)


def _count(metrics: Metrics, shown: Labels | Replies) -> None:
    rows = _rows(shown)
    problems = sum(row.problem is not None for row in rows)
    not_sure = sum(row.problem is None and row.not_sure for row in rows)
    metrics.items("problem", problems)
    metrics.items("not_sure", not_sure)
    metrics.items("answered", len(rows) - problems - not_sure)
