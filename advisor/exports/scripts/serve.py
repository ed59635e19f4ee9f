"""Answer over HTTP with Python's own server: `python serve.py --port 8000`.

GET /health. POST /predict with {"inputs": ["a text", ...]}, of images their files' content as base64, or with one text
or one image as the body. Requests and answers are those of `advisor serve`, which also has keys, batches and metrics.
"""

from __future__ import annotations

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import predict

MOST_BYTES = 20_000_000


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Whether the server is there."""
        if self.path == "/health":
            self.answer(200, {"status": "ok", "classes": getattr(predict, "CLASSES", [])})
        else:
            self.answer(404, {"error": "Ask for /health, or post to /predict."})

    def do_POST(self) -> None:
        """What is said of each item."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/predict" or not 0 < length <= MOST_BYTES:
            self.answer(400, {"error": f"Post 1 to {MOST_BYTES:,} bytes to /predict."})
            return
        try:
            told = answers(*asked(self.headers.get_content_type(), self.rfile.read(length)))
        except Exception as error:  # whatever a body holds, the server goes on
            self.answer(422, {"error": f"The input cannot be used ({type(error).__name__}: {error})."})
            return
        self.answer(200, told)

    def answer(self, status: int, content: Any) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def asked(kind: str, body: bytes) -> tuple[list[Any], bool]:
    """The items of a request, and whether the probabilities of all classes are wanted."""
    images = predict.HOW["reads"] == "images"
    if kind != "application/json":
        return [BytesIO(body) if images else body.decode()], False
    request = json.loads(body)
    inputs = [request["inputs"]] if isinstance(request["inputs"], str) else request["inputs"]
    items = [BytesIO(base64.b64decode(one, validate=True)) if images else str(one) for one in inputs]
    return items, bool(request.get("probabilities"))


def answers(items: list[Any], everything: bool) -> dict[str, Any]:
    """What is said of each item."""
    if not hasattr(predict, "probabilities"):
        return {"answers": [predict.answer(question) for question in items]}
    return {"predictions": [label(row, everything) for row in predict.probabilities(items)]}


def label(row: Any, everything: bool) -> dict[str, Any]:
    """What is said of an item by the probabilities of its classes."""
    said = predict.answer(row)
    if "labels" in said:
        given = {name: share for name, share in said["probabilities"].items() if everything or name in said["labels"]}
        return {"labels": said["labels"], "probabilities": given}
    told = {"label": said["label"], "probability": said["probability"], "not_sure": not said["sure"]}
    if len(row) > 1:
        second = int(row.argsort()[-2])
        told |= {"runner_up": predict.CLASSES[second], "runner_up_probability": float(row[second])}
    if "likely" in said:
        told["likely"] = said["likely"]
    return told | ({"probabilities": dict(zip(predict.CLASSES, row.tolist(), strict=True))} if everything else {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Answer over HTTP.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args()
    with ThreadingHTTPServer((options.host, options.port), Handler) as server:
        print(f"Listening on http://{options.host}:{server.server_port}", flush=True)
        server.serve_forever()
