"""The web application around a model: predict, health, metrics, and what it says of itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from advisor import __version__
from advisor.core.kinds import TaskName
from advisor.serve.answers import Problem
from advisor.serve.guard import Guard
from advisor.serve.inputs import Asked
from advisor.serve.limits import Limits, Refused
from advisor.serve.metrics import CONTENT_TYPE, Metrics
from advisor.serve.page import CONTENT_POLICY, page
from advisor.serve.predicting import PATH, Predicting, Straight, failed, refused
from advisor.serve.served import Served, facts

_STATUSES = {
    401: "The API key is missing or wrong.",
    413: "The request is too large.",
    415: "A body of this type is not read.",
    422: "No input could be used.",
    503: "The server is busy; Retry-After says for how many seconds.",
}


def guarded(served: Served, limits: Limits, key: str, local: bool) -> Guard:
    """The application behind its guard. key: "" for none; local: it listens on loopback."""
    predicting = Predicting(served, limits)
    app = application(predicting, private=bool(key))
    return Guard(Straight(app, predicting), limits, key, local)


def application(predicting: Predicting, private: bool) -> FastAPI:
    """The application of one model. private: what needs no key tells nothing of the model."""
    served = predicting.served
    title = "Transfer Advisor" if private else f"Transfer Advisor: {served.title}"
    app = FastAPI(title=title, version=__version__, docs_url=None, redoc_url=None, lifespan=predicting.running)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Exception, _failed)
    _add_predict(app, predicting)
    _add_facts(app, served, predicting.metrics)
    _add_pages(app, served, private)
    return app


#: What /predict does, by task.
_SUMMARIES: dict[TaskName, str] = {
    "classification": "Label the inputs",
    "answering": "Answer the questions",
    "multilabel": "Give the labels of the inputs",
    "tagging": "Mark words in the inputs",
}


def _add_predict(app: FastAPI, predicting: Predicting) -> None:
    """POST /predict."""
    served = predicting.served
    app.add_api_route(
        PATH,
        predicting.answer,
        methods=["POST"],
        summary=_SUMMARIES[served.task],
        response_model=served.record,
        response_model_exclude_none=True,
        responses={status: {"model": Problem, "description": why} for status, why in _STATUSES.items()},
        openapi_extra={"requestBody": {"required": True, "content": _bodies(served)}},
    )


def _add_facts(app: FastAPI, served: Served, metrics: Metrics) -> None:
    """/health, /model and /metrics."""

    @app.get("/health", summary="Whether the server answers")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/model", summary="What is served")
    async def model() -> dict[str, Any]:
        return facts(served)

    @app.get("/metrics", summary="Counters for Prometheus", response_class=Response)
    async def counters() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _add_pages(app: FastAPI, served: Served, private: bool) -> None:
    """The page that says how to ask, where / leads too."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        whole = page(served, app.openapi(), str(request.base_url), private)
        return HTMLResponse(whole, headers={"Content-Security-Policy": CONTENT_POLICY})

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse("/docs")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refused(error)


async def _failed(request: Request, error: Exception) -> Response:
    return failed()


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
