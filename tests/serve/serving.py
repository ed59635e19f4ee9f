"""A server of a model on a free port of this process, and requests to it as clients send them."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn

from advisor.rungs.saved.loading import Model
from advisor.serve.app import guarded
from advisor.serve.limits import Limits
from advisor.serve.served import Served
from advisor.serve.server import listening

JSON = {"Content-Type": "application/json"}


@dataclass
class Server:
    """A running server."""

    port: int
    uvicorn: uvicorn.Server

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers in small letters and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def predict(self, inputs: Any, headers: Mapping[str, str] | None = None, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and document for JSON."""
        body = json.dumps({"inputs": inputs, **more}).encode()
        status, _, answer = self.request("POST", "/predict", body, {**JSON, **(headers or {})})
        return status, json.loads(answer)

    def upload(self, *files: tuple[str, bytes]) -> tuple[int, dict[str, Any]]:
        """Status and document for files of a form."""
        mark = "----a-boundary"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
            + content
            + b"\r\n"
            for name, content in files
        ]
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
        status, _, answer = self.request("POST", "/predict", body, kind)
        return status, json.loads(answer)


@contextlib.contextmanager
def serving(model: Model | Served, limits: Limits = Limits(), key: str = "", local: bool = True) -> Iterator[Server]:  # noqa: B008
    """Serve a model in a thread of this process."""
    served = model if isinstance(model, Served) else Served(model)
    place = listening("127.0.0.1", 0)
    config = uvicorn.Config(guarded(served, limits, key, local), log_level="error", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([place],))
    thread.start()
    try:
        yield Server(place.getsockname()[1], server)
    finally:
        server.should_exit = True
        thread.join()
